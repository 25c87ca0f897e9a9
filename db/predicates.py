"""The few ways in which a condition on rows is written, in the two dialects; parameters are bound by name."""

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Boolean, ColumnElement, bindparam, false, or_, true
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.types import TypeEngine

from db.json_text import Expression, element

Columns: TypeAlias = ReadOnlyColumnCollection[str, ColumnElement[Any]]
Condition: TypeAlias = ColumnElement[bool]
Predicate: TypeAlias = Callable[[Columns], Condition]

# The bound list is an array on PostgreSQL and a JSON text on SQLite; one parameter, so one statement for any length.
_among = element(
    "among",
    lambda a: f"{a[0]} = any({a[1]})",
    lambda a: f"{a[0]} in (select value from json_each({a[1]}))",
    returns=Boolean(),
)
_among_rows = element(
    "among_rows", lambda a: f"{a[0]} = any(array{a[1]})", lambda a: f"{a[0]} in {a[1]}", returns=Boolean()
)
_like = element(
    "like_literal",
    lambda a: f"{a[0]} like {a[1]} escape '\\'",
    lambda a: f"{a[0]} like {a[1]} escape '\\'",
    returns=Boolean(),
)


# A text of digits as a number, and NULL for any other.
whole_number = element(
    "whole_number",
    lambda a: f"(case when {a[0]} ~ '^[0-9]{{1,18}}$' then {a[0]}::bigint end)",
    lambda a: (
        f"(case when {a[0]} not glob '*[^0-9]*' and length({a[0]}) between 1 and 18 then cast({a[0]} as integer) end)"
    ),
    returns=BigInteger(),
)


def parameter(name: str, type_: TypeEngine[Any] | None = None) -> Expression:
    """A value that is bound by this name when the statement runs."""
    return bindparam(name, type_=type_)


def among(column: Expression, values: Expression) -> Condition:
    """The column equals one of a bound list; nothing equals one of an empty list."""
    return _among(column, values)


def among_rows(column: Expression, rows: Expression) -> Condition:
    """The column equals one of the values that a subquery gives; the subquery runs once, as an array."""
    return _among_rows(column, rows)


def contains(column: Expression, pattern: Expression) -> Condition:
    """The folded column contains the keyword; `pattern` comes from db.kana.pattern."""
    return _like(column, pattern)


def any_of(conditions: list[Condition]) -> Condition:
    """One of the conditions holds; with none given, nothing does: closed by default."""
    return or_(*conditions) if conditions else false()


def everything() -> Condition:
    """Every row."""
    return true()
