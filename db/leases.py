"""Time as the database tells it: what is leased, and when it is due, is decided by one clock for all processes."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Dialect, Float, Select, literal_column, select

from db.base import Moment
from db.connections.database import Database
from db.json_text import Expression, element
from db.predicates import Columns, Condition, parameter
from db.statements.statement import Statement, compiled

# The rows that are due and that nobody holds, of one table.
Due: TypeAlias = Callable[[], Select[Any]]

# A statement's own time would stand still in a transaction that waits.
clock = element(
    "clock",
    lambda _: "clock_timestamp()",
    lambda _: "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')",
    returns=Moment(),
)
_clock_after = element(
    "clock_after",
    lambda a: f"(clock_timestamp() + make_interval(secs => {a[0]}))",
    lambda a: f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {a[0]} || ' seconds') || '000')",
    returns=Moment(),
)


def after(seconds: str) -> Expression:
    """The instant so many seconds from now, or ago: the parameter of this name says how many."""
    return _clock_after(parameter(seconds, Float()))


def is_free(columns: Columns) -> Condition:
    """Nobody holds the row (`lease_until`), or who did has not been heard of for too long."""
    return columns["lease_until"].is_(None) | (columns["lease_until"] < clock())


async def is_any(database: Database, due: Due) -> bool:
    """Whether anything is due that nobody holds: a look that locks nothing."""
    return bool((await database.fetch(look_statement(due, database.dialect), {}))[0][0])


@lru_cache
def look_statement(due: Due, dialect: Dialect) -> Statement:
    """The statement of such a look, which is made once and asked each second."""
    return compiled(select(due().limit(literal_column("1")).exists().label("due")), dialect)
