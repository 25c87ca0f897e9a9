"""Platforms that others wrote, as programs of an environment of their own."""
