"""Stripe's events that were carried out."""

from datetime import datetime

from sqlalchemy import delete, select

from db.billing.tables import received_events
from db.connections.database import Database, Transaction
from db.predicates import parameter
from db.statements.statement import compiled
from db.upsert import dialect_insert


async def is_known(database: Database, stripe_id: str) -> bool:
    """Whether an event was carried out already."""
    found = select(received_events.c.type).where(received_events.c.stripe_id == parameter("event"))
    return bool(await database.fetch(compiled(found, database.dialect), {"event": stripe_id}))


async def add(transaction: Transaction, stripe_id: str, type_: str, now: datetime) -> None:
    """Keep that an event was carried out."""
    row = dialect_insert(transaction, received_events).values(stripe_id=stripe_id, type=type_, received_at=now)
    await transaction.execute(row.on_conflict_do_nothing(index_elements=["stripe_id"]))


async def forget(transaction: Transaction, *, before: datetime, most: int) -> int:
    """Forget events that were received before an instant, the oldest first; gives how many."""
    columns = received_events.c
    oldest = select(columns.stripe_id).where(columns.received_at < before).order_by(columns.received_at).limit(most)
    gone = delete(received_events).where(columns.stripe_id.in_(oldest))
    return (await transaction.execute(gone)).rowcount
