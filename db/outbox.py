"""The outbox: what happened, written in the transaction that made it happen, and read in one order."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Dialect, Select, desc, func, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from db.connections.database import NEWS, Database, Row
from db.horizon import position, settled
from db.json_text import sql_literal
from db.operations import outbox
from db.predicates import among, parameter
from db.rows import document, moment
from db.statements.statement import Statement, compiled

PAGE = 200
# What is told of these without an organization concerns everybody who may follow events.
COURSE = "Course"


class Position(NamedTuple):
    """Where an event stands in the one order in which events are read: its transaction, then its number there.

    Numbers alone are no order: PostgreSQL gives them before transactions commit, and these end in another order.
    """

    transaction: int
    seq: int


BEGINNING = Position(0, 0)


class Told(NamedTuple):
    """An event as it was told."""

    position: Position
    event_id: str
    type: str
    organization_id: int | None
    subject_type: str
    subject_id: int
    body: dict[str, Any]
    fact_id: int | None
    occurred_at: datetime


async def append(  # the columns of one row, each by name
    connection: AsyncConnection,
    *,
    type_: str,
    organization_id: int | None,
    subject_type: str,
    subject_id: int,
    body: dict[str, object],
    occurred_at: datetime,
    fact_id: int | None = None,
) -> str:
    """Append one event; gives its id, under which every delivery of it will be known."""
    event_id = str(uuid.uuid4())
    await connection.execute(
        outbox.insert().values(
            event_id=event_id,
            type=type_,
            organization_id=organization_id,
            subject_type=subject_type,
            subject_id=subject_id,
            body=body,
            fact_id=fact_id,
            occurred_at=occurred_at,
        )
    )
    connection.info[NEWS] = True
    return event_id


async def newest(database: Database) -> Position:
    """Where the last event stands that can be read by now; the beginning where there is none."""
    records = await database.fetch(newest_statement(database.dialect), {})
    return position_of(records[0]) if records else BEGINNING


async def standing(database: Database, seq: int) -> Position | None:
    """Where the event of this number stands; None where there is no such event, or it cannot be read yet."""
    records = await database.fetch(standing_statement(database.dialect), {"seq": seq})
    return position_of(records[0]) if records else None


async def one(database: Database, seq: int) -> Told | None:
    """The event of this number; None where there is none, or it is not kept any more."""
    records = await database.fetch(one_statement(database.dialect), {"seq": seq})
    return told(records[0]) if records else None


async def oldest_seq(database: Database) -> int | None:
    """The least number of an event that is kept; None where none is."""
    records = await database.fetch(oldest_statement(database.dialect), {})
    return None if records[0][0] is None else int(records[0][0])


async def behind(
    database: Database,
    after: Position,
    *,
    types: Sequence[str] | None = None,
    organizations: Sequence[int] | None = None,
) -> list[Told]:
    """The next events behind a position, at most a page of them; `types` and `organizations` None are all of them.

    What concerns everybody is of every organization.
    """
    statement = behind_statement(database.dialect, types is not None, organizations is not None)
    values: dict[str, object] = {"transaction": after.transaction, "seq": after.seq}
    values |= {"types": types, "organizations": organizations}
    return [told(record) for record in await database.fetch(statement, values)]


async def latest(database: Database, types: Sequence[str], organizations: Sequence[int] | None) -> list[Told]:
    """The last events of some types, the newest first, at most a page; `organizations` None are all of them."""
    statement = latest_statement(database.dialect, organizations is not None)
    values: dict[str, object] = {"types": types, "organizations": organizations}
    return [told(record) for record in await database.fetch(statement, values)]


@lru_cache
def newest_statement(dialect: Dialect) -> Statement:
    """The last position that is settled."""
    order = [desc(column) for column in position(outbox, "seq")]
    found = select(*position(outbox, "seq")).where(settled(outbox))
    return compiled(found.order_by(*order).limit(literal_column("1")), dialect)


@lru_cache
def standing_statement(dialect: Dialect) -> Statement:
    """The position of the event with the bound number."""
    one = outbox.c.seq == parameter("seq", BigInteger())
    return compiled(select(*position(outbox, "seq")).where(one, settled(outbox)), dialect)


@lru_cache
def oldest_statement(dialect: Dialect) -> Statement:
    """The least number."""
    return compiled(select(func.min(outbox.c.seq).label("seq")), dialect)


@lru_cache
def one_statement(dialect: Dialect) -> Statement:
    """The event with the bound number."""
    return compiled(whole_events().where(outbox.c.seq == parameter("seq", BigInteger())), dialect)


def whole_events() -> Select[Any]:
    """Events as `told` reads them."""
    names = ("event_id", "type", "organization_id", "subject_type", "subject_id", "body", "fact_id", "occurred_at")
    return select(*position(outbox, "seq"), *[outbox.c[name] for name in names])


@lru_cache
def latest_statement(dialect: Dialect, of_organizations: bool) -> Statement:  # noqa: FBT001  # the key of a cache
    """A page of the last events of the bound types, and of the bound organizations alone if so told."""
    found = whole_events().where(settled(outbox), among(outbox.c.type, parameter("types")))
    if of_organizations:
        found = found.where(among(outbox.c.organization_id, parameter("organizations")))
    order = [desc(column) for column in position(outbox, "seq")]
    return compiled(found.order_by(*order).limit(literal_column(str(PAGE))), dialect)


@lru_cache
def behind_statement(dialect: Dialect, of_types: bool, of_organizations: bool) -> Statement:  # noqa: FBT001  # the key of a cache
    """A page of events behind the bound position, those of the bound types and organizations alone if so told."""
    order = position(outbox, "seq")
    bound = tuple_(parameter("transaction", BigInteger()), parameter("seq", BigInteger()))
    found = whole_events().where(settled(outbox), tuple_(*order) > bound)
    if of_types:
        found = found.where(among(outbox.c.type, parameter("types")))
    if of_organizations:
        everybody = (outbox.c.subject_type == sql_literal(COURSE)) & outbox.c.organization_id.is_(None)
        found = found.where(among(outbox.c.organization_id, parameter("organizations")) | everybody)
    return compiled(found.order_by(*order).limit(literal_column(str(PAGE))), dialect)


def position_of(record: Row) -> Position:
    """The position that a record begins with."""
    return Position(record[0], record[1])


def told(record: Row) -> Told:
    """A record of whole_events."""
    transaction, seq, event_id, type_, organization_id, subject_type, subject_id, body, fact_id, occurred_at = record
    found = document(body)
    return Told(
        Position(transaction, seq),
        event_id,
        type_,
        organization_id,
        subject_type,
        subject_id,
        found if isinstance(found, dict) else {},
        fact_id,
        moment(occurred_at),
    )
