"""What the teller of roster events reads: whether there is news, the log page by page, and courses' publications."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Dialect,
    FromClause,
    Select,
    Text,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
)

from db.connections.database import Database, Transaction
from db.courses import course_publications, courses, is_of
from db.horizon import position, settled
from db.json_text import Expression
from db.leases import clock
from db.operations import reading_positions
from db.organizations import organizations
from db.outbox import Position
from db.positions import ROSTER
from db.predicates import Condition, parameter
from db.roster_log import roster_changes
from db.statements.statement import Statement, compiled
from db.students import students

PAGE = 300
STUDENT = "student"
LOCKABLE = (STUDENT, "enrollment")
# The fields of rows that are written where a student's places or years change. They do not wait for whoever changes the
# student at that moment, so what they say of the organization and the lock may be of before that.
LINKED = ('["sections"]', '["groups"]', '["school_grade"]')


class Change(NamedTuple):
    """A row of the log: in which organization it was in sight before, and is after; None where in none.

    `number` is the order of the changes of one row. `decides` is False where the change has no say in where it is.
    """

    position: Position
    number: int
    type: str
    row_id: int
    before: int | None
    after: int | None
    decides: bool
    fields: tuple[str, ...]
    at: datetime


class Publication(NamedTuple):
    """A course that became published, and when."""

    course_id: int
    is_demo: bool
    at: datetime


async def look(database: Database) -> bool:
    """Whether anything is new behind where the teller stands, or it has no place yet; costs one statement."""
    records = await database.fetch(look_statement(database.dialect), {"name": ROSTER})
    return not records or any(map(bool, records[0]))


@lru_cache
def look_statement(dialect: Dialect) -> Statement:
    """Whether the log has rows behind the place, and whether courses became published, or are so no more."""
    place, log = reading_positions, roster_changes
    behind = tuple_(*position(log, "change_no")) > tuple_(place.c.transaction_id, place.c.seq)
    # In the order of the index: of a plain EXISTS the planner expects to find a row at once, and reads the whole log.
    first = select(log.c.change_no).where(behind, settled(log)).order_by(*position(log, "change_no")).limit(1)
    changes = first.correlate(place).scalar_subquery().is_not(None)
    due = exists(select(courses.c.id).where(is_untold()))
    over = exists(select(course_publications.c.course_id).where(is_over()))
    news: tuple[Any, ...] = (changes.label("changes"), due.label("due"), over.label("over"))
    return compiled(select(*news).select_from(place).where(place.c.name == parameter("name")), dialect)


async def page(transaction: Transaction, after: Position) -> list[Change]:
    """The next rows of the log behind a position, at most a page of them."""
    log = roster_changes
    behind = tuple_(*position(log, "change_no")) > tuple_(after.transaction, after.seq)
    rows = select(log).where(behind, settled(log)).order_by(*position(log, "change_no")).limit(PAGE).cte("page")
    found = select(rows, is_locked_after(rows).label("locked_after"))
    return [change(row) for row in await transaction.execute(found.order_by(*position(rows, "change_no")))]


def is_locked_after(rows: FromClause) -> Expression:
    """Whether the student of a row is locked after it: as the next row of the student says, or as it is now."""
    following, student = roster_changes.alias("following"), func.coalesce(rows.c.student_id, rows.c.row_id)
    next_row = (
        select(following.c.locked_before)
        .where(following.c.row_id == student, following.c.change_no > rows.c.change_no)
        .where(following.c.type == STUDENT, cast(following.c.fields, Text).not_in(LINKED))
        .order_by(following.c.change_no)
        .limit(1)
    )
    now = select(students.c.locked_at.is_not(None)).where(students.c.id == student)
    return func.coalesce(next_row.scalar_subquery(), now.scalar_subquery())


def change(row: Any) -> Change:  # noqa: ANN401  # a row of any select
    """A row of `page`."""
    fields = tuple(str(name) for name in row.fields)
    is_locked = bool(row.locked_before) or "locked_at" in fields
    # Who was locked and is locked at another time may be unlocked, and who is new may be locked: only then others say.
    if row.type in LOCKABLE and (row.kind == "created" or (row.locked_before and "locked_at" in fields)):
        is_locked = bool(row.locked_after)
    return Change(
        Position(row.transaction_id, row.change_no),
        row.change_no,
        row.type,
        row.row_id,
        None if row.locked_before else row.organization_before,
        None if is_locked else row.organization_after,
        row.kind != "updated" or not {"locked_at", "organization_id"}.isdisjoint(fields),
        fields,
        row.at,
    )


async def there(transaction: Transaction, ids: Sequence[int]) -> set[int]:
    """Those of some organizations that are there."""
    return set((await transaction.scalars(select(organizations.c.id).where(organizations.c.id.in_(ids)))).all())


async def begin(transaction: Transaction) -> None:
    """Take all courses that are published for told."""
    known = select(courses.c.id, courses.c.published_at).where(is_untold())
    await transaction.execute(insert(course_publications).from_select(["course_id", "published_at"], known))


async def published(transaction: Transaction) -> list[Publication]:
    """The courses that became published, at most a page of them: from now on they are told of."""
    await transaction.execute(delete(course_publications).where(is_over()))
    columns = (courses.c.id, courses.c.published_at, courses.c.is_demo, given_at().label("given_at"))
    found = select(*columns).where(is_untold()).order_by(courses.c.published_at, courses.c.id).limit(PAGE)
    rows = (await transaction.execute(found)).all()
    if rows:
        told = [{"course_id": row.id, "published_at": row.published_at} for row in rows]
        await transaction.execute(insert(course_publications), told)
    return [Publication(row.id, row.is_demo, max(row.published_at, row.given_at or row.published_at)) for row in rows]


def is_untold() -> Condition:
    """A course of Talktiko whose day of publication has come by the database's clock, and of which nobody told."""
    told = select(course_publications.c.course_id).where(course_publications.c.course_id == courses.c.id)
    return is_of(courses.c, "talktiko") & (courses.c.published_at <= clock()) & ~exists(told.correlate(courses))


def is_over() -> Condition:
    """A publication that was told of and is none any more. The day that was told of has come, whatever a clock says."""
    told = course_publications.c
    day = or_(courses.c.published_at <= clock(), courses.c.published_at == told.published_at)
    still = select(courses.c.id).where(courses.c.id == told.course_id, is_of(courses.c, "talktiko"), day)
    return ~exists(still.correlate(course_publications))


def given_at() -> Expression:
    """When a course was last given its day of publication, or made a course of Talktiko; NULL where nobody knows."""
    log = roster_changes
    texts = [cast(log.c.fields, Text).contains(f'"{name}"') for name in ("published_at", "origin")]
    ones: Select[Any] = select(func.max(log.c.at)).where(log.c.row_id == courses.c.id, log.c.type == "course")
    return ones.where(or_(log.c.kind == "created", *texts)).correlate(courses).scalar_subquery()
