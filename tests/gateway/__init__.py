"""Proofs about the HTTP doors."""
