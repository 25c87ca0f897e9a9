"""What learners did, as append-only events, and everything that is derived from them."""
