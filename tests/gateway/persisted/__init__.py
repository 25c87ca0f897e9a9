"""Tests of documents that are run by an id."""
