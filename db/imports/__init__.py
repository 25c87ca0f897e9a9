"""Imports of members: what was uploaded, row by row; how far each is; whom it finds, and what it writes."""
