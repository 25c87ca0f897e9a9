"""Persisted documents: what is run by an id in place of a text."""
