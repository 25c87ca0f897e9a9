"""What Stripe says, as plain things: the rules know nothing else of it."""

from datetime import datetime
from typing import NamedTuple


class Declined(Exception):
    """Stripe takes a request not as it is: which of its parameters is wrong, where it says so, and why."""

    def __init__(self, message: str, *, parameter: str | None, code: str | None) -> None:
        super().__init__(message)
        self.message = message
        self.parameter = parameter
        self.code = code


class WrongEvent(Exception):
    """What came is no event that Stripe signed a moment ago."""


class Session(NamedTuple):
    """A checkout at Stripe; `choice` is the digest of what it was begun for."""

    id: str
    url: str | None
    choice: str | None


class Price(NamedTuple):
    """A price at Stripe; `interval` is None for one that is paid once."""

    id: str
    is_active: bool
    amount_minor: int | None
    currency: str
    interval: str | None
    interval_count: int


class Promotion(NamedTuple):
    """A promotion code at Stripe: what it takes off, and for whom and how long it is good."""

    id: str
    code: str
    percent_off: float | None
    amount_off_minor: int | None
    currency: str | None
    customer_id: str | None
    expires_at: datetime | None
    # Whether its coupon is good still, and whether it may be used once more.
    is_valid: bool
    is_left: bool
    for_first_time: bool
    minimum_minor: int | None
    minimum_currency: str | None


class Event(NamedTuple):
    """An event that Stripe signed: its name, what happened, and to which customer."""

    id: str
    type: str
    customer_id: str | None
