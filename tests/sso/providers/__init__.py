"""Identity providers that others wrote, as processes of their own environments."""
