"""Proofs about access tokens."""
