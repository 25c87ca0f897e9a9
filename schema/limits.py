"""The limits that documents are held to before they run."""

MOST_TOKENS = 2000
