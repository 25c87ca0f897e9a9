"""Tests of the Diverse API: a file for each operation, and for what they share."""
