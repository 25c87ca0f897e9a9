"""The price at Stripe by which a plan is paid: it has to be the one that the list of plans shows."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from db.billing import plans
from db.billing.plans import Priced
from db.connections.database import Database
from resolvers.billing.told import Declined, Price

if TYPE_CHECKING:
    from resolvers.billing.stripe_client import Stripe


class WrongPrice(Exception):
    """A price is none for a plan; the text says why."""


async def set_price(database: Database, counter: "Stripe", code: str, price_id: str) -> Priced:
    """Have a plan paid by a price of Stripe; raises WrongPrice, and CounterClosed."""
    plan = await plan_named(database, code)
    try:
        price = await counter.price(price_id)
    except Declined as declined:
        raise WrongPrice(declined.message) from None
    refuse_misfit(plan, price)
    async with database.writing() as transaction:
        if not await plans.put_price(transaction, code, price.id, datetime.now(UTC)):
            raise WrongPrice(f"{price.id} is another plan's, or was.")
    return plan


async def take_back(database: Database, code: str) -> Priced:
    """Have nobody subscribe to a plan from now on; who does goes on. Raises WrongPrice."""
    plan = await plan_named(database, code)
    async with database.writing() as transaction:
        await plans.put_price(transaction, code, None, datetime.now(UTC))
    return plan


async def plan_named(database: Database, code: str) -> Priced:
    """The plan with a code; raises WrongPrice."""
    async with database.writing() as transaction:
        known = {plan.code: plan for plan in await plans.every(transaction)}
    if code not in known:
        raise WrongPrice(f"There is no plan {code}: there are {', '.join(known)}.")
    return known[code]


def refuse_misfit(plan: Priced, price: Price) -> None:
    """Raise WrongPrice where people would pay something else than the list of plans says."""
    if not price.is_active:
        raise WrongPrice(f"{price.id} is archived at Stripe.")
    if price.interval != plan.interval or price.interval_count != 1:
        paid = "once" if price.interval is None else f"every {price.interval_count} {price.interval}"
        raise WrongPrice(f"{price.id} is paid {paid}, and {plan.code} each {plan.interval}.")
    asked, listed = (price.amount_minor, price.currency), (plan.price_minor, plan.currency)
    # A plan without a price of its own is sold as its contract says.
    if asked != listed and (plan.price_minor is not None or price.currency != plan.currency):
        shown = "another amount" if price.amount_minor is None else f"{price.amount_minor} {price.currency}"
        raise WrongPrice(f"{price.id} asks {shown}, and {plan.code} costs {plan.price_minor} {plan.currency}.")
