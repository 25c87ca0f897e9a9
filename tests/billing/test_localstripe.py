"""Subscriptions and signed events by localstripe, which others wrote: what it tells, twice, and out of order."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from db.organizations import organizations
from jobs.billing.keeping import reconcile_payments
from tests.billing.local_stripe import LocalStripe, local_stripe
from tests.billing.paying import CODE, PLAIN, SECRET, Paying, paying
from tests.clients.packages import Missing
from tests.egress.receiver import Receiver, receiving
from tests.webhooks.hooks import until

CREATED, DELETED = "customer.subscription.created", "customer.subscription.deleted"


@pytest.fixture(scope="module")
def stripe() -> Iterator[LocalStripe]:
    """A localstripe, for all tests of this file."""
    try:
        with local_stripe() as started:
            yield started
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
async def pays(url: str, data_dir: Path, stripe: LocalStripe) -> AsyncIterator[Paying]:
    """An app that reaches it."""
    async with paying(url, data_dir, stripe.url) as started:
        yield started


async def customer(pays: Paying) -> str:
    """The customer for the organization: a checkout makes it, and ends where localstripe has none."""
    answer = await pays.post("/billing/checkout-session", {"plan": "pro"})
    assert answer.status_code == 503
    return str((await pays.kept())[0][0]["customer_id"])


async def plan_of(pays: Paying) -> Any:  # noqa: ANN401  # a row
    """The plan of the organization."""
    return next(row["plan"] for row in await pays.rows(organizations) if row["code"] == CODE)


async def test_what_is_subscribed_to_there_is_followed(pays: Paying, stripe: LocalStripe) -> None:
    who = await customer(pays)
    one = await asyncio.to_thread(stripe.subscribe, who, "price_pro")
    told = {"object": "subscription", "id": one["id"], "customer": who}
    for _ in range(2):
        assert (await pays.told(CREATED, {**told, "status": "incomplete"}, id="evt_created")).status_code == 200
    assert (await plan_of(pays), await pays.per_minute(PLAIN)) == ("pro", "1000")
    (row,) = (await pays.kept())[1]
    assert (row["stripe_id"], row["status"], row["plan_code"]) == (one["id"], "active", "pro")
    assert int(row["current_period_ends_at"].timestamp()) == one["current_period_end"]
    # Another plan, the end, and then what happened before: Stripe says what holds.
    await asyncio.to_thread(
        stripe.ask, "POST", f"/v1/subscriptions/{one['id']}", {"items[0][plan]": "price_enterprise"}
    )
    await pays.told("customer.subscription.updated", told)
    assert await plan_of(pays) == "enterprise"
    await asyncio.to_thread(stripe.ask, "DELETE", f"/v1/subscriptions/{one['id']}")
    await pays.told(DELETED, told)
    await pays.told("customer.subscription.updated", {**told, "status": "active"})
    assert (await plan_of(pays), await pays.per_minute(PLAIN)) == (None, "100")
    assert [row["status"] for row in (await pays.kept())[1]] == ["canceled"]


async def test_a_trial_there_is_a_trial_here(pays: Paying, stripe: LocalStripe) -> None:
    ends_at = 2_000_000_000
    one = await asyncio.to_thread(stripe.subscribe, await customer(pays), "price_pro", trial_end=ends_at)
    await reconcile_payments(pays.running.database, pays.running.settings)
    (row,) = (await pays.kept())[1]
    assert (row["status"], int(row["trial_ends_at"].timestamp())) == (one["status"], ends_at)


async def test_what_it_signs_and_sends_itself_is_taken_in_any_order(pays: Paying, stripe: LocalStripe) -> None:
    who = await customer(pays)
    async with receiving() as receiver:
        await asyncio.to_thread(stripe.tell, f"http://127.0.0.1:{receiver.port}/", SECRET)
        one = await asyncio.to_thread(stripe.subscribe, who, "price_pro")
        await asyncio.to_thread(stripe.ask, "DELETE", f"/v1/subscriptions/{one['id']}")
        await until(lambda: told(receiver, DELETED, who))
    # It tells late, so that what came may be about a customer of the test before.
    events = [(signature_in(head), body) for head, body in receiver.requests if who.encode() in body]
    for signature, body in (*events[::-1], *events):
        assert (await pays.sent(body, signature=signature)).json() == {"received": True}
    assert await plan_of(pays) is None
    _, (row,), received, _ = await pays.kept()
    assert (row["stripe_id"], row["status"]) == (one["id"], "canceled")
    types = [found["type"] for found in received]
    assert {CREATED, DELETED} <= set(types)
    assert len(await pays.events()) == 1
    (altered,) = [(signature, body) for signature, body in events if DELETED.encode() in body]
    assert (await pays.sent(altered[1].replace(b"canceled", b"active"), signature=altered[0])).status_code == 400


async def told(receiver: Receiver, type_: str, who: str) -> bool:
    """Whether an event of this type about a customer has come."""
    return any(type_.encode() in body and who.encode() in body for _, body in receiver.requests)


def signature_in(head: str) -> str:
    """The signature in the head of a request."""
    (found,) = re.findall(r"(?im)^stripe-signature: (.*?)\r?$", head)
    return str(found)
