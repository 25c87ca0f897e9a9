"""Proofs about subscriptions, over WebSockets and as server-sent events, by clients of a real server."""
