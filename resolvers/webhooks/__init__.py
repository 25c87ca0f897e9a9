"""Rules of webhooks: who may have one, what it is told, how that is signed, and how often it is tried."""
