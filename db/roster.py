"""Reads and prunes the log of roster changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    FromClause,
    Integer,
    Select,
    Subquery,
    Table,
    Text,
    Tuple,
    case,
    cast,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    true,
    tuple_,
    union_all,
    update,
)

from db.connections.database import Database, Row, Transaction
from db.horizon import COLUMN, comes_from_elsewhere, horizon
from db.operations import reading_positions, settings
from db.positions import ROSTER
from db.predicates import Predicate, parameter
from db.roster_log import roster_changes
from db.rows import document, moment
from db.statements.statement import Statement, compiled

PRUNED = "roster_pruned"
# What a watch is made of and for; the shelves above name them without SQLAlchemy.
WatchedTable: TypeAlias = Table
WatchedDialect: TypeAlias = Dialect


class Position(NamedTuple):
    """A place in the log; what stands behind it was written later, or committed later."""

    transaction: int
    number: int


class Reached(NamedTuple):
    """Up to where the log can be read now, from where it is kept, and the position to go on from when all is read."""

    until: Position
    kept: Position
    now: Position


async def reached(database: Database) -> Reached:
    """Where the log stands. What is not visible to this very statement stands behind `now`."""
    last = select(func.coalesce(func.max(roster_changes.c.change_no), literal(0))).scalar_subquery()
    pruned = select(settings.c.value).where(settings.c.key == PRUNED).scalar_subquery()
    found = compiled(select(horizon().label("horizon"), last.label("last"), pruned.label("pruned")), database.dialect)
    ((transaction, number, text),) = await database.fetch(found, {})
    kept = Position(0, 0) if text is None else position(document(text))
    if database.dialect.name == "postgresql":
        return Reached(Position(transaction, 0), kept, Position(transaction, 0))
    last_number = max(number, kept.number)
    return Reached(Position(0, last_number + 1), kept, Position(0, last_number))


def position(value: object) -> Position:
    """A position as it is kept in the settings."""
    transaction, number = value if isinstance(value, list) else (0, 0)
    return Position(int(transaction), int(number))


async def prune(transaction: Transaction, *, before: datetime, now: datetime) -> int:
    """Forget changes older than an instant; gives how many. Whoever stands before them needs a new snapshot."""
    log = roster_changes
    old = (log.c.at < before) & (log.c[COLUMN] < horizon())
    last = select(log.c[COLUMN], log.c.change_no).where(old).order_by(log.c[COLUMN].desc(), log.c.change_no.desc())
    found = (await transaction.execute(last.limit(1))).one_or_none()
    if found is None:
        return 0
    gone = await transaction.execute(delete(log).where(tuple_(log.c[COLUMN], log.c.change_no) <= tuple_(*found)))
    await remember(transaction, Position(*found), now)
    return gone.rowcount


async def remember(transaction: Transaction, kept: Position, now: datetime) -> None:
    """Keep from where the log is kept."""
    await transaction.run_sync(remember_now, kept, now)


def remember_now(connection: Connection, kept: Position, now: datetime) -> None:
    """The same on a connection that blocks."""
    connection.execute(delete(settings).where(settings.c.key == PRUNED))
    connection.execute(insert(settings).values(key=PRUNED, value=list(kept), updated_at=now))


def forget_foreign(connection: Connection, now: datetime) -> int:
    """Forget a log that was restored into a PostgreSQL server whose transactions count anew; gives how many rows.

    Cursors from before name transactions that mean something else here, so all of them need a new snapshot. Who tells
    of the log goes on from here.
    """
    if connection.dialect.name != "postgresql":
        return 0
    gone = connection.execute(delete(roster_changes).where(comes_from_elsewhere(roster_changes))).rowcount
    stands = connection.execute(select(horizon())).scalar_one()
    if gone:
        remember_now(connection, Position(stands, 0), now)
    # Where the log was read to its end and pruned, the place alone shows that it is another server's.
    place, least = reading_positions.c, 0 if gone else stands
    foreign = update(reading_positions).where(place.name == ROSTER, place.transaction_id >= least)
    connection.execute(foreign.values(transaction_id=stands, seq=0))
    return gone


@dataclass(frozen=True, slots=True)
class Watch:
    """A type in the log, its table, and who may see a row: `sight` is asked of the row as it was and as it is.

    As it was, a row has the columns `id`, `organization_id`, `student_id`, `demo`, `is_demo`, `locked_at` (only whether
    it was NULL is known), `origin` and `published_at`.
    """

    type: str
    table: Table
    sight_before: Predicate
    sight_now: Predicate


class Entry(NamedTuple):
    """A row of the log: whether the row was in sight before it, whether it is now, and whether it is there at all."""

    transaction: int
    number: int
    type: str
    row_id: int
    kind: str
    at: datetime
    fields: list[str]
    was_seen: bool
    is_seen: bool
    is_there: bool


def entries_statement(watches: Sequence[Watch], dialect: Dialect) -> Statement:
    """The log between the positions bound as `after` and `until`, at most `size` rows, in its order."""
    log = roster_changes
    place = tuple_(log.c[COLUMN], log.c.change_no)
    wanted = log.c.type.in_([literal_column(f"'{watch.type}'") for watch in watches])
    page = (
        select(log)
        .where(place > bound_position("after"), place < bound_position("until"), wanted)
        .order_by(log.c[COLUMN], log.c.change_no)
        .limit(parameter("size", Integer()))
        .cte("page")
    )
    found = union_all(*[watched(watch, page) for watch in watches]).subquery("found")
    return compiled(select(*found.c).order_by(found.c.transaction, found.c.number), dialect)


def bound_position(name: str) -> Tuple:
    """A position whose parts are bound."""
    return tuple_(parameter(f"{name}_transaction", BigInteger()), parameter(f"{name}_number", BigInteger()))


def watched(watch: Watch, page: FromClause) -> Select[Any]:
    """The entries of one type, with what became of their rows."""
    before = as_it_was(watch, page)
    now = watch.table.alias("now_there")
    there = select(now.c.id).where(now.c.id == before.c.id)
    seen = there.where(watch.sight_now(now.c))
    created = before.c.kind == literal_column("'created'")
    was_seen = case((created, false()), (watch.sight_before(before.c), true()), else_=false())
    return select(
        before.c.transaction,
        before.c.number,
        literal_column(f"'{watch.type}'", Text()).label("type"),
        before.c.id,
        before.c.kind,
        before.c.at,
        before.c.fields,
        was_seen.label("was_seen"),
        exists(seen.correlate_except(now)).label("is_seen"),
        exists(there.correlate_except(now)).label("is_there"),
    )


def as_it_was(watch: Watch, page: FromClause) -> Subquery:
    """The entries of one type with the columns that rules about the row's sight look at."""
    locked = case((page.c.locked_before, literal_column("'locked'")), else_=null())
    return (
        select(
            page.c[COLUMN].label("transaction"),
            page.c.change_no.label("number"),
            page.c.kind,
            page.c.at,
            cast(page.c.fields, Text()).label("fields"),
            page.c.row_id.label("id"),
            page.c.organization_before.label("organization_id"),
            page.c.student_id,
            page.c.demo_before.label("demo"),
            page.c.demo_before.label("is_demo"),
            locked.label("locked_at"),
            page.c.origin_before.label("origin"),
            page.c.published_before.label("published_at"),
        )
        .where(page.c.type == literal_column(f"'{watch.type}'"))
        .subquery(f"{watch.type}_before")
    )


async def entries(
    database: Database,
    statement: Statement,
    *,
    after: Position,
    until: Position,
    size: int,
    values: Mapping[str, object],
) -> list[Entry]:
    """The log between two positions, without the rows at either; what of `values` scopes bind is taken."""
    places = {"after_transaction": after.transaction, "after_number": after.number, "size": size}
    places |= {"until_transaction": until.transaction, "until_number": until.number}
    records = await database.fetch(statement, {**values, **places})
    return [entry(record) for record in records]


def entry(record: Row) -> Entry:
    """A record of entries_statement."""
    transaction, number, type_, row_id, kind, at, fields, *seen = record
    names = document(fields)
    known = [str(name) for name in names] if isinstance(names, list) else []
    return Entry(transaction, number, type_, row_id, kind, moment(at), known, *map(bool, seen))
