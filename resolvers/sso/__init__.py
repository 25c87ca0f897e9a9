"""Single sign-on: how it is set up, who comes by it, and what they may do here."""
