"""Tests of what REST doors are made of, whatever their dialect."""
