"""Rosters in time: what changed is told as events."""
