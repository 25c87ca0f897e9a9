"""Whether an error of a driver means that the database is away, and not that the statement is wrong."""

import sqlite3

import asyncpg
from sqlalchemy.exc import DBAPIError

from db.connections.postgresql import REFUSED
from db.connections.sqlite import PRIMARY, UNAVAILABLE

# A server that only reads by now, because another one has taken over, takes no writes. Who was chosen to end a deadlock
# is asked to come again, too.
AWAY = (
    *REFUSED,
    TimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.DeadlockDetectedError,
)


def is_lost(error: BaseException) -> bool:
    """Whether the database was lost on the way, however deep SQLAlchemy has wrapped what says so."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & PRIMARY in UNAVAILABLE
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_lost(error.orig))
    return isinstance(error, AWAY) or (error.__cause__ is not None and is_lost(error.__cause__))
