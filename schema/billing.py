"""The plans that organizations may subscribe to."""

import strawberry

from db.billing.tables import subscription_plans
from resolvers import scopes
from schema.declare import column, mapped, root_many


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


@strawberry.type
class BillingQueries:
    subscription_plans: list[SubscriptionPlan] = root_many(
        "The plans, the smallest first; for everyone, also without a token.", order=("seq",), public=True
    )
