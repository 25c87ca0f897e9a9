"""Statements on their way: queued as things happen, sent by one process at a time, and recorded as it went."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, delete, func, literal, literal_column, null, select, true, update

from db.accounts import users
from db.base import Moment
from db.connections.database import NEWS, Database, Transaction
from db.leases import after, clock, is_any, is_free
from db.predicates import Condition
from db.upsert import dialect_insert
from db.xapi.tables import xapi_endpoints, xapi_statements

endpoints, statements = xapi_endpoints.c, xapi_statements.c
SECONDS, RETRY = "lease_seconds", "retry_seconds"
UNFINISHED = statements.finished_at.is_(None)
# An endpoint that was switched off because it failed may be mended: until then statements wait for it.
FAILING = "failing"


class Listening(NamedTuple):
    """An endpoint for which statements are made, whose it is, and what the token that made it could do."""

    id: int
    organization_id: int | None
    owner_uid: str
    abilities: tuple[str, ...] | None
    verbs: tuple[str, ...]
    home: str
    created_at: datetime


class Held(NamedTuple):
    """An endpoint that this process forwards to, as long as it keeps the lease."""

    id: int
    lease_token: str
    url: str
    auth_type: str
    credentials: bytes | None
    version: str
    proven: bool
    attempt_count: int


class Waiting(NamedTuple):
    """A statement that is to be sent."""

    id: int
    statement_id: str
    body: bytes


class Rejected(NamedTuple):
    """A statement that will not be taken however often it is sent: what was answered."""

    id: int
    response_code: int
    error: str


class Failure(NamedTuple):
    """Why no more could be sent, and in how many seconds to try again; `response_code` None for no whole answer."""

    response_code: int | None
    error: str
    retry_s: float


class Outcome(NamedTuple):
    """What came of a batch: what has arrived, what was rejected, and whether the rest has to wait."""

    delivered: Sequence[int]
    rejected: Sequence[Rejected]
    failure: Failure | None


async def listening(transaction: Transaction) -> list[Listening]:
    """The endpoints for which statements are made."""
    columns = (endpoints.id, endpoints.organization_id, users.c.uid, endpoints.abilities, endpoints.verbs)
    found = select(*columns, endpoints.home, endpoints.created_at)
    found = found.join_from(xapi_endpoints, users, users.c.id == endpoints.owner_id)
    found = found.where(endpoints.is_active | (endpoints.disabled_reason == FAILING)).order_by(endpoints.id)
    return [
        Listening(id_, organization_id, uid, able and tuple(able), tuple(verbs), home, created_at)
        for id_, organization_id, uid, able, verbs, home, created_at in await transaction.execute(found)
    ]


async def queue(transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue statements in this order; each is queued for an endpoint once, however often this is done."""
    if not rows:
        return
    # Endpoints are locked before their statements, and by number: as everyone does, so that nobody waits in a circle.
    await transaction.execute(in_turn(endpoints.id.in_({row["endpoint_id"] for row in rows})))
    given: dict[str, Any] = {name: bindparam(name) for name in rows[0]}
    one = dialect_insert(transaction, xapi_statements)
    one = one.values(**given, status=literal("pending"), created_at=clock()).on_conflict_do_nothing()
    added = await transaction.execute(one.returning(statements.endpoint_id, sort_by_parameter_order=False), list(rows))
    await waits(transaction, Counter(added.scalars()))
    transaction.info[NEWS] = True


async def waits(transaction: Transaction, more: Mapping[int, int]) -> None:
    """So many more statements wait for each endpoint, or so many fewer."""
    changed = update(xapi_endpoints).where(endpoints.id == bindparam("endpoint"))
    changed = changed.values(waiting=endpoints.waiting + bindparam("more", type_=endpoints.waiting.type))
    rows = [{"endpoint": endpoint_id, "more": number} for endpoint_id, number in sorted(more.items()) if number]
    if rows:
        await transaction.execute(changed, rows)


def in_turn(these: Condition) -> Select[tuple[int]]:
    """Locks endpoints by number; who only refers to them is not kept waiting."""
    return select(endpoints.id).where(these).order_by(endpoints.id).with_for_update(key_share=True)


def unserved() -> Select[tuple[int]]:
    """Endpoints for which something is due and which nobody holds."""
    due = endpoints.next_attempt_at.is_(None) | (endpoints.next_attempt_at <= clock())
    return select(endpoints.id).where(endpoints.is_active, endpoints.waiting > literal_column("0"), due, free())


def free() -> Condition:
    """Endpoints that nobody holds."""
    return is_free(endpoints)


async def is_due(database: Database) -> bool:
    """Whether anything is due for an endpoint that nobody holds: a look that locks nothing."""
    return await is_any(database, unserved)


async def hold(transaction: Transaction, token: str, *, most: int, seconds: float) -> list[int]:
    """Take endpoints for which something is due and which nobody holds, those longest unserved first.

    The lease lasts for so many seconds of the database's clock, unless it is renewed.
    """
    first = unserved().order_by(endpoints.lease_until.nulls_first(), endpoints.id).limit(most)
    chosen = first.with_for_update(skip_locked=True).cte("chosen").prefix_with("materialized", dialect="postgresql")
    taken = update(xapi_endpoints).where(endpoints.id.in_(select(chosen.c.id)))
    taken = taken.values(lease_token=token, lease_until=after(SECONDS)).returning(endpoints.id)
    return sorted((await transaction.execute(taken, {SECONDS: seconds})).scalars())


async def renew(transaction: Transaction, tokens: Sequence[str], *, seconds: float) -> set[int]:
    """Hold on to everything that is held by these tokens; gives the endpoints that are."""
    mine = endpoints.lease_token.in_(tokens)
    await transaction.execute(in_turn(mine))
    renewed = update(xapi_endpoints).where(mine).values(lease_until=after(SECONDS)).returning(endpoints.id)
    return set((await transaction.execute(renewed, {SECONDS: seconds})).scalars())


async def let_go(transaction: Transaction, endpoint_id: int, token: str) -> None:
    """Leave an endpoint to whoever comes next."""
    mine = update(xapi_endpoints).where(endpoints.id == endpoint_id, endpoints.lease_token == token)
    await transaction.execute(mine.values(lease_token=null(), lease_until=clock()))


async def begin(
    transaction: Transaction, endpoint_id: int, token: str, *, most: int
) -> tuple[Held, list[Waiting]] | None:
    """The endpoint as it is now, and what waits longest for it; None where it is not ours, or not to be served."""
    names = [endpoints[name] for name in Held._fields]
    mine = (endpoints.id == endpoint_id) & (endpoints.lease_token == token) & endpoints.is_active
    row = (await transaction.execute(select(*names).where(mine))).first()
    if row is None:
        return None
    waiting = select(statements.id, statements.statement_id, statements.body)
    waiting = waiting.where(statements.endpoint_id == endpoint_id, UNFINISHED).order_by(statements.id).limit(most)
    return Held(*row), [Waiting(*one) for one in await transaction.execute(waiting)]


async def record(transaction: Transaction, endpoint_id: int, token: str, outcome: Outcome) -> bool:
    """Record what came of a batch, if the endpoint is ours still; whoever holds it otherwise sends it again."""
    mine = (endpoints.id == endpoint_id) & (endpoints.lease_token == token)
    if (await transaction.execute(in_turn(mine))).first() is None:
        return False
    done = update(xapi_statements).where(UNFINISHED).values(finished_at=clock())
    arrived = done.where(statements.id.in_(outcome.delivered)).values(status="delivered", body=null())
    finished = (await transaction.execute(arrived)).rowcount
    for one in outcome.rejected:
        values = {"status": "rejected", "response_code": one.response_code, "error": one.error}
        finished += (await transaction.execute(done.where(statements.id == one.id).values(**values))).rowcount
    await waits(transaction, {endpoint_id: -finished})
    if outcome.delivered or outcome.rejected:
        await well(transaction, endpoint_id, proven=bool(outcome.delivered))
    if outcome.failure is not None:
        await failed(transaction, endpoint_id, outcome.failure)
    return True


async def well(transaction: Transaction, endpoint_id: int, *, proven: bool) -> None:
    """The endpoint answered as it should: whatever failed before, it does not fail any more."""
    values: dict[str, Any] = {"failing": False, "failing_since": null(), "attempt_count": 0, "next_attempt_at": null()}
    values |= {"error": null(), "response_code": null()}
    if proven:
        values |= {"proven": true(), "last_delivered_at": clock()}
    await transaction.execute(update(xapi_endpoints).where(endpoints.id == endpoint_id).values(**values))


async def failed(transaction: Transaction, endpoint_id: int, failure: Failure) -> None:
    """The endpoint failed, and is tried again later."""
    changed = update(xapi_endpoints).where(endpoints.id == endpoint_id)
    changed = changed.values(
        failing=True,
        failing_since=func.coalesce(endpoints.failing_since, clock(), type_=Moment()),
        attempt_count=endpoints.attempt_count + 1,
        next_attempt_at=after(RETRY),
        response_code=failure.response_code,
        error=failure.error,
    )
    await transaction.execute(changed, {RETRY: failure.retry_s})


async def give_up(transaction: Transaction, endpoint_id: int, *, seconds: float, now: datetime) -> bool:
    """Switch an endpoint off that has done nothing but fail for so many seconds; whether it was."""
    ago = after("ago")
    long = (endpoints.id == endpoint_id) & endpoints.is_active & (endpoints.failing_since < ago)
    off = update(xapi_endpoints).where(long).values(is_active=False, disabled_reason=FAILING, updated_at=now)
    return (await transaction.execute(off, {"ago": -seconds})).rowcount == 1


async def skip(transaction: Transaction, endpoint_id: int) -> int:
    """Give up what waits for an endpoint that was switched off by hand; gives how much it was."""
    waiting = update(xapi_statements).where(statements.endpoint_id == endpoint_id, UNFINISHED)
    done = waiting.values(status="skipped", finished_at=clock(), body=null())
    skipped = (await transaction.execute(done)).rowcount
    await waits(transaction, {endpoint_id: -skipped})
    return skipped


async def again(transaction: Transaction, ids: Sequence[int]) -> int:
    """Send rejected statements once more, under their own ids; gives how many."""
    named = statements.id.in_(ids) & (statements.status == "rejected")
    of = select(statements.endpoint_id).where(named)
    await transaction.execute(in_turn(endpoints.id.in_(of)))
    values: dict[str, Any] = {"status": "pending", "finished_at": null(), "response_code": null(), "error": null()}
    found = await transaction.execute(
        update(xapi_statements).where(named).values(**values).returning(statements.endpoint_id)
    )
    more = Counter(found.scalars())
    await waits(transaction, more)
    transaction.info[NEWS] = True
    return more.total()


async def forget(transaction: Transaction, *, before: datetime, most: int) -> int:
    """Forget what was finished before an instant; gives how much it was, at most so much at once."""
    old = select(statements.id).where(statements.finished_at < before).limit(most)
    return (await transaction.execute(delete(xapi_statements).where(statements.id.in_(old)))).rowcount


async def forget_unsent(transaction: Transaction, *, before: datetime) -> int:
    """Give up what has waited since before an instant for endpoints that were switched off; gives how much it was."""
    off = select(endpoints.id).where(~endpoints.is_active)
    await transaction.execute(in_turn(~endpoints.is_active))
    old = update(xapi_statements).where(statements.endpoint_id.in_(off), UNFINISHED, statements.created_at < before)
    done = old.values(status="skipped", finished_at=clock(), body=null()).returning(statements.endpoint_id)
    fewer = Counter((await transaction.execute(done)).scalars())
    await waits(transaction, {endpoint_id: -number for endpoint_id, number in fewer.items()})
    return fewer.total()
