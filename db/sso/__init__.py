"""Single sign-on: how an organization's people come by its own identity provider, and who they are here."""
