"""Logs that are only appended to, read by position so that no row is ever missed, whatever commits when.

A sequence gives numbers when rows are written, not when they are committed. Who reads up to number 6 while the
transaction that holds 5 is still open would never see 5. So each row keeps the transaction that wrote it, and rows are
read in the order of (transaction, number), only up to the oldest transaction that is still open: what commits later
stands behind all that was read. On SQLite one transaction writes at a time; there every row keeps 0.

A transaction that writes and stays open holds back what began after it, in whichever database of the server it is.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, FromClause, Table, func, literal, select, tuple_

from db.json_text import Expression, element
from db.predicates import Condition

COLUMN = "transaction_id"

_current = element("current_transaction", lambda _: "((pg_current_xact_id())::text)::bigint", lambda _: "0")
# The first transaction that may still be open: all before it have ended. SQLite's readers see ended ones only.
horizon = element(
    "horizon",
    lambda _: "((pg_snapshot_xmin(pg_current_snapshot()))::text)::bigint",
    lambda _: "1",
    returns=BigInteger(),
)

_reached = element(
    "reached",
    lambda _: "((pg_snapshot_xmax(pg_current_snapshot()))::text)::bigint",
    lambda _: "1",
    returns=BigInteger(),
)


def written_by() -> Column[Any]:
    """The column that a log needs: the transaction that wrote the row. An index on it and the number belongs to it."""
    return Column(COLUMN, BigInteger, server_default=_current(), nullable=False)


def settled(log: FromClause) -> Condition:
    """Nothing that commits later can stand before this row in the order of `position`."""
    return log.c[COLUMN] < horizon()


def position(log: FromClause, number: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What a log is ordered by when it is read; `number` is its column that a sequence fills."""
    return log.c[COLUMN], log.c[number]


def behind(log: FromClause, number: str, after: Expression) -> Condition:
    """The rows that stand behind the row with this number.

    Behind a number that no row has stands everything with a higher number, and every row whose transaction is known:
    a row may be read twice, and none is missed.
    """
    named = log.alias(f"{log.name}_named") if isinstance(log, Table) else log.alias()
    there = select(named.c[COLUMN]).where(named.c[number] == after).scalar_subquery()
    return tuple_(*position(log, number)) > tuple_(func.coalesce(there, literal(0)), after)


def rebase(connection: Connection, log: Table) -> int:
    """Mend a log that was restored into a PostgreSQL server whose transactions count anew; gives the rows mended.

    Transactions that this server has not reached would hold back their rows, and its own would stand before them. All
    of them have ended, so the rows are put in the order of their numbers, before everything to come.
    """
    if connection.dialect.name != "postgresql":
        return 0
    return connection.execute(log.update().where(comes_from_elsewhere(log)).values({COLUMN: 0})).rowcount


def comes_from_elsewhere(log: Table) -> Condition:
    """Whether rows were written by transactions that this server has not reached."""
    return select(func.max(log.c[COLUMN]) >= _reached()).scalar_subquery()
