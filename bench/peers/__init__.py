"""The server beside its peers: Mercurius, GraphQL Yoga and PostGraphile, over the same tables, in one run."""
