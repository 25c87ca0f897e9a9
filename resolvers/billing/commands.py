"""Commands on what an organization pays: begin a checkout, and open the portal."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING

from db.billing import payers, plans
from db.billing.payers import Organization
from db.billing.plans import Priced
from db.billing.subscriptions import STANDING
from resolvers.billing.counter import counter_of, payments_of
from resolvers.billing.following import follow
from resolvers.billing.mistakes import declined_mistake
from resolvers.billing.organizations import (
    MANAGE,
    UNDER_WAY,
    alone,
    customer_of,
    digest,
    known_customer,
    organization_of,
    payer_of,
)
from resolvers.billing.promotions import good_promotion, misfit
from resolvers.billing.readings import CHOICE, PROMOTION
from resolvers.billing.returns import return_to
from resolvers.billing.told import Declined, Promotion, Session
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import allowed, outside_of
from resolvers.payments import Payments

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams, SessionCreateParamsSubscriptionData

    from resolvers.billing.stripe_client import Stripe

# Stripe takes no end of a trial that is nearer than two days; an hour more is for whoever takes long to pay.
LEAST_TRIAL = timedelta(days=2, hours=1)

PLAN_UNKNOWN = Mistake(("planCode",), "PLAN_UNKNOWN", "There is no such plan. `subscriptionPlans` lists them.")
PLAN_UNPRICED = Mistake(("planCode",), "PLAN_NOT_FOR_SALE", "This plan cannot be paid online: ask the operator for it.")
STANDS = Mistake(
    ("planCode",),
    "SUBSCRIPTION_STANDS",
    "The organization subscribes already. Change or end that in the billing portal.",
)
KEPT_PROMO_GONE = "The promotion code that was kept for you is not good any more, and was let go of. Begin again."
NOBODY_PAYS = Mistake(
    ("organizationCode",), "NOTHING_PAID", "The organization has paid nothing yet: begin with a checkout."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a checkout is for, and where the browser goes from there; None is this server's own address."""

    plan_code: str
    promo_code: str | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    organization_code: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a checkout is for, when all of it is known."""

    plan: Priced
    success_url: str
    cancel_url: str
    trial_ends_at: datetime | None
    promotion: Promotion | None = None

    @property
    def digest(self) -> str:
        """The same for the same choice."""
        promotion = None if self.promotion is None else self.promotion.id
        return digest(self.plan.price_id, promotion, self.success_url, self.cancel_url, self.trial_ends_at)


async def begin_checkout(request: Request, wanted: Wanted) -> Session | list[Mistake]:
    """Begin a checkout at Stripe, or go on with the one that was begun for the same; gives the mistakes, and then none.

    Those that were begun for something else can be paid no more: an organization subscribes once.
    """
    viewer, outside = allowed(request, MANAGE, "Mutation.createCheckoutSession"), outside_of(request)
    plan = await plan_of(request, wanted.plan_code)
    if plan is None:
        return [PLAN_UNKNOWN]
    organization = await organization_of(request, viewer, wanted.organization_code)
    if isinstance(organization, Mistake):
        return [organization]
    choice = chosen(request, payments_of(outside), wanted, plan, organization)
    if isinstance(choice, list):
        return choice
    counter = await counter_of(outside)
    async with alone(request.database, organization.id, request.now) as is_alone:
        return await begun(request, counter, organization, choice, wanted.promo_code) if is_alone else [UNDER_WAY]


async def plan_of(request: Request, code: str) -> Priced | None:
    """The plan with a code."""
    async with request.database.writing() as transaction:
        return next((plan for plan in await plans.every(transaction) if plan.code == code), None)


def chosen(
    request: Request, payments: Payments, wanted: Wanted, plan: Priced, organization: Organization
) -> Choice | list[Mistake]:
    """What a checkout is for, but for the promotion code; gives the mistakes, and then nothing."""
    if plan.price_id is None:
        return [PLAN_UNPRICED]
    back = return_to(payments, request.tool, "successUrl", wanted.success_url)
    away = return_to(payments, request.tool, "cancelUrl", wanted.cancel_url)
    if isinstance(back, Mistake) or isinstance(away, Mistake):
        return [one for one in (back, away) if isinstance(one, Mistake)]
    return Choice(plan, back, away, trial_of(organization, request.now))


def trial_of(organization: Organization, now: datetime) -> datetime | None:
    """When a trial ends that is not used up: until then nothing is to be paid."""
    ends_at = organization.trial_ends_at
    return ends_at if ends_at is not None and ends_at > now + LEAST_TRIAL else None


async def begun(
    request: Request, counter: "Stripe", organization: Organization, choice: Choice, promo_code: str | None
) -> Session | list[Mistake]:
    """A checkout for an organization that is held; gives the mistakes, and then none."""
    try:
        told = await follow(request.database, counter, organization.id, request.now)
        if any(one.status in STANDING for one in told or ()):
            return [STANDS]
        promotion = await promotion_for(request, counter, organization, choice.plan, promo_code)
        if isinstance(promotion, Mistake):
            return [promotion]
        customer = await customer_of(request.database, counter, organization)
        session = await session_of(counter, organization, customer, replace(choice, promotion=promotion))
    except Declined as declined:
        return [declined_mistake(declined, "planCode")]
    # Under an Idempotency-Key this was it.
    async with request.writing():
        return session


async def promotion_for(
    request: Request, counter: "Stripe", organization: Organization, plan: Priced, code: str | None
) -> Promotion | Mistake | None:
    """The promotion code that a checkout brings along: the one that is named, else the one that was kept for it."""
    payer = await payer_of(request.database, organization.id)
    wanted = payer.promotion_code if code is None else code
    if wanted is None:
        return None
    found = await good_promotion(request.database, counter, organization, wanted, "promoCode", request.now)
    if isinstance(found, Mistake) and code is None:
        async with request.database.writing() as transaction:
            await payers.change(transaction, organization.id, {"promotion_code": None})
        return replace(found, message=KEPT_PROMO_GONE)
    if isinstance(found, Mistake):
        return found
    return misfit(found, plan, "promoCode") or found


async def session_of(counter: "Stripe", organization: Organization, customer: str, choice: Choice) -> Session:
    """The open checkout for this choice, a new one where there is none; all others are closed before."""
    same = None
    for one in await counter.open_sessions(customer):
        if one.choice == choice.digest and same is None:
            same = one
        else:
            await counter.expire(one.id)
    if same is not None:
        return same
    return await counter.checkout(checkout_form(organization, customer, choice), f"kakehashi-checkout-{token_hex(16)}")


def checkout_form(organization: Organization, customer: str, choice: Choice) -> "SessionCreateParams":
    """What Stripe is asked for."""
    metadata = {"organization": organization.code}
    subscription: SessionCreateParamsSubscriptionData = {"metadata": metadata}
    form: SessionCreateParams = {
        "mode": "subscription",
        "customer": customer,
        "client_reference_id": organization.code,
        "line_items": [{"price": str(choice.plan.price_id), "quantity": 1}],
        "success_url": choice.success_url,
        "cancel_url": choice.cancel_url,
        "metadata": {**metadata, CHOICE: choice.digest},
        "subscription_data": subscription,
    }
    if choice.trial_ends_at is not None:
        subscription["trial_end"] = int(choice.trial_ends_at.timestamp())
    if choice.promotion is not None:
        form["discounts"] = [{"promotion_code": choice.promotion.id}]
        subscription["metadata"] = {**metadata, PROMOTION: choice.promotion.id}
    return form


async def open_portal(request: Request, return_url: str | None, organization_code: str | None) -> str | list[Mistake]:
    """The address of Stripe's pages in which an organization manages what it pays; gives the mistakes, or that."""
    viewer, outside = allowed(request, MANAGE, "Mutation.createPortalSession"), outside_of(request)
    organization = await organization_of(request, viewer, organization_code)
    if isinstance(organization, Mistake):
        return [organization]
    back = return_to(payments_of(outside), request.tool, "returnUrl", return_url)
    if isinstance(back, Mistake):
        return [back]
    customer = await known_customer(request.database, organization.id)
    if customer is None:
        return [NOBODY_PAYS]
    counter = await counter_of(outside)
    try:
        return await counter.portal(customer, back)
    except Declined as declined:
        return [declined_mistake(declined, "organizationCode")]
