"""Time as the database tells it: what is leased, and when it is due, is decided by one clock for all processes."""

from sqlalchemy import Float

from db.base import Moment
from db.json_text import Expression, element
from db.predicates import Columns, Condition, parameter

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
