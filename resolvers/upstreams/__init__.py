"""Rules of upstreams: who may register one, what is asked of it, what an answer must be, and when to ask again."""
