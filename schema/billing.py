"""The plans that organizations may subscribe to."""

import datetime
import enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from db.billing.tables import subscription_plans, subscriptions
from resolvers import scopes
from resolvers.billing.commands import Wanted, begin_checkout, open_portal
from resolvers.billing.promotions import Applied, apply_promotion
from resolvers.context import Request
from resolvers.engine.declare import Reading
from resolvers.policy import Operation
from schema.declare import column, extends, first, global_id, mapped, needs, one, root_many
from schema.mistakes import UserError, user_errors
from schema.moments import printed
from schema.nodes import Node
from schema.organizations import Organization

MENDING = "What to mend; then nothing was changed."


@mapped(
    subscription_plans, scope=scopes.all_rows, key=("code",), description="A plan that organizations may subscribe to."
)
class SubscriptionPlan:
    code: str = column("Code, such as pro.")
    name: str = column("Name.")
    price_minor: int | None = column("Price in the smallest unit of the currency; null where a contract says it.")
    currency: str = column("Currency, such as JPY.")
    interval: str = column("How often it is paid: month or year.")
    rate_limit_per_minute: int | None = column(
        "Requests a minute for each API token; null where a contract says how many."
    )


@strawberry.enum(description="How it stands with a subscription, in Stripe's words.")
class SubscriptionStatus(enum.Enum):
    ACTIVE = strawberry.enum_value("active", description="It is paid: the plan holds.")
    TRIALING = strawberry.enum_value("trialing", description="Its trial runs: the plan holds.")
    PAST_DUE = strawberry.enum_value("past_due", description="A payment failed and is tried again: the plan holds.")
    UNPAID = strawberry.enum_value("unpaid", description="Payments failed and are tried no more.")
    PAUSED = strawberry.enum_value("paused", description="Its trial ended, and nothing was given to pay with.")
    INCOMPLETE = strawberry.enum_value("incomplete", description="The first payment has not come yet.")
    CANCELED = strawberry.enum_value("canceled", description="It ended.")
    INCOMPLETE_EXPIRED = strawberry.enum_value(
        "incomplete_expired", description="The first payment did not come within a day."
    )


@mapped(
    subscriptions,
    scope=scopes.billing_rows,
    node=Reading(Operation.BILLING),
    description="What an organization subscribes to, as Stripe said last.",
)
class BillingSubscription(Node):
    id: strawberry.ID = global_id("BillingSubscription")
    legacy_id: int = column("Its number.", "id")
    status: SubscriptionStatus = column("How it stands with it.")
    started_at: datetime.datetime = column("When it began.")
    trial_ends_at: datetime.datetime | None = column("When its trial ends or ended; null where it has none.")
    current_period_end: datetime.datetime | None = column(
        "When what is paid for ends, and the next payment is due.", "current_period_ends_at"
    )
    cancel_at: datetime.datetime | None = column("When it will end, where somebody ended it; null while it goes on.")
    ended_at: datetime.datetime | None = column("When it ended; null while it has not.")
    updated_at: datetime.datetime = column("When something of it changed here.")
    plan: SubscriptionPlan | None = one(
        "The plan; null where it is paid by a price that is of no plan here.", key="plan_code", match="code"
    )
    organization: Organization | None = one("Whose it is.", key="organization_id", operation=Operation.ORGANIZATIONS)


@extends(Organization)
class OrganizationBilling:
    subscription: BillingSubscription | None = first(
        "What the organization subscribes to: what grants a plan before what does not, and the newest; null where it"
        " never subscribed to anything.",
        key="id",
        match="organization_id",
        order=("precedence", "id"),
        operation=Operation.BILLING,
    )


@strawberry.type(description="A checkout at Stripe.")
class CheckoutSession:
    id: str = strawberry.field(description="Stripe's id of it.")
    url: str | None = strawberry.field(description="Where to send the browser, to pay.")


@strawberry.type(description="What came of beginning a checkout.")
class CheckoutSessionPayload:
    session: CheckoutSession | None = strawberry.field(description="The checkout; null where there is none.")
    user_errors: list[UserError] = strawberry.field(description=MENDING)


@strawberry.type(description="Stripe's pages in which an organization manages what it pays.")
class PortalSession:
    url: str = strawberry.field(description="Where to send the browser; it is good for some minutes.")


@strawberry.type(description="What came of opening the billing portal.")
class PortalSessionPayload:
    session: PortalSession | None = strawberry.field(description="The portal; null where there is none.")
    user_errors: list[UserError] = strawberry.field(description=MENDING)


@strawberry.type(description="A promotion code that is good.")
class Promotion:
    code: str = strawberry.field(description="The code, as Stripe writes it.")
    percent_off: float | None = strawberry.field(description="How many percent it takes off; null for an amount.")
    amount_off_minor: int | None = strawberry.field(
        description="What it takes off, in the smallest unit of the currency; null for a percentage."
    )
    currency: str | None = strawberry.field(description="The currency of that amount, such as JPY.")
    expires_at: datetime.datetime | None = strawberry.field(description="Until when it is good; null without an end.")
    is_used: bool = strawberry.field(
        description="Whether it was given to what the organization subscribes to; else the next checkout has it."
    )


@strawberry.type(description="What came of using a promotion code.")
class ApplyPromoPayload:
    promotion: Promotion | None = strawberry.field(description="The promotion code; null where it is not good.")
    user_errors: list[UserError] = strawberry.field(description=MENDING)


WHOSE = strawberry.argument(
    description="Code of the organization (組織コード) that pays: your own unless told. Whoever operates the system"
    " must tell it."
)
BACK = (
    " An address of this server, or of an origin that its operator listed; this server's own unless told. For https"
    " alone, unless the operator listed another one."
)


@strawberry.type
class BillingQueries:
    subscription_plans: list[SubscriptionPlan] = root_many(
        "The plans, the smallest first; for everyone, also without a token.", order=("seq",), public=True
    )


@strawberry.type
class BillingMutations:
    @strawberry.mutation(
        description="Begin to subscribe to a plan: at Stripe, where the browser goes next. What was begun before for"
        " something else can be paid no more. Who subscribes already changes that in the portal.",
        metadata=needs(Operation.MANAGE_BILLING),
    )
    async def create_checkout_session(
        self,
        info: Info[Request, None],
        *,
        plan_code: Annotated[str, strawberry.argument(description="Code of the plan, such as pro.")],
        promo_code: Annotated[
            str | None,
            strawberry.argument(description="A promotion code; the one that `applyPromo` kept unless told."),
        ] = None,
        success_url: Annotated[
            str | None, strawberry.argument(description=f"Where the browser goes when all is paid.{BACK}")
        ] = None,
        cancel_url: Annotated[
            str | None, strawberry.argument(description=f"Where it goes when nothing was paid.{BACK}")
        ] = None,
        organization_code: Annotated[str | None, WHOSE] = None,
    ) -> CheckoutSessionPayload:
        made = await begin_checkout(
            info.context, Wanted(plan_code, promo_code, success_url, cancel_url, organization_code)
        )
        if isinstance(made, list):
            return CheckoutSessionPayload(session=None, user_errors=user_errors(made))
        return CheckoutSessionPayload(session=CheckoutSession(id=made.id, url=made.url), user_errors=[])

    @strawberry.mutation(
        description="Open the pages in which an organization manages what it pays: cards, invoices, plan, end.",
        metadata=needs(Operation.MANAGE_BILLING),
    )
    async def create_portal_session(
        self,
        info: Info[Request, None],
        *,
        return_url: Annotated[
            str | None, strawberry.argument(description=f"Where the browser goes from there.{BACK}")
        ] = None,
        organization_code: Annotated[str | None, WHOSE] = None,
    ) -> PortalSessionPayload:
        made = await open_portal(info.context, return_url, organization_code)
        if isinstance(made, list):
            return PortalSessionPayload(session=None, user_errors=user_errors(made))
        return PortalSessionPayload(session=PortalSession(url=made), user_errors=[])

    @strawberry.mutation(
        description="Use a promotion code: what the organization subscribes to costs less from now on, or its next"
        " checkout has it. Each organization uses a code once.",
        metadata=needs(Operation.MANAGE_BILLING),
    )
    async def apply_promo(
        self,
        info: Info[Request, None],
        *,
        code: Annotated[str, strawberry.argument(description="The code.")],
        organization_code: Annotated[str | None, WHOSE] = None,
    ) -> ApplyPromoPayload:
        made = await apply_promotion(info.context, code, organization_code)
        if isinstance(made, list):
            return ApplyPromoPayload(promotion=None, user_errors=user_errors(made))
        return ApplyPromoPayload(promotion=promotion_of(info.context, made), user_errors=[])


def promotion_of(request: Request, applied: Applied) -> Promotion:
    """A promotion code as the graph shows it."""
    found = applied.promotion
    return Promotion(
        code=found.code,
        percent_off=found.percent_off,
        amount_off_minor=found.amount_off_minor,
        currency=found.currency,
        expires_at=printed(found.expires_at, request),
        is_used=applied.is_used,
    )
