"""Plans and the prices that Stripe asks for them."""

from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from db.billing.tables import subscription_plans
from db.connections.database import Transaction

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


async def put_price(transaction: Transaction, code: str, price_id: str | None) -> bool:
    """Have a plan paid by a price of Stripe, or by none; False where the price is another plan's already."""
    changed = update(subscription_plans).where(plans.code == code).values(stripe_price_id=price_id)
    try:
        async with transaction.begin_nested():
            await transaction.execute(changed)
    except IntegrityError:
        return False
    return True
