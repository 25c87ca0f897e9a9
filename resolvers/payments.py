"""How Stripe is reached, and where a browser may go when it comes back from there."""

from dataclasses import dataclass, field

API_BASE = "https://api.stripe.com"


@dataclass(frozen=True, slots=True)
class Payments:
    """What the operator set. Without a `webhook_secret` Stripe's events are not taken.

    `pages` are the origins of web pages to which Stripe's own pages may lead back.
    """

    key: str = field(repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    api_base: str = API_BASE
    pages: frozenset[str] = frozenset()
