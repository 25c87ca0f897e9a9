"""LTI 1.3 in the graph: platforms, what was launched from there, and the grades that go back."""
