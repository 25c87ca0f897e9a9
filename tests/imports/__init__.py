"""Imports of members: read, planned, applied, and what becomes of them when anything goes wrong."""
