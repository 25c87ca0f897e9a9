"""What waits to be delivered, is being delivered, and was given up: for operators, by where it goes."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, case, exists, func, literal_column, select

from db.connections.database import Database
from db.exports import exports
from db.imports.tables import imports
from db.leases import clock, is_free
from db.lti.tables import lti_platforms, lti_scores
from db.predicates import parameter
from db.rows import maybe_moment, moment
from db.statements.statement import compiled
from db.webhooks import deliveries, webhooks
from db.xapi.tables import xapi_endpoints, xapi_statements


class Backlog(NamedTuple):
    """How many deliveries of a webhook wait, of these how many are due, run, have failed before; and how many are dead.

    `oldest` is since when the one that is longest due waits.
    """

    webhook_id: int
    is_active: bool
    waits: int
    due: int
    runs: int
    failed: int
    dead: int
    oldest: datetime | None


class Dead(NamedTuple):
    """A delivery that was given up."""

    id: int
    webhook_id: int
    event_type: str
    attempts: int
    response_code: int | None
    finished_at: datetime


class Forwarded(NamedTuple):
    """How many statements of an xAPI endpoint wait, and how many it rejected; since when it fails, and what it says."""

    endpoint_id: int
    is_active: bool
    runs: bool
    waits: int
    rejected: int
    failing_since: datetime | None
    error: str | None


class Rejected(NamedTuple):
    """A statement that a store rejected."""

    id: int
    endpoint_id: int
    verb: str
    response_code: int
    error: str
    finished_at: datetime


class Graded(NamedTuple):
    """How many grades for an LTI platform wait, of these how many are due, run, have failed before; how many failed.

    `oldest` is since when the one that is longest due waits.
    """

    platform_id: int
    is_active: bool
    waits: int
    due: int
    runs: int
    tried: int
    failed: int
    oldest: datetime | None


class Ungraded(NamedTuple):
    """A grade that did not reach its platform."""

    id: int
    platform_id: int
    attempt_count: int
    response_code: int | None
    error: str | None
    finished_at: datetime


class Unmade(NamedTuple):
    """An export that waits, is being made, or was given up; `rows` is how many are written by now."""

    id: int
    type: str
    status: str
    attempts: int
    rows: int
    created_at: datetime
    error: str | None


class Unfinished(NamedTuple):
    """An import that waits, is worked on, or was given up; `position` of `rows` are gone through."""

    id: int
    organization_id: int
    source: str
    status: str
    position: int
    rows: int
    created_at: datetime
    error: str | None


async def backlog(database: Database) -> list[Backlog]:
    """Every webhook for which anything waits or was given up, by number."""
    columns = deliveries.c
    waits = columns.finished_at.is_(None)
    due = waits & (columns.next_attempt_at <= clock())
    kinds = (waits, due, waits & columns.lease_token.is_not(None), columns.status == "failed", columns.status == "dead")
    counts = [func.sum(case((kind, 1), else_=0)).cast(Integer()).label(f"kind{n}") for n, kind in enumerate(kinds)]
    oldest = func.min(case((due, columns.next_attempt_at))).label("oldest")
    found = select(webhooks.c.id, webhooks.c.is_active, *counts, oldest)
    found = found.join_from(webhooks, deliveries, columns.webhook_id == webhooks.c.id)
    found = found.where(waits | (columns.status == "dead")).group_by(webhooks.c.id, webhooks.c.is_active)
    records = await database.fetch(compiled(found.order_by(webhooks.c.id), database.dialect), {})
    return [
        Backlog(id_, bool(active), waiting, due_now, running, failed, given_up, maybe_moment(at))
        for id_, active, waiting, due_now, running, failed, given_up, at in records
    ]


async def dead(database: Database, *, most: int) -> list[Dead]:
    """What was given up last."""
    columns = deliveries.c
    shown = [
        columns[name] for name in ("id", "webhook_id", "event_type", "attempt_count", "response_code", "finished_at")
    ]
    found = select(*shown).where(columns.status == "dead").order_by(columns.finished_at.desc(), columns.id.desc())
    statement = compiled(found.limit(parameter("most", Integer())), database.dialect)
    records = await database.fetch(statement, {"most": most})
    return [Dead(one[0], one[1], one[2], one[3], one[4], moment(one[5])) for one in records]


async def forwarded(database: Database) -> list[Forwarded]:
    """Every xAPI endpoint for which anything waits or was rejected, by number."""
    columns, statements = xapi_endpoints.c, xapi_statements.c
    of_it = (statements.endpoint_id == columns.id) & (statements.status == "rejected")
    rejected = select(func.count()).select_from(xapi_statements).where(of_it).scalar_subquery().label("rejected")
    runs = (~is_free(columns)).label("runs")
    found = select(columns.id, columns.is_active, runs, columns.waiting, rejected, columns.failing_since, columns.error)
    one = exists(select(statements.id).where(of_it))
    found = found.where((columns.waiting > literal_column("0")) | one).order_by(columns.id)
    records = await database.fetch(compiled(found, database.dialect), {})
    return [
        Forwarded(id_, bool(active), bool(running), waits, count, maybe_moment(since), error)
        for id_, active, running, waits, count, since, error in records
    ]


async def rejected(database: Database, *, most: int) -> list[Rejected]:
    """What was rejected last."""
    columns = xapi_statements.c
    shown = [columns[name] for name in Rejected._fields]
    found = select(*shown).where(columns.status == "rejected").order_by(columns.finished_at.desc(), columns.id.desc())
    statement = compiled(found.limit(parameter("most", Integer())), database.dialect)
    records = await database.fetch(statement, {"most": most})
    return [Rejected(one[0], one[1], one[2], one[3], one[4], moment(one[5])) for one in records]


async def graded(database: Database) -> list[Graded]:
    """Every LTI platform for which grades wait or failed, by number."""
    columns, platforms = lti_scores.c, lti_platforms.c
    waits = columns.finished_at.is_(None)
    due, runs = waits & (columns.next_attempt_at <= clock()), waits & ~is_free(columns)
    kinds = (waits, due, runs, waits & (columns.attempt_count > literal_column("0")), columns.status == "failed")
    counts = [func.sum(case((kind, 1), else_=0)).cast(Integer()).label(f"kind{n}") for n, kind in enumerate(kinds)]
    oldest = func.min(case((due, columns.next_attempt_at))).label("oldest")
    found = select(platforms.id, platforms.is_active, *counts, oldest)
    found = found.join_from(lti_platforms, lti_scores, columns.platform_id == platforms.id)
    found = found.where(waits | (columns.status == "failed")).group_by(platforms.id, platforms.is_active)
    records = await database.fetch(compiled(found.order_by(platforms.id), database.dialect), {})
    return [
        Graded(id_, bool(active), waiting, due_now, running, tried, failed, maybe_moment(at))
        for id_, active, waiting, due_now, running, tried, failed, at in records
    ]


async def ungraded(database: Database, *, most: int) -> list[Ungraded]:
    """The grades that failed last."""
    columns = lti_scores.c
    shown = [columns[name] for name in Ungraded._fields]
    found = select(*shown).where(columns.status == "failed").order_by(columns.finished_at.desc(), columns.id.desc())
    statement = compiled(found.limit(parameter("most", Integer())), database.dialect)
    records = await database.fetch(statement, {"most": most})
    return [Ungraded(one[0], one[1], one[2], one[3], one[4], moment(one[5])) for one in records]


async def unmade(database: Database, *, most: int) -> list[Unmade]:
    """The exports that are not finished, and those that were given up, the newest first."""
    columns = exports.c
    names = ("id", "type", "status", "attempt_count", "row_count", "created_at", "error")
    open_or_failed = columns.finished_at.is_(None) | (columns.status == "failed")
    found = select(*[columns[name] for name in names]).where(open_or_failed).order_by(columns.id.desc())
    statement = compiled(found.limit(parameter("most", Integer())), database.dialect)
    records = await database.fetch(statement, {"most": most})
    return [Unmade(one[0], one[1], one[2], one[3], one[4], moment(one[5]), one[6]) for one in records]


async def unfinished(database: Database, *, most: int) -> list[Unfinished]:
    """The imports that are not finished, and those that were given up, the newest first."""
    columns = imports.c
    names = ("id", "organization_id", "source", "status", "position", "total_rows", "created_at", "error")
    wanted = columns.finished_at.is_(None) | (columns.status == "failed")
    found = select(*[columns[name] for name in names]).where(wanted).order_by(columns.id.desc())
    statement = compiled(found.limit(parameter("most", Integer())), database.dialect)
    records = await database.fetch(statement, {"most": most})
    return [Unfinished(one[0], one[1], one[2], one[3], one[4], one[5], moment(one[6]), one[7]) for one in records]
