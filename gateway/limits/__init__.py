"""How many calls a key may make: rate limits on buckets that all processes share, or on those of this one."""
