"""Upstreams: other products whose usage feed (利用実績) is collected, how far that has come, and what it gave."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    null,
    or_,
    select,
    true,
    update,
)

from db.base import Id, Key, Moment, metadata
from db.connections.database import Database, Transaction
from db.leases import after, clock, is_any, is_free
from db.predicates import Condition
from db.upsert import dialect_insert

SECONDS = "lease_seconds"
WAIT = "wait_seconds"

upstream_feeds = Table(
    "upstream_feeds",
    metadata,
    Column("id", Id, primary_key=True),
    # What it gives is kept under this name, which never changes.
    Column("name", Key, nullable=False),
    Column("url", Text, nullable=False),
    # Sealed; it is sent as a bearer token.
    Column("sealed_credential", LargeBinary),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    # The latest instant of what whole runs have given, by the upstream's own clock.
    Column("watermark", Moment),
    # How far the run under way has come, as resolvers/upstreams/places.py writes it; NULL between two runs.
    Column("place", JSON(none_as_null=True)),
    Column("last_success_at", Moment),
    Column("failing_since", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("next_poll_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # Which process collects it now.
    Column("lease_token", Text),
    Column("lease_until", Moment),
    UniqueConstraint("name"),
    # SQLite would give the number of one that was removed again.
    sqlite_autoincrement=True,
)

# What was collected stays when its upstream is removed: `source` is a name, and no reference.
collected_usage = Table(
    "collected_usage",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", Key, nullable=False),
    # The number that the upstream gave the record.
    Column("external_id", Key, nullable=False),
    # As the upstream wrote it, whether we know such a person or not.
    Column("uid", Key, nullable=False),
    Column("package_code", Text, nullable=False),
    Column("package_name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("collected_at", Moment, nullable=False),
    Column("changed_at", Moment),
    UniqueConstraint("source", "external_id"),
    Index(None, "source", "id"),
    Index(None, "source", "created_at", "id"),
    Index(None, "created_at", "id"),
    Index(None, "uid", "id"),
    sqlite_autoincrement=True,
)


class Held(NamedTuple):
    """An upstream that this process collects, as long as it keeps the lease; `now` is when it was taken."""

    id: int
    token: str
    name: str
    url: str
    sealed: bytes | None
    watermark: datetime | None
    place: dict[str, Any] | None
    failures: int
    now: datetime


class Collected(NamedTuple):
    """A record of a usage feed."""

    external_id: str
    uid: str
    package_code: str
    package_name: str
    created_at: datetime


class Status(NamedTuple):
    """How an upstream is, for operators."""

    name: str
    url: str
    is_active: bool
    records: int
    watermark: datetime | None
    failing_since: datetime | None
    last_error: str | None


async def add(transaction: Transaction, values: Mapping[str, object], now: datetime) -> int | None:
    """Keep an upstream, to be collected at once; gives its number, None where there is one of this name."""
    row = dialect_insert(transaction, upstream_feeds).values(
        **values, next_poll_at=clock(), created_at=now, updated_at=now
    )
    added = row.on_conflict_do_nothing(index_elements=["name"]).returning(upstream_feeds.c.id)
    found = (await transaction.execute(added)).scalar_one_or_none()
    return None if found is None else int(found)


async def count(transaction: Transaction) -> int:
    """How many upstreams there are."""
    return int((await transaction.execute(select(func.count()).select_from(upstream_feeds))).scalar_one())


async def change(transaction: Transaction, one: Condition, values: Mapping[str, object], now: datetime) -> int | None:
    """Change an upstream, which is collected at once; gives its number, None where there is none.

    Whoever collects it now holds it no longer, and the run under way begins anew.
    """
    anew = {"place": null(), "lease_token": null(), "lease_until": null(), "failures": 0, "next_poll_at": clock()}
    changed = update(upstream_feeds).where(one).values(**values, **anew, updated_at=now).returning(upstream_feeds.c.id)
    found = (await transaction.execute(changed)).scalar_one_or_none()
    return None if found is None else int(found)


async def remove(transaction: Transaction, one: Condition) -> bool:
    """Remove an upstream, and nothing of what it gave; whether there was one."""
    return (await transaction.execute(delete(upstream_feeds).where(one))).rowcount > 0


def due() -> Select[tuple[int]]:
    """Upstreams that are due and that nobody holds."""
    columns = upstream_feeds.c
    return select(columns.id).where(columns.is_active, is_free(columns), columns.next_poll_at <= clock())


async def is_due(database: Database) -> bool:
    """Whether anything is to be collected that nobody holds: a look that locks nothing."""
    return await is_any(database, due)


async def hold(transaction: Transaction, token: str, *, most: int, seconds: float) -> list[Held]:
    """Take upstreams that are due and that nobody holds, for so many seconds of the database's clock."""
    columns = upstream_feeds.c
    first = due().order_by(columns.next_poll_at, columns.id).limit(most).with_for_update(skip_locked=True)
    chosen = first.cte("chosen").prefix_with("materialized", dialect="postgresql")
    names = ("id", "lease_token", "name", "url", "sealed_credential", "watermark", "place", "failures")
    taken = update(upstream_feeds).where(columns.id.in_(select(chosen.c.id)))
    taken = taken.values(lease_token=token, lease_until=after(SECONDS))
    found = await transaction.execute(
        taken.returning(*[columns[name] for name in names], clock().label("now")), {SECONDS: seconds}
    )
    return [Held(*row) for row in found]


async def still_held(transaction: Transaction, held: Held) -> bool:
    """Whether an upstream is ours still: then it is, until the transaction ends."""
    columns = upstream_feeds.c
    one = select(columns.id).where(columns.id == held.id, columns.lease_token == held.token).with_for_update()
    return (await transaction.execute(one)).first() is not None


async def keep(transaction: Transaction, source: str, rows: Sequence[Collected]) -> int:
    """Keep what a source gave, each record in place of the one with its number; gives how many were new or changed."""
    if not rows:
        return 0
    columns, added = collected_usage.c, dialect_insert(transaction, collected_usage)
    told = ("uid", "package_code", "package_name", "created_at")
    other = or_(*[columns[name].is_distinct_from(added.excluded[name]) for name in told])
    added = added.values([{"source": source, "collected_at": clock(), **row._asdict()} for row in rows])
    changed = added.on_conflict_do_update(
        index_elements=["source", "external_id"],
        set_={**{name: added.excluded[name] for name in told}, "changed_at": clock()},
        where=other,
    )
    return (await transaction.execute(changed)).rowcount


async def go_on(transaction: Transaction, held: Held, place: Mapping[str, Any], *, seconds: float) -> None:
    """A page is kept: the run has come so far, and the upstream is ours for so many seconds more."""
    await put(transaction, held, {"place": place, "lease_until": after(SECONDS), **well()}, {SECONDS: seconds})


async def finish(transaction: Transaction, held: Held, watermark: datetime | None, *, wait: float) -> None:
    """The run is over, and the next one begins in so many seconds."""
    over = {"watermark": watermark, "place": null(), "last_success_at": clock()}
    await put(transaction, held, {**over, **well(), **left()}, {WAIT: wait})


async def fail(
    transaction: Transaction, held: Held, error: str, place: Mapping[str, Any] | None, *, wait: float
) -> None:
    """The run failed; it goes on from this place in so many seconds, or begins anew where it has none."""
    since = func.coalesce(upstream_feeds.c.failing_since, clock(), type_=Moment())
    told = {"failures": upstream_feeds.c.failures + 1, "failing_since": since, "last_error": error}
    await put(transaction, held, {**told, "place": null() if place is None else place, **left()}, {WAIT: wait})


async def release(transaction: Transaction, held: Held) -> None:
    """Let go of an upstream whose run is not over: whoever is there goes on with it at once."""
    await put(transaction, held, {"lease_token": null(), "lease_until": null()}, {})


def well() -> dict[str, Any]:
    """It does not fail, whatever it did before."""
    return {"failures": 0, "failing_since": null(), "last_error": null()}


def left() -> dict[str, Any]:
    """Nobody holds it until it is due again."""
    return {"next_poll_at": after(WAIT), "lease_token": null(), "lease_until": null()}


async def put(transaction: Transaction, held: Held, values: Mapping[str, Any], bound: Mapping[str, object]) -> None:
    """Change columns of an upstream that is ours."""
    mine = (upstream_feeds.c.id == held.id) & (upstream_feeds.c.lease_token == held.token)
    await transaction.execute(update(upstream_feeds).where(mine).values(**values), dict(bound))


async def statuses(transaction: Transaction) -> list[Status]:
    """Every upstream, by name."""
    columns = upstream_feeds.c
    many = select(func.count()).where(collected_usage.c.source == columns.name).scalar_subquery()
    told = (columns.watermark, columns.failing_since, columns.last_error)
    found = select(columns.name, columns.url, columns.is_active, many, *told).order_by(columns.name)
    return [Status(*row) for row in await transaction.execute(found)]
