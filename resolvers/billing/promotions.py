"""Promotion codes: Stripe keeps them, and here each organization uses each of them once."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from db.billing import payers, promotions, subscriptions
from db.billing.payers import Organization
from db.billing.plans import Priced
from db.billing.subscriptions import GRANTING
from db.connections.database import Database
from resolvers.billing.counter import counter_of
from resolvers.billing.following import NEVER_BEGAN, follow
from resolvers.billing.mistakes import declined_mistake
from resolvers.billing.organizations import MANAGE, UNDER_WAY, alone, organization_of, payer_of
from resolvers.billing.told import Declined, Promotion
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import allowed, outside_of

if TYPE_CHECKING:
    from resolvers.billing.stripe_client import Stripe

# Stripe's own letters, and how many of them it takes.
FORM = re.compile(r"[A-Za-z0-9-]{1,200}")
NO_CODE = ("PROMO_FORM", "A promotion code has from 1 to 200 letters, digits and dashes.")


@dataclass(frozen=True, slots=True)
class Applied:
    """A promotion code that is good; `is_used` where it was given to what is subscribed to, else it is kept."""

    promotion: Promotion
    is_used: bool


async def apply_promotion(request: Request, code: str, organization_code: str | None) -> Applied | list[Mistake]:
    """Use a promotion code for what an organization subscribes to, or keep it for its next checkout.

    Gives the mistakes, and then nothing was changed.
    """
    viewer = allowed(request, MANAGE, "Mutation.applyPromo")
    if not FORM.fullmatch(code.strip()):
        return [mistake("code", *NO_CODE)]
    found = await organization_of(request, viewer, organization_code)
    if isinstance(found, Mistake):
        return [found]
    counter = await counter_of(outside_of(request))
    async with alone(request.database, found.id, request.now) as is_alone:
        if not is_alone:
            return [UNDER_WAY]
        try:
            return await applied(request, counter, found, code)
        except Declined as declined:
            return [declined_mistake(declined, "code")]


async def applied(
    request: Request, counter: "Stripe", organization: Organization, code: str
) -> Applied | list[Mistake]:
    """Use or keep a promotion code of an organization that is held. Raises Declined."""
    told = await follow(request.database, counter, organization.id, request.now)
    good = await good_promotion(request.database, counter, organization, code, "code", request.now)
    if isinstance(good, Mistake):
        return [good]
    standing = next((one for one in told or () if one.status in GRANTING), None)
    if standing is None:
        async with request.writing() as transaction:
            await payers.change(transaction, organization.id, {"promotion_code": good.code})
        return Applied(good, is_used=False)
    if standing.is_discounted:
        return [mistake("code", "PROMO_STANDS", "What you subscribe to has a discount, and takes no second one.")]
    await counter.discount(standing.stripe_id, good.id)
    async with request.writing() as transaction:
        await promotions.redeem(transaction, organization.id, good.id, request.now)
    return Applied(good, is_used=True)


async def good_promotion(
    database: Database, counter: "Stripe", organization: Organization, code: str, field: str, now: datetime
) -> Promotion | Mistake:
    """A promotion code that the organization may use; else the mistake in this argument. Raises Declined."""
    wanted = code.strip()
    if not FORM.fullmatch(wanted):
        return mistake(field, *NO_CODE)
    payer = await payer_of(database, organization.id)
    mine = [one for one in await counter.promotions(wanted) if one.customer_id in (None, payer.customer_id)]
    # One that was made for this customer alone comes first.
    found = next(iter(sorted(mine, key=lambda one: one.customer_id is None)), None)
    if found is None or not found.is_valid or (found.expires_at is not None and found.expires_at <= now):
        return mistake(field, "PROMO_INVALID", "There is no such promotion code, or it is not good any more.")
    async with database.writing() as transaction:
        is_redeemed = await promotions.is_redeemed(transaction, organization.id, found.id)
        known = await subscriptions.known(transaction, organization.id)
    if is_redeemed or not found.is_left:
        return mistake(field, "PROMO_SPENT", "This promotion code has been used up.")
    if found.for_first_time and any(row["status"] not in NEVER_BEGAN for row in known.values()):
        return mistake(field, "PROMO_FIRST_TIME", "This promotion code is for who subscribes for the first time.")
    return found


def misfit(promotion: Promotion, plan: Priced, field: str) -> Mistake | None:
    """Why a promotion code is nothing for a plan; None where it is."""
    if promotion.currency not in (None, plan.currency):
        return mistake(field, "PROMO_CURRENCY", f"This promotion code is for prices in {promotion.currency}.")
    least, price = promotion.minimum_minor, plan.price_minor
    if least is not None and promotion.minimum_currency == plan.currency and price is not None and price < least:
        return mistake(field, "PROMO_MINIMUM", "This promotion code is for plans that cost more.")
    return None


def mistake(field: str, code: str, message: str) -> Mistake:
    """A mistake in an argument."""
    return Mistake((field,), code, message)
