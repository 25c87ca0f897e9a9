"""Institutions: organizations as they are made and looked after, who belongs to them, and what is learned there."""
