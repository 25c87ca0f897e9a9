"""What can go wrong between a statement and its database, in words that the layers above understand."""

# What clients are told; the reason itself may name hosts, and is for the log.
UNAVAILABLE = "The database does not answer now. Try again."


class DatabaseUnavailable(Exception):
    """The database cannot answer now: no connection within the time allowed, or the connection broke."""


class StatementTooLarge(Exception):
    """The database takes no statement of such a size: too many joins, columns, or too deep."""
