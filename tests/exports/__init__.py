"""Exports: asked for, made, fetched, and what becomes of them when anything goes wrong."""
