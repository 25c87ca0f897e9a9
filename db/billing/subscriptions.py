"""What organizations subscribe to: as Stripe said last."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update

from db.billing.tables import subscriptions
from db.connections.database import Transaction

# As long as one of these stands, another one may not be begun.
GRANTING = ("active", "trialing", "past_due")
STANDING = (*GRANTING, "unpaid", "paused", "incomplete")

columns = subscriptions.c


class Told(NamedTuple):
    """A subscription as Stripe tells it; `promotion_id` is the promotion code that its checkout brought along."""

    stripe_id: str
    price_ids: tuple[str, ...]
    status: str
    started_at: datetime
    trial_started_at: datetime | None
    trial_ends_at: datetime | None
    current_period_ends_at: datetime | None
    cancel_at: datetime | None
    ended_at: datetime | None
    promotion_id: str | None
    is_discounted: bool


async def known(transaction: Transaction, organization_id: int) -> dict[str, Mapping[str, object]]:
    """What an organization subscribes to or did, by Stripe's names."""
    found = await transaction.execute(select(subscriptions).where(columns.organization_id == organization_id))
    return {str(row["stripe_id"]): dict(row) for row in found.mappings()}


async def add(transaction: Transaction, values: Mapping[str, object], now: datetime) -> int:
    """Keep a subscription; gives its number."""
    made = insert(subscriptions).values(**values, created_at=now, updated_at=now).returning(columns.id)
    return int((await transaction.execute(made)).scalar_one())


async def change(transaction: Transaction, id_: int, values: Mapping[str, object], now: datetime) -> None:
    """Change a subscription."""
    await transaction.execute(update(subscriptions).where(columns.id == id_).values(**values, updated_at=now))
