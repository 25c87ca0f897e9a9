"""LTI 1.3: who launches us, who comes from there, and what goes back."""
