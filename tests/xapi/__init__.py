"""xAPI forwarding: what learners do, in a Learning Record Store, in order and once."""
