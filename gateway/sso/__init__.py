"""Single sign-on over HTTP: browsers on their way to an organization's identity provider and back."""
