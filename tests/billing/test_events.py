"""Stripe's signed events at POST /api/billing/webhook: what follows from them, twice, late and in any order."""

import asyncio
import json
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

from db.billing.plans import put_price
from db.billing.tables import STATUSES, payers, received_events, subscriptions
from db.maintenance import set_maintenance
from db.organizations import organizations
from jobs.billing.keeping import forget_events, reconcile_payments
from tests.billing.paying import EVENTS, SECRET, SUNDAI_OWNER, UPDATED, Paying, put
from tests.billing.stripe_server import StripeServer

TAKEN = (200, {"received": True})
UNSIGNED = {"message": "Stripe did not sign this in the last five minutes."}
SUBSCRIPTION = """{ viewer { plan organization { subscription {
    status plan { code } trialEndsAt currentPeriodEnd cancelAt endedAt
} } } }"""


async def subscribed(pays: Paying, counter: StripeServer, **more: object) -> dict[str, Any]:
    """What came of a checkout for Pro, of which nothing has been told yet."""
    await pays.begin()
    return counter.completed(list(counter.sessions.values())[-1], **more)


async def shown(pays: Paying) -> tuple[str, Any]:
    """The viewer's plan, and what the organization subscribes to."""
    viewer = (await pays.asked(SUBSCRIPTION))["data"]["viewer"]
    return viewer["plan"], viewer["organization"]["subscription"]


async def test_what_is_subscribed_to_gives_the_plan_and_its_rate(pays: Paying, counter: StripeServer) -> None:
    assert (await shown(pays), await pays.per_minute()) == (("FREE", None), "100")
    one = await subscribed(pays, counter)
    answer = await pays.told("customer.subscription.created", one)
    assert (answer.status_code, answer.json()) == TAKEN
    ends_at = datetime.fromtimestamp(one["items"]["data"][0]["current_period_end"], UTC)
    plan, found = await shown(pays)
    assert datetime.fromisoformat(found.pop("currentPeriodEnd")) == ends_at
    nothing = {"trialEndsAt": None, "cancelAt": None, "endedAt": None}
    assert (plan, found) == ("PRO", {"status": "ACTIVE", "plan": {"code": "pro"}, **nothing})
    assert await pays.per_minute() == "1000"
    ((organization_id, body),) = await pays.events()
    assert organization_id == (await pays.organization())["id"]
    assert body == {"changed": ["current_period_ends_at", "plan_code", "started_at", "status", "stripe_id"]}


async def test_each_status_gives_or_takes_the_plan(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    for status in STATUSES:
        one["status"] = status
        await pays.told(UPDATED, one)
        granted = status in ("active", "trialing", "past_due")
        plan, found = await shown(pays)
        assert (plan, found["status"]) == ("PRO" if granted else "FREE", status.upper())
        assert (await pays.organization())["plan"] == ("pro" if granted else None)
    assert [body for _, body in await pays.events()][1:] == [{"changed": ["status"]}] * (len(STATUSES) - 1)


async def test_events_come_in_any_order_and_twice(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    # Each event carries what was true when it happened; Stripe says what is true now.
    told = [
        ("customer.subscription.created", {**one, "status": "incomplete"}),
        (UPDATED, {**one, "status": "active"}),
        ("customer.subscription.deleted", {**one, "status": "canceled"}),
    ]
    one |= {"status": "past_due", "cancel_at_period_end": True}
    expected = None
    for turn, order in enumerate(permutations(told)):
        for number, (type_, about) in enumerate((*order, *order)):
            answer = await pays.told(type_, about, id=f"evt_{turn}_{number % 3}")
            assert (answer.status_code, answer.json()) == TAKEN
        plan, found = await shown(pays)
        expected = expected or found
        assert (plan, found, found["status"]) == ("PRO", expected, "PAST_DUE")
        assert found["cancelAt"] == found["currentPeriodEnd"]
    # Nothing changed after the first one, and so nothing more was told.
    assert len(await pays.events()) == 1
    assert len(await pays.rows(subscriptions)) == 1
    _, _, received, _ = await pays.kept()
    assert len(received) == 6 * 3


async def test_an_event_that_was_carried_out_asks_stripe_nothing(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    await pays.told(UPDATED, one, id="evt_same")
    asked, kept = list(counter.asked), await pays.kept()
    assert (await pays.told(UPDATED, one, id="evt_same")).json() == TAKEN[1]
    assert (counter.asked, await pays.kept()) == (asked, kept)


async def test_an_answer_that_comes_late_does_not_undo_a_newer_one(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    await pays.told(UPDATED, one)
    arrived, meanwhile = asyncio.Event(), asyncio.Event()

    async def waiting(_method: str, _path: str) -> None:
        counter.waiting = None
        arrived.set()
        await asyncio.wait_for(meanwhile.wait(), 8)

    # The first answer is made while all is paid, and comes after the second one.
    counter.waiting = waiting
    first = asyncio.create_task(pays.told(UPDATED, one))
    await asyncio.wait_for(arrived.wait(), 8)
    one |= {"status": "canceled"}
    assert (await pays.told("customer.subscription.deleted", one)).status_code == 200
    meanwhile.set()
    assert (await first).status_code == 200
    plan, found = await shown(pays)
    assert (plan, found["status"]) == ("FREE", "CANCELED")


async def test_the_newest_of_those_that_grant_decides(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    other = counter.subscribed(one["customer"], "price_enterprise", start_date=one["start_date"] + 60)
    await pays.told(UPDATED, one)
    assert (await shown(pays))[0] == "ENTERPRISE"
    other["status"] = "unpaid"
    await pays.told(UPDATED, other)
    plan, found = await shown(pays)
    assert (plan, found["plan"]) == ("PRO", {"code": "pro"})
    # A price that is of no plan here gives nothing.
    one["items"]["data"][0]["price"]["id"] = "price_unknown"
    await pays.told(UPDATED, one)
    plan, found = await shown(pays)
    assert (plan, found["status"], found["plan"]) == ("FREE", "ACTIVE", None)


async def test_what_stood_before_comes_back_and_what_is_written_by_hand_stays(
    pays: Paying, counter: StripeServer
) -> None:
    of_sundai = organizations.c.code == "sundai"
    await pays.begin(uid=SUNDAI_OWNER)
    one = counter.completed(list(counter.sessions.values())[-1])
    await pays.told(UPDATED, one)
    assert (await pays.organization(SUNDAI_OWNER))["plan"] == "pro"
    one["status"] = "canceled"
    await pays.told(UPDATED, one)
    assert (await pays.organization(SUNDAI_OWNER))["plan"] == "enterprise"
    one["status"] = "active"
    await pays.told(UPDATED, one)
    await put(pays.running, organizations, of_sundai, plan="free")
    one["items"]["data"][0]["price"]["id"] = "price_enterprise"
    await pays.told(UPDATED, one)
    one["status"] = "canceled"
    await pays.told(UPDATED, one)
    assert (await pays.organization(SUNDAI_OWNER))["plan"] == "free"
    ((payer,), *_) = await pays.kept()
    assert (payer["paid_plan"], payer["plan_before"]) == (None, None)


async def test_a_customer_who_is_deleted_subscribes_to_nothing(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    await pays.told(UPDATED, one)
    answer = await pays.told("customer.deleted", {"id": one["customer"], "object": "customer"})
    assert (answer.status_code, answer.json()) == TAKEN
    plan, found = await shown(pays)
    assert (plan, found["status"], found["endedAt"] is None) == ("FREE", "CANCELED", False)
    ((payer,), *_) = await pays.kept()
    assert payer["customer_id"] is None
    # What comes of that one afterwards is about nobody.
    assert (await pays.told(UPDATED, one)).json() == TAKEN[1]
    assert (await shown(pays))[0] == "FREE"


async def test_what_is_about_nobody_here_changes_nothing(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    asked, kept = list(counter.asked), await pays.kept()
    for type_, about in (
        (UPDATED, {**one, "customer": "cus_unknown"}),
        (UPDATED, {**one, "customer": None}),
        ("payment_intent.succeeded", one),
        ("customer.updated", {"id": one["customer"], "object": "customer"}),
        ("product.created", {"id": "prod_1", "object": "product"}),
    ):
        answer = await pays.told(type_, about)
        assert (answer.status_code, answer.json()) == TAKEN
    assert (counter.asked, await pays.kept()) == (asked, kept)
    # An expanded customer is one too.
    await pays.told("invoice.paid", {"object": "invoice", "customer": {"id": one["customer"], "object": "customer"}})
    assert (await shown(pays))[0] == "PRO"


async def test_what_stripe_did_not_sign_a_moment_ago_is_refused(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    kept = await pays.kept()
    body = json.dumps({"id": "evt_1", "object": "event", "type": UPDATED, "data": {"object": one}}).encode()
    refused = [
        await pays.sent(body, ago_s=301),
        await pays.sent(body, secret=f"{SECRET}2"),
        await pays.sent(body, signature="t=1,v1=00"),
        await pays.sent(body, signature="nothing"),
        await pays.sent(body, signature=""),
        await pays.running.client.post(EVENTS, content=body),
        await pays.sent(b"\xff\xfe"),
        await pays.sent(b"{"),
        await pays.sent(b"[]"),
        await pays.sent(b'{"object": "event", "id": 1, "type": "invoice.paid", "data": {"object": {}}}'),
    ]
    assert [(answer.status_code, answer.json()) for answer in refused] == [(400, UNSIGNED)] * len(refused)
    assert await pays.kept() == kept
    assert (await pays.sent(body, ago_s=290)).status_code == 200
    assert (await shown(pays))[0] == "PRO"


async def test_the_address_takes_posts_of_a_bounded_size_and_stands_still_in_maintenance(pays: Paying) -> None:
    client = pays.running.client
    wrong = await client.get(EVENTS)
    assert (wrong.status_code, wrong.headers["Allow"], wrong.json()) == (405, "POST", {"message": "Method Not Allowed"})
    assert (await pays.sent(b"x" * (128 * 1024 + 1))).status_code == 413
    async with pays.running.database.writing() as transaction:
        await set_maintenance(transaction, enabled=True, message="メンテナンス中です。", now=datetime.now(UTC))
    answer = await pays.told(UPDATED, {"object": "subscription", "customer": "cus_1"})
    assert (answer.status_code, answer.json()) == (503, {"message": "メンテナンス中です。"})
    assert answer.headers["Retry-After"] == "300"


async def test_where_stripe_is_away_the_event_comes_again(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    for error in ({"type": "api_error"}, {"type": "invalid_request_error", "code": "odd", "message": "secret"}):
        status = 500 if error["type"] == "api_error" else 400
        counter.fails_with(status, error)
        answer = await pays.told(UPDATED, one, id="evt_again")
        assert answer.status_code == 503
        assert "secret" not in answer.text
        assert int(answer.headers["Retry-After"]) > 0
    counter.trouble = lambda _method, _path: None
    assert (await pays.told(UPDATED, one, id="evt_again")).status_code == 200
    assert (await shown(pays))[0] == "PRO"


async def test_each_hour_everybody_who_pays_is_looked_up(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    await pays.begin(uid=SUNDAI_OWNER)
    settings, database = pays.running.settings, pays.running.database
    assert await reconcile_payments(database, settings) == 2
    assert (await shown(pays))[0] == "PRO"
    # One of whom Stripe says nothing keeps nobody else waiting.
    del counter.subscriptions[one["id"]]
    del counter.customers[one["customer"]]
    assert await reconcile_payments(database, settings) == 2
    assert (await shown(pays))[0] == "FREE"
    assert [row["customer_id"] is None for row in await pays.rows(payers)] == [False, True]
    counter.fails_with(500, {"type": "api_error"})
    assert await reconcile_payments(database, settings) == 0


async def test_events_of_long_ago_are_forgotten(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    for number in (1, 2):
        await pays.told(UPDATED, one, id=f"evt_{number}")
    old = datetime(2026, 1, 1, tzinfo=UTC)
    await put(pays.running, received_events, received_events.c.stripe_id == "evt_1", received_at=old)
    assert await forget_events(pays.running.database) == 1
    assert [row["stripe_id"] for row in (await pays.kept())[2]] == ["evt_2"]


async def test_who_subscribed_by_an_old_price_goes_on(pays: Paying, counter: StripeServer) -> None:
    one = await subscribed(pays, counter)
    for price in ("price_newer", None):
        async with pays.running.database.writing() as transaction:
            await put_price(transaction, "pro", price, datetime.now(UTC))
        await pays.told(UPDATED, one)
        plan, found = await shown(pays)
        assert (plan, found["plan"]) == ("PRO", {"code": "pro"})
