"""Imports on their way: planned, and applied where that is wanted, by one process at a time."""
