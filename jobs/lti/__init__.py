"""Work for LTI platforms: what goes to them, and what is fetched from there."""
