"""Institutions in the graph: organizations made and changed, who belongs to them, and what is learned there."""
