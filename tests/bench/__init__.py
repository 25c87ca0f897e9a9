"""Tests of the measurements: what they count, and that only equal answers are compared."""
