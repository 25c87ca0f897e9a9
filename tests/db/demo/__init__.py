"""Tests of the demo content and its dates."""
