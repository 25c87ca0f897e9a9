"""What an opened level gives to graphql-core: rows with Python values, and pages of them."""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from db.statements.plan import Window
from db.statements.statement import CURSOR, Statement

Convert: TypeAlias = Callable[[Any], object]


class Row:
    """One row of an opened level; relations below it read its keys, plain fields its columns."""

    __slots__ = ("__dict__",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__ = values


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    """A row and its cursor."""

    cursor: str
    node: Row


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a connection; `total` counts the whole list when it is asked for."""

    nodes: list[Row]
    edges: list[Edge]
    page_info: PageInfo
    total: Callable[[], Awaitable[int]]


def page_of(rows: Sequence[Row], window: Window, skipped: int, total: Callable[[], Awaitable[int]]) -> Page:
    """The page from the rows found, of which there may be one more than shown."""
    shown = list(rows[: window.size])
    edges = [Edge(getattr(row, CURSOR), row) for row in shown]
    start, end = (edges[0].cursor, edges[-1].cursor) if edges else (None, None)
    before = bool(window.after) or skipped > 0
    return Page(shown, edges, PageInfo(len(rows) > window.size, before, start, end), total)


def rows_of(statement: Statement, records: Sequence[Sequence[Any]], convert: Mapping[str, Convert]) -> list[Row]:
    """Records as rows, each column as the Python value that its GraphQL type serializes."""
    found = []
    for record in records:
        values = dict(zip(statement.columns, record, strict=True))
        for name, change in convert.items():
            if values.get(name) is not None:
                values[name] = change(values[name])
        found.append(Row(values))
    return found


def global_id(type_name: str, key: object) -> str:
    """The Relay id of a row: base64 of `Type:key`, as db.json_text.global_id_text writes it in SQL."""
    return base64.b64encode(f"{type_name}:{key}".encode()).decode()
