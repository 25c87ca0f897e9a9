"""The doors through which time and queues come in: what is done later, again, or on a schedule."""
