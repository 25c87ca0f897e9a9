"""Registered documents: what clients may run by the hash of its text alone."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import CheckConstraint, Column, Dialect, Integer, Table, Text, delete, select

from db.base import Key, Moment, metadata
from db.connections.database import Database, Row, Transaction
from db.predicates import among, parameter
from db.rows import moment
from db.statements.statement import Statement, compiled
from db.upsert import dialect_insert

registered_documents = Table(
    "registered_documents",
    metadata,
    # 64 hexadecimal digits in lower case, of the text in UTF-8.
    Column("sha256", Key, primary_key=True),
    Column("source", Text, nullable=False),
    Column("operation", Text),
    # In points; without one the general limit holds.
    Column("cost_limit", Integer),
    Column("registered_at", Moment, nullable=False),
    CheckConstraint("cost_limit > 0", name="cost_limit"),
)


class Registered(NamedTuple):
    """A registered document; `operation` is None where its operation has no name."""

    sha256: str
    source: str
    operation: str | None
    cost_limit: int | None
    registered_at: datetime


@cache
def named_statement(dialect: Dialect) -> Statement:
    """The documents whose hashes are bound as `hashes`."""
    named = among(registered_documents.c.sha256, parameter("hashes"))
    return compiled(select(registered_documents).where(named), dialect)


def registered(record: Row) -> Registered:
    """A record of a select of whole rows."""
    sha256, source, operation, cost_limit, registered_at = record
    return Registered(sha256, source, operation, cost_limit, moment(registered_at))


async def every_document(database: Database) -> list[Registered]:
    """All documents, by the names of their operations."""
    columns = registered_documents.c
    found = select(registered_documents).order_by(columns.operation.is_(None), columns.operation, columns.sha256)
    return [registered(record) for record in await database.fetch(compiled(found, database.dialect), {})]


async def register(transaction: Transaction, documents: Sequence[Registered]) -> None:
    """Keep documents; one that is there already takes the new cost limit and keeps its day."""
    if not documents:
        return
    statement = dialect_insert(transaction, registered_documents)
    changed = {"cost_limit": statement.excluded.cost_limit}
    rows = [document._asdict() for document in documents]
    await transaction.execute(statement.on_conflict_do_update(index_elements=["sha256"], set_=changed), rows)


async def remove(transaction: Transaction, hashes: Sequence[str]) -> int:
    """Remove documents; gives how many there were."""
    named = registered_documents.c.sha256.in_(hashes)
    return (await transaction.execute(delete(registered_documents).where(named))).rowcount
