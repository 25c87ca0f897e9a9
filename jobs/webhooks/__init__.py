"""Webhooks in time: events are queued for them, delivered, and what came of it is recorded."""
