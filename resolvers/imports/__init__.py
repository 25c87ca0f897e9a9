"""Imports of members: files are read row by row, planned as a diff, and applied batch by batch."""
