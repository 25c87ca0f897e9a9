"""Plans and the prices that Stripe asks for them."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from db.billing.tables import plan_prices, subscription_plans
from db.connections.database import Transaction
from db.upsert import dialect_insert

plans = subscription_plans.c


class Priced(NamedTuple):
    """A plan, what it costs by our own list, and the price at Stripe by which it is paid."""

    code: str
    name: str
    price_minor: int | None
    currency: str
    interval: str
    price_id: str | None


async def every(transaction: Transaction) -> list[Priced]:
    """All plans, the smallest first."""
    columns = (plans.code, plans.name, plans.price_minor, plans.currency, plans.interval, plans.stripe_price_id)
    found = await transaction.execute(select(*columns).order_by(plans.seq, plans.code))
    return [Priced(*row) for row in found]


async def by_price(transaction: Transaction) -> dict[str, str]:
    """The plan of each price by which one is or was sold."""
    found = await transaction.execute(select(plan_prices.c.price_id, plan_prices.c.plan_code))
    return {str(row.price_id): str(row.plan_code) for row in found}


async def put_price(transaction: Transaction, code: str, price_id: str | None, now: datetime) -> bool:
    """Sell a plan by a price of Stripe, or no more; False where the price is or was another plan's."""
    if price_id is not None:
        row = dialect_insert(transaction, plan_prices).values(price_id=price_id, plan_code=code, created_at=now)
        await transaction.execute(row.on_conflict_do_nothing(index_elements=["price_id"]))
        if (await by_price(transaction))[price_id] != code:
            return False
    await transaction.execute(update(subscription_plans).where(plans.code == code).values(stripe_price_id=price_id))
    return True
