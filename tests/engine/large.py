"""A large fixture on PostgreSQL, and what a statement reads there, by its own account."""

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy import Dialect

from db.connections.database import Batches, Reader, Row
from db.connections.postgresql import SETTINGS
from db.sight import BLIND, LOOK, ROLE, Sight

Node = dict[str, Any]


@dataclass(slots=True)
class Recording:
    """A reader that keeps what it was asked, and asks another."""

    dialect: Dialect
    inner: Reader
    asked: list[tuple[str, Sequence[object], Sight | None]] = field(default_factory=list)

    async def open(self) -> None:
        """Open the other."""
        await self.inner.open()

    async def close(self) -> None:
        """Close the other."""
        await self.inner.close()

    async def fetch(self, sql: str, values: Sequence[object], sight: Sight | None = None) -> Sequence[Row]:
        """Keep the statement and hand it on."""
        self.asked.append((sql, values, sight))
        return await self.inner.fetch(sql, values, sight)

    def stream(
        self, sql: str, values: Sequence[object], sight: Sight | None, size: int
    ) -> AbstractAsyncContextManager[Batches]:
        """Keep the statement and hand it on."""
        self.asked.append((sql, values, sight))
        return self.inner.stream(sql, values, sight, size)

    def adapt(self, value: object) -> object:
        """As the other adapts."""
        return self.inner.adapt(value)


@dataclass(frozen=True, slots=True)
class Untouchable:
    """A reader for plans that must not be run: whatever it is asked fails."""

    dialect: Dialect

    async def open(self) -> None:
        """Nothing is opened."""
        raise AssertionError("The database was opened.")

    async def close(self) -> None:
        """Nothing is closed."""
        raise AssertionError("The database was closed.")

    async def fetch(self, sql: str, values: Sequence[object], sight: Sight | None = None) -> Sequence[Row]:
        """Nothing is read."""
        raise AssertionError(f"The database was asked {sql} with {values}.")

    def adapt(self, value: object) -> object:
        """Values are bound to be sent, so nothing is adapted."""
        raise AssertionError(f"{value!r} was bound.")


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan of a plan that ran: the table, how it was read, and the rows it looked at, those it threw away too."""

    table: str
    kind: str
    rows: int


async def explained(dsn: str, sql: str, values: Sequence[object], sight: Sight | None) -> list[Scan]:
    """Run a statement under EXPLAIN ANALYZE, as the product runs it for a viewer, and tell its scans."""
    connection = await asyncpg.connect(dsn, server_settings={**SETTINGS, "role": ROLE})
    try:
        await connection.fetch(LOOK, *(sight or BLIND).settings)
        text = await connection.fetchval(f"explain (analyze, format json) {sql}", *values)
    finally:
        await connection.close()
    (plan,) = json.loads(text)
    return list(scans(plan["Plan"]))


def scans(node: Node) -> Iterator[Scan]:
    """The scans of a plan; loops are counted in full, although the rows of a loop are printed rounded."""
    if "Relation Name" in node:
        looked = sum(
            node.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        )
        yield Scan(node["Relation Name"], node["Node Type"], round(max(looked, 0) * node["Actual Loops"]))
    for inner in node.get("Plans", ()):
        yield from scans(inner)


def objects(answer: object) -> int:
    """How many objects an answer shows."""
    if isinstance(answer, dict):
        return 1 + sum(objects(value) for value in answer.values())
    return sum(objects(value) for value in answer) if isinstance(answer, list) else 0
