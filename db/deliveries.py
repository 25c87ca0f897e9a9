"""What is delivered to webhooks: queued as it happens, taken by one process at a time, and recorded as it went."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Dialect,
    Float,
    Row,
    Select,
    Update,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from db.accounts import users
from db.base import Moment
from db.connections.database import NEWS, Database, Transaction
from db.leases import after, clock, is_any, is_free
from db.predicates import Condition, parameter
from db.statements.statement import Statement, compiled
from db.upsert import dialect_insert
from db.webhooks import deliveries, delivery_attempts, webhooks

UNFINISHED = deliveries.c.finished_at.is_(None)
UNFINISHED_STATUSES = ("pending", "failed")
SECONDS = "lease_seconds"
# Of an answer so many bytes are kept.
MOST_KEPT = 20_000


class Listening(NamedTuple):
    """A webhook that is told what happens, whose it is, and what the token that made it could do."""

    id: int
    organization_id: int | None
    owner_uid: str
    abilities: tuple[str, ...] | None
    events: tuple[str, ...]
    has_document: bool
    created_at: datetime


class Held(NamedTuple):
    """A webhook that this process delivers to, as long as it keeps the lease."""

    id: int
    token: str
    url: str
    ordered: bool
    schedule: str
    document: str | None
    failing_since: datetime | None
    owner_uid: str
    abilities: Sequence[str] | None


class Begun(NamedTuple):
    """A delivery of which an attempt has begun; `attempt` counts from 1."""

    id: int
    webhook_id: int
    event_id: str
    event_type: str
    event_seq: int | None
    url: str | None
    attempt: int
    body: bytes | None


BEGUN = ("id", "webhook_id", "event_id", "event_type", "event_seq", "url", "attempt_count", "body")


class Attempt(NamedTuple):
    """What came of an attempt: when it began, how long it took, and what was answered, or why nothing was."""

    number: int
    sent_at: datetime
    duration_ms: int
    response_code: int | None = None
    error: str | None = None
    response_headers: Mapping[str, str] | None = None
    response_body: str | None = None


class Outcome(NamedTuple):
    """What is to be recorded of a delivery: its new status, the attempt, and in how many seconds to try again.

    `retry_s` is None where it is finished. `attempt` is None where none was made.
    """

    delivery_id: int
    webhook_id: int
    token: str
    status: str
    attempt: Attempt | None
    retry_s: float | None = None
    body: bytes | None = None


async def queue(transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue deliveries to be made at once; an event is queued for a webhook once, however often this is done."""
    if rows:
        columns = {"status": literal("pending"), "next_attempt_at": clock(), "created_at": clock()}
        given: dict[str, Any] = {name: bindparam(name) for name in rows[0]}
        one = dialect_insert(transaction, deliveries).values(**given, **columns).on_conflict_do_nothing()
        await transaction.execute(one, list(rows))
        transaction.info[NEWS] = True


async def repeat(transaction: Transaction, ids: Condition, *, url: str | None, most: int) -> list[int]:
    """Queue what some deliveries told once more, the oldest first; gives the numbers of the new ones."""
    told = ("webhook_id", "organization_id", "event_id", "event_type", "event_seq", "occurred_at", "body")
    columns = [deliveries.c[name] for name in told]
    again = select(
        *columns,
        deliveries.c.id,
        bindparam("url", url, deliveries.c.url.type),
        literal("pending"),
        clock(),
        clock(),
    )
    names = [*told, "replay_of", "url", "status", "next_attempt_at", "created_at"]
    chosen = again.where(ids).order_by(deliveries.c.id).limit(most)
    added = insert(deliveries).from_select(names, chosen).returning(deliveries.c.id)
    transaction.info[NEWS] = True
    return sorted((await transaction.execute(added)).scalars())


async def number_of(transaction: Transaction, webhook_id: int, event_id: str) -> int:
    """The number of the first delivery of an event to a webhook."""
    one = (deliveries.c.webhook_id == webhook_id) & (deliveries.c.event_id == event_id)
    found = select(deliveries.c.id).where(one, deliveries.c.replay_of.is_(None))
    return int((await transaction.execute(found)).scalar_one())


async def webhook_of(transaction: Transaction, one: Condition) -> int | None:
    """The webhook of the delivery that a condition names."""
    return (await transaction.execute(select(deliveries.c.webhook_id).where(one))).scalar_one_or_none()


async def skip(transaction: Transaction, webhook_id: int) -> int:
    """Give up what waits for a webhook that was switched off; gives how much it was."""
    waiting = update(deliveries).where(deliveries.c.webhook_id == webhook_id, UNFINISHED)
    done = waiting.values(status="skipped", finished_at=clock(), next_attempt_at=null())
    return (await transaction.execute(done)).rowcount


async def is_due(database: Database) -> bool:
    """Whether anything is due for a webhook that nobody holds: a look that locks nothing."""
    return await is_any(database, unserved)


def unserved() -> Select[tuple[int]]:
    """Webhooks for which something is due and which nobody holds."""
    due = exists().where(deliveries.c.webhook_id == webhooks.c.id, UNFINISHED, deliveries.c.next_attempt_at <= clock())
    return select(webhooks.c.id).where(webhooks.c.is_active, is_free(webhooks.c), due)


async def hold(transaction: Transaction, token: str, *, most: int, seconds: float) -> list[int]:
    """Take webhooks for which something is due and which nobody holds, those longest unserved first.

    The lease lasts for so many seconds of the database's clock, unless it is renewed.
    """
    first = unserved().order_by(webhooks.c.lease_until.nulls_first(), webhooks.c.id).limit(most)
    chosen = first.with_for_update(skip_locked=True).cte("chosen").prefix_with("materialized", dialect="postgresql")
    taken = update(webhooks).where(webhooks.c.id.in_(select(chosen.c.id)))
    taken = taken.values(lease_token=token, lease_until=after(SECONDS)).returning(webhooks.c.id)
    return sorted((await transaction.execute(taken, {SECONDS: seconds})).scalars())


async def renew(transaction: Transaction, tokens: Sequence[str], *, seconds: float) -> set[int]:
    """Hold on to everything that is held by these tokens; gives the webhooks that are."""
    await transaction.execute(in_turn(webhooks.c.lease_token.in_(tokens)))
    mine = update(webhooks).where(webhooks.c.lease_token.in_(tokens)).values(lease_until=after(SECONDS))
    return set((await transaction.execute(mine.returning(webhooks.c.id), {SECONDS: seconds})).scalars())


def in_turn(these: Condition) -> Select[tuple[int]]:
    """Locks webhooks by number; who only refers to them is not kept waiting."""
    return select(webhooks.c.id).where(these).order_by(webhooks.c.id).with_for_update(key_share=True)


async def let_go(transaction: Transaction, tokens: Sequence[str], ids: Sequence[int]) -> None:
    """Leave webhooks to whoever comes next."""
    await transaction.execute(in_turn(webhooks.c.id.in_(ids)))
    mine = update(webhooks).where(webhooks.c.id.in_(ids), webhooks.c.lease_token.in_(tokens))
    await transaction.execute(mine.values(lease_token=null(), lease_until=clock()))


async def still_held(transaction: Transaction, tokens: Sequence[str], ids: Sequence[int]) -> list[Held]:
    """Those of some webhooks that are held by these tokens, as they are now; none that was switched off or removed."""
    these = webhooks.c.id.in_(ids) & webhooks.c.lease_token.in_(tokens) & webhooks.c.is_active
    names = ("id", "lease_token", "url", "ordered", "schedule", "document", "failing_since")
    columns = [*[webhooks.c[name] for name in names], users.c.uid, webhooks.c.abilities]
    found = select(*columns).join_from(webhooks, users, users.c.id == webhooks.c.owner_id).where(these)
    return [Held(*row) for row in await transaction.execute(found)]


async def begin(transaction: Transaction, held: Sequence[Held], *, most: int) -> list[Begun]:
    """Begin an attempt of what is due for webhooks that are held, so many for each; counted before they are made.

    What somebody else has begun, who held a webhook before and is gone, is begun anew. Of a webhook that is told in
    order nothing is begun before what stands before it is finished.
    """
    statement = beginning(held, most, lateral=transaction.dialect.name == "postgresql")
    return sorted(Begun(*row) for row in await transaction.execute(statement))


def beginning(held: Sequence[Held], most: int, *, lateral: bool) -> ReturningUpdate[Any]:
    """The statement that begins what is due for some webhooks."""
    columns = deliveries.c
    picked = due_of(held, most, lateral=lateral).cte("picked")
    # By its status, whether it is still unfinished: asked by `finished_at`, PostgreSQL would walk through all that is
    # unfinished for each that was picked, because at rest there is next to nothing of it.
    begun = update(deliveries).where(columns.id == picked.c.id, columns.status.in_(UNFINISHED_STATUSES))
    begun = begun.values(attempt_count=columns.attempt_count + 1, lease_token=picked.c.lease_token)
    return begun.returning(*[columns[name] for name in BEGUN])


def due_of(held: Sequence[Held], most: int, *, lateral: bool) -> Select[tuple[int, str]]:
    """The numbers of what is due for some webhooks, the first so many of each, with the token that each is held by."""
    columns, hooks = deliveries.c, webhooks.c
    idle = columns.lease_token.is_(None) | (columns.lease_token != hooks.lease_token)
    # What stands before must be finished.
    before = deliveries.alias("before")
    unfinished = (before.c.webhook_id == hooks.id) & before.c.finished_at.is_(None) & (before.c.id < columns.id)
    overtakes = exists(select(before.c.id).where(unfinished).correlate_except(before))
    due = UNFINISHED & idle & (columns.next_attempt_at <= clock()) & (columns.webhook_id == hooks.id)
    due = due & ~(hooks.ordered & overtakes)
    these = hooks.id.in_([one.id for one in held]) & hooks.lease_token.in_({one.token for one in held})
    order = (columns.next_attempt_at, columns.id)
    if lateral:
        first = select(columns.id).where(due).order_by(*order).limit(most).correlate(webhooks).lateral("first")
        return select(first.c.id, hooks.lease_token).select_from(webhooks.join(first, true())).where(these)
    place = func.row_number().over(partition_by=hooks.id, order_by=order).label("place")
    numbered = select(columns.id, hooks.lease_token, place).where(due, these).subquery("numbered")
    return select(numbered.c.id, numbered.c.lease_token).where(numbered.c.place <= most)


async def record(transaction: Transaction, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Record what came of attempts whose deliveries nobody else has taken over; gives these.

    An attempt of which somebody else has taken over the delivery is recorded nowhere: whoever holds it now sends it.
    """
    columns = deliveries.c
    # Webhooks are locked before their deliveries, and by number: as everyone does, so that nobody waits in a circle.
    await transaction.execute(in_turn(webhooks.c.id.in_({one.webhook_id for one in outcomes})))
    named = columns.id.in_([one.delivery_id for one in outcomes])
    found = await transaction.execute(
        select(columns.id, columns.lease_token, columns.finished_at).where(named).order_by(columns.id).with_for_update()
    )
    kept = {row.id: row for row in found}
    rows = [one for one in outcomes if (row := kept.get(one.delivery_id)) is not None and is_news(one, row)]
    if rows:
        await transaction.execute(recorded(), [recorded_values(one) for one in rows])
    attempts = [{"delivery_id": one.delivery_id, **one.attempt._asdict()} for one in rows if one.attempt]
    if attempts:
        await transaction.execute(dialect_insert(transaction, delivery_attempts).on_conflict_do_nothing(), attempts)
    return rows


def is_news(outcome: Outcome, row: Row[Any, Any, Any]) -> bool:
    """Whether an outcome is to be recorded: the delivery is ours still; given up meanwhile, only that it arrived is."""
    return row.lease_token == outcome.token and (row.finished_at is None or outcome.status == "delivered")


def recorded() -> Update:
    """The statement that finishes a delivery, or leaves it for another attempt."""
    retry = bindparam("retry_s", type_=Float())
    done = update(deliveries).where(deliveries.c.id == bindparam("delivery"))
    return done.values(
        status=bindparam("new_status"),
        finished_at=case((retry.is_(None), clock()), else_=null()),
        next_attempt_at=case((retry.is_(None), null()), else_=after("retry_s")),
        response_code=bindparam("code"),
        duration_ms=bindparam("took_ms"),
        body=func.coalesce(deliveries.c.body, bindparam("made", type_=deliveries.c.body.type)),
        lease_token=null(),
    )


def recorded_values(one: Outcome) -> dict[str, Any]:
    """The values of one row of `recorded`."""
    return {
        "delivery": one.delivery_id,
        "new_status": one.status,
        "retry_s": one.retry_s,
        "code": None if one.attempt is None else one.attempt.response_code,
        "took_ms": None if one.attempt is None else one.attempt.duration_ms,
        "made": one.body,
    }


async def well(transaction: Transaction, ids: Sequence[int]) -> None:
    """These webhooks took something: whatever failed before, they do not fail any more."""
    of_these = webhooks.c.id.in_(ids) & webhooks.c.failing_since.is_not(None)
    await transaction.execute(update(webhooks).where(of_these).values(failing_since=null()))


async def failing(transaction: Transaction, ids: Sequence[int], *, seconds: float) -> list[int]:
    """These webhooks failed; gives those that have done nothing else for so many seconds."""
    of_these = webhooks.c.id.in_(ids)
    since = func.coalesce(webhooks.c.failing_since, clock(), type_=Moment())
    await transaction.execute(update(webhooks).where(of_these).values(failing_since=since))
    long = select(webhooks.c.id).where(of_these, webhooks.c.failing_since < after("ago"))
    return sorted((await transaction.execute(long, {"ago": -seconds})).scalars())


async def switch_off(transaction: Transaction, webhook_id: int, reason: str, now: datetime) -> bool:
    """Switch a webhook off and give up what waits for it; whether it was on."""
    on = update(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.is_active)
    changed = await transaction.execute(on.values(is_active=False, disabled_reason=reason, updated_at=now))
    await skip(transaction, webhook_id)
    return changed.rowcount == 1


async def forget(transaction: Transaction, *, before: datetime, most: int) -> int:
    """Forget what was finished before an instant, with its attempts; gives how much it was, at most so much at once."""
    old = select(deliveries.c.id).where(deliveries.c.finished_at < before).limit(most)
    return (await transaction.execute(delete(deliveries).where(deliveries.c.id.in_(old)))).rowcount


@lru_cache
def states_statement(dialect: Dialect) -> Statement:
    """What is to be delivered to the bound webhook, and what was finished since the bound instant, as it stands."""
    columns = deliveries.c
    found = select(columns.id, columns.status, columns.next_attempt_at, columns.finished_at)
    recent = UNFINISHED | (columns.finished_at >= parameter("since", Moment()))
    return compiled(found.where(columns.webhook_id == parameter("webhook"), recent).order_by(columns.id), dialect)


async def listening(transaction: Transaction) -> list[Listening]:
    """The webhooks that are told what happens; those that asked for nothing are sent pings alone."""
    columns = webhooks.c
    found = select(
        columns.id,
        columns.organization_id,
        users.c.uid,
        columns.abilities,
        columns.events,
        columns.document,
        columns.created_at,
    )
    found = found.join_from(webhooks, users, users.c.id == columns.owner_id).where(columns.is_active)
    return [
        Listening(id_, organization_id, uid, able and tuple(able), tuple(events), document is not None, created_at)
        for id_, organization_id, uid, able, events, document, created_at in await transaction.execute(found)
        if events
    ]


async def documents(transaction: Transaction) -> list[tuple[int, str]]:
    """The payload documents of the webhooks that are on."""
    found = select(webhooks.c.id, webhooks.c.document).where(webhooks.c.is_active, webhooks.c.document.is_not(None))
    return [(id_, document) for id_, document in await transaction.execute(found)]
