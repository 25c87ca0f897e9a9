"""Checkouts: POST /api/billing/checkout-session and createCheckoutSession, for whom, of what, and one at a time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from db.organizations import organizations
from tests.billing.paying import (
    ADMINISTRATOR,
    CHECKOUT,
    CODE,
    HOME,
    PAGES,
    SUNDAI_OWNER,
    UPDATED,
    Paying,
    put,
)
from tests.billing.stripe_server import StripeServer

SESSIONS = "checkout/sessions"


async def test_a_checkout_is_begun_at_stripe_and_its_address_is_given(pays: Paying, counter: StripeServer) -> None:
    answer = await pays.post(CHECKOUT, {"plan": "pro", "success_url": f"{PAGES}/paid?a=b", "cancel_url": PAGES})
    (session,) = counter.sessions.values()
    assert answer.status_code == 200
    assert list(answer.json()) == ["data"]
    assert list(answer.json()["data"].items()) == [("id", session["id"]), ("url", session["url"])]
    (customer,) = counter.customers.values()
    metadata = {"organization": CODE}
    assert (customer["name"], customer["metadata"]) == ("架け橋ゼミナール", metadata)
    (form,) = counter.asked_for("POST", SESSIONS)
    assert len(form["metadata"].pop("choice")) == 32
    assert form == {
        "mode": "subscription",
        "customer": customer["id"],
        "client_reference_id": CODE,
        "line_items": [{"price": "price_pro", "quantity": 1}],
        "success_url": f"{PAGES}/paid?a=b",
        "cancel_url": PAGES,
        "metadata": metadata,
        "subscription_data": {"metadata": metadata},
    }
    assert [one["customer_id"] for one in (await pays.kept())[0]] == [customer["id"]]


async def test_the_graph_does_the_same_and_says_the_same(pays: Paying, counter: StripeServer) -> None:
    document = """mutation { createCheckoutSession(planCode: "pro") { session { id url } userErrors { code } } }"""
    first, again = [(await pays.asked(document))["data"]["createCheckoutSession"] for _ in range(2)]
    (session,) = counter.sessions.values()
    # Whoever begins for the same again goes on with the same.
    made = {"session": {"id": session["id"], "url": session["url"]}, "userErrors": []}
    assert first == again == made
    assert await pays.begin() == made["session"]
    (form,) = counter.asked_for("POST", SESSIONS)
    assert (form["success_url"], form["cancel_url"]) == (f"{HOME}/", f"{HOME}/")


async def test_an_operator_names_the_organization_that_pays(pays: Paying, counter: StripeServer) -> None:
    without = await pays.post(CHECKOUT, {"plan": "pro"}, ADMINISTRATOR)
    assert (without.status_code, list(without.json()["errors"])) == (422, ["organization_code"])
    # Who manages a parent pays for its children too, and for nobody else.
    foreign = await pays.post(CHECKOUT, {"plan": "pro", "organization_code": "sundai"})
    assert foreign.json()["errors"] == {"organization_code": ["There is no such organization within your reach."]}
    assert counter.asked == []
    for uid, code in ((ADMINISTRATOR, "sundai"), (SUNDAI_OWNER, "ochanomizu1")):
        await pays.begin(uid=uid, organization_code=code)
    assert [form["client_reference_id"] for form in counter.asked_for("POST", SESSIONS)] == ["sundai", "ochanomizu1"]


async def test_what_was_begun_for_something_else_can_be_paid_no_more(pays: Paying, counter: StripeServer) -> None:
    first = await pays.begin()
    second = await pays.begin("enterprise")
    assert {id_: one["status"] for id_, one in counter.sessions.items()} == {
        first["id"]: "expired",
        second["id"]: "open",
    }
    # An open one is found where the process ended before it could say so: Stripe has it.
    assert await pays.begin("enterprise") == second


async def test_two_who_begin_at_once_begin_one_checkout(pays: Paying, counter: StripeServer) -> None:
    arrived, meanwhile = asyncio.Event(), asyncio.Event()

    async def waiting(method: str, path: str) -> None:
        if (method, path) == ("POST", SESSIONS):
            arrived.set()
            await asyncio.wait_for(meanwhile.wait(), 8)

    counter.waiting = waiting
    first = asyncio.create_task(pays.post(CHECKOUT, {"plan": "pro"}))
    await asyncio.wait_for(arrived.wait(), 8)
    second = await pays.post(CHECKOUT, {"plan": "enterprise"})
    meanwhile.set()
    assert second.status_code == 422
    assert second.json()["message"] == "Somebody is paying for this organization just now. Try again."
    assert (await first).status_code == 200
    assert len(counter.sessions) == 1
    # And then it is the other one's turn.
    assert (await pays.begin("enterprise"))["id"] != (await first).json()["data"]["id"]


async def test_who_subscribes_already_begins_nothing(pays: Paying, counter: StripeServer) -> None:
    await pays.begin()
    (session,) = counter.sessions.values()
    subscription = counter.completed(session)
    for status in ("active", "trialing", "past_due", "unpaid", "paused", "incomplete"):
        # No event has told of it: Stripe is asked.
        subscription["status"] = status
        answer = await pays.post(CHECKOUT, {"plan": "enterprise"})
        assert answer.status_code == 422, status
        stands = "The organization subscribes already. Change or end that in the billing portal."
        assert answer.json() == {"message": stands, "errors": {"plan": [stands]}}
    assert len(counter.sessions) == 1
    for status in ("canceled", "incomplete_expired"):
        subscription["status"] = status
        await pays.begin("enterprise")


async def test_an_idempotency_key_gives_the_first_answer_again(pays: Paying, counter: StripeServer) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = [await pays.post(CHECKOUT, {"plan": "pro"}, **key) for _ in range(2)]
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await pays.post(CHECKOUT, {"plan": "enterprise"}, **key)
    assert other.status_code == 422
    assert len(counter.asked_for("POST", SESSIONS)) == 1


async def test_a_trial_that_runs_is_used_up_before_anything_is_paid(pays: Paying, counter: StripeServer) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for ends_at, expected in ((now + timedelta(days=1), None), (now + timedelta(days=20), now + timedelta(days=20))):
        await put(pays.running, organizations, organizations.c.code == CODE, trial_ends_at=ends_at)
        await pays.begin()
        data = counter.asked_for("POST", SESSIONS)[-1]["subscription_data"]
        assert data.get("trial_end") == (None if expected is None else int(expected.timestamp()))
    session = list(counter.sessions.values())[-1]
    await pays.told(UPDATED, counter.completed(session))
    assert (await pays.organization())["trial_ends_at"] == now + timedelta(days=20)
    assert (await pays.asked("{ viewer { plan trial { active daysLeft } } }"))["data"]["viewer"] == {
        "plan": "PRO",
        "trial": {"active": True, "daysLeft": 20},
    }


WRONG: tuple[tuple[dict[str, object], str, str], ...] = (
    ({}, "plan", "plan is missing"),
    ({"plan": "gold"}, "plan", "There is no such plan. `subscriptionPlans` lists them."),
    ({"plan": "free"}, "plan", "This plan cannot be paid online: ask the operator for it."),
    ({"plan": 1}, "plan", "plan is invalid"),
)
FOREIGN = "Come back to a page of this server, or of an origin that its operator lists in KAKEHASHI_ALLOWED_ORIGINS."
# Whatever looks like ours and is not; each is refused by its own reader or by where it leads.
ELSEWHERE = (
    *("https://evil.example/", "http://kakehashi.example/", "https://kakehashi.example.evil.example/"),
    *("https://kakehashi.example@evil.example/", "https://kakehashi.example\\@evil.example/", "//evil.example/"),
    *("javascript:alert(1)", "https://kakehashi.example:8443/", "/paid", "https://app.example\t.evil.example/"),
)


async def test_what_is_wrong_is_named_and_nothing_is_asked_of_stripe(pays: Paying, counter: StripeServer) -> None:
    before = await pays.kept()
    for body, name, message in WRONG:
        answer = await pays.post(CHECKOUT, body)
        assert answer.status_code == 422, body
        assert answer.json() == {"message": message, "errors": {name: [message]}}
    for url in ELSEWHERE:
        for name in ("success_url", "cancel_url"):
            answer = await pays.post(CHECKOUT, {"plan": "pro", name: url})
            assert (answer.status_code, list(answer.json().get("errors", answer.json()))) == (422, [name]), url
    answer = await pays.post(CHECKOUT, {"plan": "pro", "success_url": ELSEWHERE[0], "cancel_url": ELSEWHERE[1]})
    assert answer.json()["errors"] == {"success_url": [FOREIGN], "cancel_url": [FOREIGN]}
    assert counter.asked == []
    assert await pays.kept() == before


async def test_what_stripe_declines_is_a_mistake_in_the_argument_it_names(pays: Paying, counter: StripeServer) -> None:
    del counter.prices["price_pro"]
    answer = await pays.post(CHECKOUT, {"plan": "pro"})
    message = "No such price: 'price_pro'"
    assert (answer.status_code, answer.json()) == (422, {"message": message, "errors": {"plan": [message]}})
    counter.trouble = lambda method, path: declined("cancel_url") if (method, path) == ("POST", SESSIONS) else None
    answer = await pays.post(CHECKOUT, {"plan": "enterprise"})
    assert (answer.status_code, answer.json()["errors"]) == (422, {"cancel_url": ["Not a valid URL"]})
    document = """mutation { createCheckoutSession(planCode: "pro") { session { id } userErrors { field code } } }"""
    counter.trouble = lambda method, path: declined("mode") if (method, path) == ("POST", SESSIONS) else None
    assert (await pays.asked(document))["data"]["createCheckoutSession"] == {
        "session": None,
        "userErrors": [{"field": ["planCode"], "code": "STRIPE_DECLINED"}],
    }


def declined(parameter: str) -> tuple[int, dict[str, str], object]:
    """How Stripe says that a parameter is wrong."""
    return 400, {}, {"error": {"type": "invalid_request_error", "message": "Not a valid URL", "param": parameter}}


@pytest.mark.parametrize(
    ("status", "error", "headers", "retry"),
    [
        (429, {"type": "invalid_request_error", "message": "Too many"}, {"Stripe-Should-Retry": "false"}, "2"),
        (429, {"type": "invalid_request_error", "message": "Too many"}, {"Retry-After": "7"}, "7"),
        (500, {"type": "api_error", "message": "password=hunter2"}, {"Stripe-Should-Retry": "false"}, "2"),
        (401, {"type": "invalid_request_error", "message": "Invalid API Key provided: sk_test_****ashi"}, {}, "60"),
    ],
)
async def test_where_stripe_is_away_it_is_said_when_to_try_again(
    pays: Paying, counter: StripeServer, status: int, error: dict[str, str], headers: dict[str, str], retry: str
) -> None:
    counter.trouble = lambda _method, _path: (status, headers, {"error": error})
    answer = await pays.post(CHECKOUT, {"plan": "pro"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, retry)
    # What Stripe says to its own clients is nobody else's.
    assert error["message"] not in answer.text
    assert list(answer.json()) == ["message"]
    counter.trouble = lambda _method, _path: None
    assert (await pays.begin())["id"]


async def test_a_customer_who_was_deleted_is_made_anew(pays: Paying, counter: StripeServer) -> None:
    await pays.begin()
    counter.customers.clear()
    counter.sessions.clear()
    counter.port += 1
    await pays.begin()
    ((payer,), *_) = await pays.kept()
    assert payer["customer_id"] in counter.customers
