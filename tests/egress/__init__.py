"""The way out: which addresses may be reached, and what is taken as an answer."""
