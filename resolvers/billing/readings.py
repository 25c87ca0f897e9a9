"""Reads what Stripe says, of the version of its API that the SDK is pinned to, and of older ones as far as they differ.

Older ones write a price as `plan`, and the end of a period into the subscription; local doubles do so too.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from db.billing.subscriptions import Told
from resolvers.billing.told import Event, Price, Promotion, Session

# Our own words in the metadata of what we make there.
CHOICE, PROMOTION = "choice", "promotion"

Given = Mapping[str, Any]


def told_in(given: Given) -> Told:
    """A subscription."""
    items = given["items"]["data"]
    ends = [at for item in items if (at := item.get("current_period_end"))]
    return Told(
        stripe_id=given["id"],
        price_ids=tuple((item.get("price") or item["plan"])["id"] for item in items),
        status=given["status"],
        started_at=instant(given["start_date"]),
        trial_started_at=maybe(given.get("trial_start")),
        trial_ends_at=maybe(given.get("trial_end")),
        current_period_ends_at=maybe(min(ends) if ends else given.get("current_period_end")),
        cancel_at=cancel_at(given, ends),
        ended_at=maybe(given.get("ended_at")),
        promotion_id=(given.get("metadata") or {}).get(PROMOTION),
        is_discounted=bool(given.get("discounts")),
    )


def cancel_at(given: Given, ends: Sequence[int]) -> datetime | None:
    """When a subscription will end; one that ends with its period may say that alone."""
    told = given.get("cancel_at")
    if told is None and given.get("cancel_at_period_end"):
        told = max(ends) if ends else given.get("current_period_end")
    return maybe(told)


def session_in(given: Given) -> Session:
    """A checkout."""
    return Session(given["id"], given.get("url"), (given.get("metadata") or {}).get(CHOICE))


def price_in(given: Given) -> Price:
    """A price."""
    recurring = given.get("recurring") or {}
    return Price(
        id=given["id"],
        is_active=given["active"],
        amount_minor=given.get("unit_amount"),
        currency=given["currency"].upper(),
        interval=recurring.get("interval"),
        interval_count=recurring.get("interval_count", 1),
    )


def promotion_in(given: Given) -> Promotion:
    """A promotion code with its coupon."""
    coupon, restrictions = given["promotion"]["coupon"], given["restrictions"]
    most, minimum = given.get("max_redemptions"), restrictions.get("minimum_amount_currency")
    return Promotion(
        id=given["id"],
        code=given["code"],
        percent_off=coupon.get("percent_off"),
        amount_off_minor=coupon.get("amount_off"),
        currency=upper(coupon.get("currency")),
        customer_id=given.get("customer"),
        expires_at=maybe(given.get("expires_at")),
        is_valid=bool(given["active"] and coupon["valid"]),
        is_left=most is None or given["times_redeemed"] < most,
        for_first_time=bool(restrictions.get("first_time_transaction")),
        minimum_minor=restrictions.get("minimum_amount"),
        minimum_currency=upper(minimum),
    )


def event_in(given: object) -> Event | None:
    """An event; None for what is none."""
    match given:
        case {"object": "event", "id": str(id_), "type": str(type_), "data": {"object": dict(about)}}:
            return Event(id_, type_, customer_in(about))
    return None


def customer_in(about: Given) -> str | None:
    """The customer whom an event is about."""
    found = about.get("id") if about.get("object") == "customer" else about.get("customer")
    named = found.get("id") if isinstance(found, dict) else found
    return named if isinstance(named, str) else None


def instant(at: int) -> datetime:
    """An instant as Stripe writes it: seconds."""
    return datetime.fromtimestamp(at, UTC)


def maybe(at: int | None) -> datetime | None:
    """An instant where there is one."""
    return None if at is None else instant(at)


def upper(currency: str | None) -> str | None:
    """A currency as we write it."""
    return None if currency is None else currency.upper()
