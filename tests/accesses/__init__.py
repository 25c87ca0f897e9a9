"""Tests of the access log, and of compliance documents."""
