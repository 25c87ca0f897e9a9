"""Connections to the two databases: plain stacks of them for reading, one transaction at a time for writing."""
