"""Webhooks, from the command that causes an event to the receiver that is told of it."""
