"""LTI: what goes on beside launches."""
