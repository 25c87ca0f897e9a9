"""Single sign-on in the graph."""
