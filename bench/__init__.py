"""Measurements: the server against the pass-through limit, in one run, on a large fixture of its own."""
