"""What waits to be delivered, is being delivered, and was given up: for operators, webhook by webhook."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, case, func, select

from db.connections.database import Database
from db.leases import clock
from db.predicates import parameter
from db.rows import maybe_moment, moment
from db.statements.statement import compiled
from db.webhooks import deliveries, webhooks


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
