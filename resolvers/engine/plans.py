"""A field compiled for a standing: one statement with finished texts, or rows and a count where Python goes on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiodataloader import DataLoader

from db.statements.plan import Level, Shape
from db.statements.sources import key_names
from db.statements.statement import KEYS, PRESENT, Statement
from resolvers.context import Request
from resolvers.engine.declare import Check, Given
from resolvers.engine.planner import Read
from resolvers.engine.rows import Convert, Page, Row, page_of, rows_of
from resolvers.errors import LimitExceeded

Key = tuple[object, ...]


class Text:
    """JSON that is already written, as UTF-8."""

    __slots__ = ("contents",)

    def __init__(self, contents: bytes) -> None:
        self.contents = contents


@dataclass(slots=True, eq=False)
class Plan:
    """One field, compiled; it is run for a set of parents' keys, the root being a set of one.

    Where its rows are those of the students whom the parents are of, `student_key` is the key that names them, and
    `fields_read` what is read of each.
    """

    level: Level
    main: Statement
    reads: Mapping[str, tuple[int, Read]]
    checks: Sequence[tuple[Check, int]]
    count: Statement | None = None
    opened: bool = False
    convert: Mapping[str, Convert] = field(default_factory=dict)
    student_key: int | None = None
    fields_read: tuple[str, ...] = ()

    async def run(self, keys: Sequence[Key], given: Sequence[Given], request: Request) -> list[object]:
        """One value for each key: text, a row, rows, a page, or None."""
        values = self.values(keys, given, request)
        records = await request.fetch(self.main, values)
        self.refuse_by_checks(records, given, request)
        self.refuse_too_many(records)
        if self.student_key is not None and self.fields_read:
            request.saw(self.fields_read, numbers(key[self.student_key] for key in keys))
        if self.opened:
            return self.shaped(keys, records, given, request)
        self.tell(records, request)
        return self.texts(keys, records)

    def tell(self, records: Sequence[Sequence[Any]], request: Request) -> None:
        """Tell the request which students the texts show."""
        for column, fields in self.main.seen:
            position = self.main.columns.index(column)
            for record in records:
                request.saw(fields, record[position])

    def values(self, keys: Sequence[Key], given: Sequence[Given], request: Request) -> dict[str, object]:
        """The value of every parameter of the statements."""
        values = dict(request.parameters())
        for name, (site, read) in self.reads.items():
            values[name] = read(given[site])
        if self.level.parent_keys:
            values[KEYS] = orjson.dumps(keys).decode()
        return values

    def refuse_by_checks(self, records: Sequence[Sequence[Any]], given: Sequence[Given], request: Request) -> None:
        """Let the checks of the relation look at the values that the statement answered for them."""
        for check, site in self.checks:
            position = self.main.columns.index(check.name)
            check.refuse(records[0][position], given[site], request.standing)

    def refuse_too_many(self, records: Sequence[Sequence[Any]]) -> None:
        """Refuse rather than cut silently when a level has more rows than its bound."""
        if self.opened and len(records) > self.level.bound:
            raise too_many(self.level.name, self.level.bound)
        for column, name, bound in self.main.bounds:
            position = self.main.columns.index(column)
            if sum(record[position] or 0 for record in records) > bound:
                raise too_many(name, bound)

    def texts(self, keys: Sequence[Key], records: Sequence[Sequence[Any]]) -> list[object]:
        """The finished text of each key; the text null and a missing row are None."""
        width = len(self.level.parent_keys)
        found = {tuple(record[:width]): record[width] for record in records}
        return [None if (text := found.get(key)) is None or text == b"null" else Text(text) for key in keys]

    def shaped(
        self, keys: Sequence[Key], records: Sequence[Sequence[Any]], given: Sequence[Given], request: Request
    ) -> list[object]:
        """What graphql-core goes on from, for each key."""
        rows = rows_of(self.main, records, self.convert)
        names, groups = key_names(self.level), {key: list[Row]() for key in keys}
        for row in rows:
            key = tuple(getattr(row, name) for name in names)
            if key in groups and getattr(row, PRESENT, 1) is not None:
                groups[key].append(row)
        totals = self.totals(given, request)
        skipped = self.skipped(given)
        values = [self.value(key, groups[key], totals, skipped) for key in keys]
        if self.level.seen is not None:
            name = self.level.seen.column
            shown = (getattr(row, name) for value in values for row in rows_in(value))
            request.saw(self.level.seen.fields, numbers(number for number in shown if number is not None))
        return values

    def value(self, key: Key, rows: list[Row], totals: "DataLoader[Key, int]", skipped: int) -> object:
        """The value of one key."""
        if self.level.window is not None:
            return page_of(rows, self.level.window, skipped, lambda: totals.load(key))
        if self.level.shape is Shape.MANY:
            return rows
        return rows[0] if rows else None

    def skipped(self, given: Sequence[Given]) -> int:
        """How many rows stand before the page, where it was asked for by number."""
        name = self.level.window.offset if self.level.window else None
        if name is None:
            return 0
        site, read = self.reads[name]
        offset = read(given[site])
        return offset if isinstance(offset, int) else 0

    def totals(self, given: Sequence[Given], request: Request) -> "DataLoader[Key, int]":
        """Counts the whole lists of all keys in one statement, when a count is asked for."""

        async def batch(keys: list[Key]) -> list[int]:
            if self.count is None:
                raise TypeError(f"{self.level.name} has no count.")
            records = await request.fetch(self.count, self.values(keys, given, request))
            found = {tuple(record[:-1]): record[-1] for record in records}
            return [found[key] for key in keys]

        return DataLoader(batch)


def rows_in(value: object) -> Sequence[Row]:
    """The rows that an opened level shows for a key."""
    if isinstance(value, Page):
        return value.nodes
    return value if isinstance(value, list) else [value] if isinstance(value, Row) else []


def numbers(found: Iterable[object]) -> str:
    """Numbers of students as statements tell them."""
    return ",".join(map(str, found))


def too_many(name: str, bound: int) -> LimitExceeded:
    """The refusal of a level with too many rows."""
    message = f"{name} would read more than {bound} rows. Ask for fewer parents, or for smaller pages."
    return LimitExceeded(message, reason="rows_per_level")
