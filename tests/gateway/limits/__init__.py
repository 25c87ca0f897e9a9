"""Proofs about rate limits."""
