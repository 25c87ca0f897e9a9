"""xAPI in time: events become statements, which are forwarded in order, and what came of them is recorded."""
