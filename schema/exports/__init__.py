"""Exports in the graph: what was asked for and how far it is, and the documents that say what is in a file."""
