"""What can go wrong between a statement and its database, in words that the layers above understand."""


class DatabaseUnavailable(Exception):
    """The database cannot answer now: no connection within the time allowed, or the connection broke."""
