"""Tables of webhooks: where to tell what happens, with which secrets, and what was told."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    delete,
    false,
    func,
    insert,
    select,
    text,
    true,
    update,
)

from db.base import Id, Key, Moment, metadata
from db.connections.database import Transaction
from db.predicates import Condition, Predicate

SCHEDULES = ("short", "long")
STATUSES = ("pending", "delivered", "failed", "dead", "skipped")

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Id, primary_key=True),
    # NULL for those of system operators.
    Column("organization_id", ForeignKey("organizations.id")),
    # Whoever made it: it tells what this person may hear of, and no more than the token that made it.
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("abilities", JSON(none_as_null=True)),
    Column("url", Text, nullable=False),
    Column("events", JSON, nullable=False),
    # A GraphQL subscription that shapes what is told; without one it is thin.
    Column("document", Text),
    Column("ordered", Boolean, nullable=False, server_default=false()),
    Column("schedule", Text, nullable=False, server_default="short"),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("disabled_reason", Text),
    Column("failing_since", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # Which process delivers to it now.
    Column("lease_token", Text),
    Column("lease_until", Moment),
    CheckConstraint(f"schedule in {SCHEDULES}", name="schedule"),
    Index(None, "organization_id", "id"),
    # SQLite would give the number of a deleted webhook again.
    sqlite_autoincrement=True,
)

# Sealed, as they sign what is sent. The last one signs; one before it signs beside it until it ends.
webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ends_at", Moment),
    Index(None, "webhook_id", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("organization_id", ForeignKey("organizations.id")),
    Column("event_id", Key, nullable=False),
    Column("event_type", Text, nullable=False),
    # The number of the event in the outbox; NULL for a ping, which is told to one webhook alone.
    Column("event_seq", BigInteger),
    Column("occurred_at", Moment, nullable=False),
    # Where to, in place of the webhook's own address.
    Column("url", Text),
    # The delivery that this one repeats, or 0 where there was none; NULL for the first one.
    Column("replay_of", BigInteger),
    Column("status", Text, nullable=False),
    Column("attempt_count", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Moment),
    # Made once, so that every attempt sends the same bytes.
    Column("body", LargeBinary),
    Column("response_code", Integer),
    Column("duration_ms", Integer),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    # Who is sending it now.
    Column("lease_token", Text),
    CheckConstraint(f"status in {STATUSES}", name="status"),
    CheckConstraint("(status in ('pending', 'failed')) = (finished_at is null)", name="finished"),
    Index(
        "uq_deliveries_event",
        "webhook_id",
        "event_id",
        unique=True,
        postgresql_where=text("replay_of is null"),
        sqlite_where=text("replay_of is null"),
    ),
    Index(
        "ix_deliveries_due",
        "webhook_id",
        "next_attempt_at",
        "id",
        postgresql_where=text("finished_at is null"),
        sqlite_where=text("finished_at is null"),
    ),
    Index(None, "webhook_id", "id"),
    Index(None, "finished_at"),
    sqlite_autoincrement=True,
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("delivery_id", ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sent_at", Moment, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    # NULL where no whole answer came; then `error` says why.
    Column("response_code", Integer),
    Column("error", Text),
    Column("response_headers", JSON),
    Column("response_body", Text),
)


async def add(transaction: Transaction, values: Mapping[str, object], *, sealed: bytes, now: datetime) -> int:
    """Keep a webhook and its first secret; gives its number."""
    row = insert(webhooks).values(**values, created_at=now, updated_at=now).returning(webhooks.c.id)
    id_ = int((await transaction.execute(row)).scalar_one())
    await transaction.execute(insert(webhook_secrets).values(webhook_id=id_, sealed=sealed, created_at=now))
    return id_


async def count(transaction: Transaction, owner_id: int | None) -> int:
    """How many webhooks somebody has."""
    found = select(func.count()).select_from(webhooks).where(webhooks.c.owner_id == owner_id)
    return int((await transaction.execute(found)).scalar_one())


async def locked(transaction: Transaction, id_: int, within: Condition) -> Mapping[str, object] | None:
    """A webhook among those that a condition lets through, locked until the end; None where there is none."""
    one = select(webhooks).where(webhooks.c.id == id_, within).with_for_update()
    found = (await transaction.execute(one)).mappings().first()
    return None if found is None else dict(found)


def seen_statement(within: Predicate) -> Select[tuple[int]]:
    """The numbers of webhooks that a condition lets through."""
    return select(webhooks.c.id).where(within(webhooks.c))


async def change(transaction: Transaction, id_: int, values: Mapping[str, object], now: datetime) -> None:
    """Change columns of a webhook."""
    await transaction.execute(update(webhooks).where(webhooks.c.id == id_).values(**values, updated_at=now))


async def remove(transaction: Transaction, id_: int) -> None:
    """Remove a webhook with its secrets, its deliveries and their attempts."""
    await transaction.execute(delete(webhooks).where(webhooks.c.id == id_))


async def rotate(transaction: Transaction, id_: int, *, sealed: bytes, now: datetime, until: datetime) -> None:
    """A new secret signs from now on; the one before it does so too until then, and older ones end now."""
    of_it = webhook_secrets.c.webhook_id == id_
    newest = select(webhook_secrets.c.id).where(of_it).order_by(webhook_secrets.c.id.desc()).limit(1).scalar_subquery()
    await transaction.execute(delete(webhook_secrets).where(of_it, webhook_secrets.c.id < newest))
    await transaction.execute(update(webhook_secrets).where(of_it).values(ends_at=until))
    await transaction.execute(insert(webhook_secrets).values(webhook_id=id_, sealed=sealed, created_at=now))


async def secrets_of(transaction: Transaction, ids: Sequence[int], now: datetime) -> list[tuple[int, bytes]]:
    """The sealed secrets that sign now for some webhooks, with the webhook's number; of each the newest first."""
    columns = webhook_secrets.c
    good = columns.ends_at.is_(None) | (columns.ends_at > now)
    found = select(columns.webhook_id, columns.sealed).where(columns.webhook_id.in_(ids), good)
    rows = await transaction.execute(found.order_by(columns.id.desc()))
    return [(row.webhook_id, bytes(row.sealed)) for row in rows]
