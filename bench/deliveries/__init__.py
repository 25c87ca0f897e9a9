"""How fast webhooks are delivered, beside the bare client that posts and signs the same bodies."""
