"""Tests of institutions: who makes and changes them, who belongs to them, and what is told of learning there."""
