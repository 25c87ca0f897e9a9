"""Exports: a list of the graph as a file."""
