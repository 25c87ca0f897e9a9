"""Tests of learning progress: recording it, everything that is derived from it, and the numbers made of that."""
