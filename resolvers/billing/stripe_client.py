"""Stripe, asked by its own SDK, whose requests leave as all others do. Loading it takes seconds: see counter.py."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
import stripe
from stripe.params.checkout import SessionCreateParams

from db.billing.subscriptions import Told
from resolvers.billing.readings import event_in, price_in, promotion_in, session_in, told_in
from resolvers.billing.told import Declined, Event, Price, Promotion, Session, WrongEvent
from resolvers.egress.client import Egress, Failed, Refused
from resolvers.errors import CounterClosed
from resolvers.payments import Payments

# One request, and what of its answer is read. A request is sent once more where none came.
ATTEMPT_S, MOST_BYTES, RETRIES = 5.0, 2 * 1024 * 1024, 1
PAGE = 100
# An event that was signed longer ago may have been kept by somebody on its way.
TOLERANCE_S = 300
AGAIN_S, LATER_S = 2.0, 60.0
AWAY = "Stripe does not answer at the moment. Try again in a while."
NO_ENTRY = "Stripe does not take this server's key: its operator looks at KAKEHASHI_STRIPE_KEY."
UNKNOWN = "resource_missing"

log = logging.getLogger(__name__)

# How long requests take is told to nobody.
stripe.enable_telemetry = False


class Leaving(stripe.HTTPClient):
    """The SDK's way out: the product's own."""

    name = "kakehashi"

    def __init__(self, egress: Egress) -> None:
        super().__init__()
        self.egress = egress

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One request and its answer; APIConnectionError for none."""
        try:
            reply = await self.egress.send(
                method.upper(),
                url,
                headers=headers,
                body=(post_data or "").encode(),
                seconds=ATTEMPT_S,
                most_bytes=MOST_BYTES,
            )
        except (Refused, Failed) as problem:
            log.warning("Stripe was not reached: %s", problem)
            raise unanswered(str(problem), again=isinstance(problem, Failed)) from problem
        if reply.cut:
            raise unanswered(f"The answer has more than {MOST_BYTES} bytes.", again=False)
        return reply.body, reply.status, reply.headers

    def sleep_async(self, secs: float) -> Any:  # noqa: ANN401  # as the SDK declares it
        """Wait before a request is sent once more."""
        return asyncio.sleep(secs)


def unanswered(why: str, *, again: bool) -> stripe.APIConnectionError:
    """That there is no answer, as the SDK says it; whether it may ask once more."""
    return stripe.APIConnectionError(why, should_retry=again)  # type: ignore[no-untyped-call]  # as the SDK has it


class Stripe:
    """What we ask of Stripe. Each method raises Declined for what it takes not, and CounterClosed where it is away."""

    def __init__(self, egress: Egress, payments: Payments) -> None:
        self.client = stripe.StripeClient(
            payments.key,
            http_client=Leaving(egress),
            base_addresses={"api": payments.api_base},
            max_network_retries=RETRIES,
        )

    async def new_customer(self, name: str, organization_code: str, key: str) -> str:
        """A customer for an organization; the same for the same idempotency key."""
        with counted():
            made = await self.client.v1.customers.create_async(
                {"name": name, "metadata": {"organization": organization_code}}, {"idempotency_key": key}
            )
        return made.id

    async def subscriptions(self, customer_id: str) -> list[Told] | None:
        """Everything that a customer subscribes to or did; None where there is no such customer any more."""
        try:
            with counted():
                first = await self.client.v1.subscriptions.list_async(
                    {"customer": customer_id, "status": "all", "limit": PAGE}
                )
                return [told_in(one.to_dict()) async for one in first.auto_paging_iter()]
        except Declined as declined:
            if declined.code != UNKNOWN:
                raise
            return None

    async def open_sessions(self, customer_id: str) -> list[Session]:
        """Checkouts that a customer has begun and not ended."""
        with counted():
            found = await self.client.v1.checkout.sessions.list_async(
                {"customer": customer_id, "status": "open", "limit": PAGE}
            )
        return [session_in(one.to_dict()) for one in found.data]

    async def expire(self, session_id: str) -> None:
        """Have a checkout be begun no more. One that has just been ended stays what it is: Declined."""
        with counted():
            await self.client.v1.checkout.sessions.expire_async(session_id)

    async def checkout(self, wanted: SessionCreateParams, key: str) -> Session:
        """A new checkout; the same for the same idempotency key."""
        with counted():
            made = await self.client.v1.checkout.sessions.create_async(wanted, {"idempotency_key": key})
        return session_in(made.to_dict())

    async def portal(self, customer_id: str, return_url: str) -> str:
        """The address of the pages in which a customer manages what it pays."""
        with counted():
            made = await self.client.v1.billing_portal.sessions.create_async(
                {"customer": customer_id, "return_url": return_url}
            )
        return made.url

    async def promotions(self, code: str) -> list[Promotion]:
        """The promotion codes that are called so and switched on: one for everybody, and some for one customer each."""
        with counted():
            found = await self.client.v1.promotion_codes.list_async(
                {"code": code, "active": True, "limit": PAGE, "expand": ["data.promotion.coupon"]}
            )
        return [promotion_in(one.to_dict()) for one in found.data]

    async def discount(self, subscription_id: str, promotion_id: str) -> None:
        """Give what is subscribed to already the discount of a promotion code."""
        with counted():
            await self.client.v1.subscriptions.update_async(
                subscription_id, {"discounts": [{"promotion_code": promotion_id}]}
            )

    async def price(self, price_id: str) -> Price:
        """A price."""
        with counted():
            found = await self.client.v1.prices.retrieve_async(price_id)
        return price_in(found.to_dict())


def event_of(body: bytes, signature: str | None, secret: str) -> Event:
    """The event in a body that Stripe signed in the last five minutes; WrongEvent for anything else."""
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_S)
        found = event_in(orjson.loads(body))
    except (stripe.SignatureVerificationError, UnicodeDecodeError, orjson.JSONDecodeError):
        found = None
    if found is None:
        raise WrongEvent
    return found


@contextmanager
def counted() -> Iterator[None]:
    """What the SDK raises, in our own words; nothing that was sent is told to anybody."""
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError) as problem:
        message = problem.user_message or "Stripe does not take this."
        raise Declined(message, parameter=problem.param, code=problem.code) from None
    except (stripe.AuthenticationError, stripe.PermissionError) as problem:
        log.error("Stripe refused the key (%s).", problem.request_id)
        raise CounterClosed(NO_ENTRY, reason="stripe_key_refused", retry_after_s=LATER_S) from None
    except stripe.StripeError as problem:
        log.warning("Stripe did not answer: %s (%s).", type(problem).__name__, problem.request_id)
        raise CounterClosed(AWAY, reason="stripe_away", retry_after_s=again_in(problem)) from None


def again_in(problem: stripe.StripeError) -> float:
    """In how many seconds to ask again: as Stripe says, else soon."""
    told = (problem.headers or {}).get("retry-after", "")
    return min(float(told), LATER_S) if told.isdecimal() else AGAIN_S
