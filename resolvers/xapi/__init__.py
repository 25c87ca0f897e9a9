"""Rules of xAPI forwarding: what statement each event becomes, who may have an endpoint, how it is tried again."""
