"""Differential tests of the read engine: compiled, stepwise and a plain-Python oracle, on both databases."""
