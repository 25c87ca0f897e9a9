"""The way to Stripe, where this server has one.

Stripe's SDK takes seconds to load, which nobody should wait for who pays nothing: it is loaded in a thread, when it is
needed for the first time. Nothing else is imported so.
"""

import asyncio
import importlib
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

from resolvers.billing.told import Event
from resolvers.egress.client import Egress
from resolvers.errors import NotConfigured
from resolvers.outside import Outside
from resolvers.payments import Payments

if TYPE_CHECKING:
    from resolvers.billing.stripe_client import Stripe

NO_KEY = "Billing is not configured: set KAKEHASHI_STRIPE_KEY."
NO_SECRET = "Stripe's events are not configured: set KAKEHASHI_STRIPE_WEBHOOK_SECRET."  # noqa: S105  # names it only


def payments_of(outside: Outside) -> Payments:
    """How Stripe is reached; raises NotConfigured where it is not."""
    if outside.payments is None:
        raise NotConfigured(NO_KEY, reason="billing_not_configured")
    return outside.payments


async def counter_of(outside: Outside) -> "Stripe":
    """Stripe, ready to be asked; raises NotConfigured."""
    return await asyncio.to_thread(opened, outside.egress, payments_of(outside))


async def signed_event(outside: Outside, body: bytes, signature: str | None) -> Event:
    """The event in a body that Stripe signed a moment ago; raises WrongEvent, and NotConfigured."""
    secret = payments_of(outside).webhook_secret
    if secret is None:
        raise NotConfigured(NO_SECRET, reason="billing_events_not_configured")
    return await asyncio.to_thread(verified, body, signature, secret)


def opened(egress: Egress, payments: Payments) -> "Stripe":
    """Stripe."""
    kind: type[Stripe] = loaded().Stripe
    return kind(egress, payments)


def verified(body: bytes, signature: str | None, secret: str) -> Event:
    """The event in a body that is signed; raises WrongEvent."""
    event_of: Callable[[bytes, str | None, str], Event] = loaded().event_of
    return event_of(body, signature, secret)


def loaded() -> ModuleType:
    """The module that has the SDK."""
    return importlib.import_module("resolvers.billing.stripe_client")
