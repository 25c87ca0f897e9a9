"""Exports on their way: made by one process at a time, and cleared away when they have had their time."""
