"""Promotion codes: POST /api/billing/apply-promo and applyPromo, and what a checkout makes of them."""

import time
from typing import Any

from tests.billing.paying import CHECKOUT, PROMO, UPDATED, Paying
from tests.billing.stripe_server import StripeServer

INVALID = "There is no such promotion code, or it is not good any more."
SPENT = "This promotion code has been used up."
FORM = "A promotion code has from 1 to 200 letters, digits and dashes."
SESSIONS = "checkout/sessions"


async def test_a_good_code_is_kept_for_the_next_checkout_and_used_once(pays: Paying, counter: StripeServer) -> None:
    promotion = counter.promotion("SPRING", coupon={"percent_off": None, "amount_off": 500, "currency": "jpy"})
    answer = await pays.post(PROMO, {"code": " spring "})
    told = {"code": "SPRING", "percent_off": None, "amount_off": 500, "currency": "JPY", "expires_at": None}
    assert (answer.status_code, answer.json()) == (200, {"data": {**told, "applied": False}})
    await pays.begin()
    form = counter.asked_for("POST", SESSIONS)[-1]
    assert form["discounts"] == [{"promotion_code": promotion["id"]}]
    assert form["subscription_data"]["metadata"]["promotion"] == promotion["id"]
    one = counter.completed(list(counter.sessions.values())[-1])
    await pays.told(UPDATED, one)
    payers, _, _, redeemed = await pays.kept()
    assert [row["promotion_code"] for row in payers] == [None]
    assert [row["promotion_id"] for row in redeemed] == [promotion["id"]]
    one["status"] = "canceled"
    again = await pays.post(PROMO, {"code": "SPRING"})
    assert (again.status_code, again.json()) == (422, {"message": SPENT, "errors": {"code": [SPENT]}})
    begun = await pays.post(CHECKOUT, {"plan": "pro", "promo_code": "SPRING"})
    assert (begun.status_code, begun.json()["errors"]) == (422, {"promo_code": [SPENT]})


async def test_what_is_subscribed_to_gets_the_discount_at_once(pays: Paying, counter: StripeServer) -> None:
    spring, summer = counter.promotion("SPRING"), counter.promotion("SUMMER")
    await pays.begin()
    one = counter.completed(list(counter.sessions.values())[-1])
    document = """mutation { applyPromo(code: "SPRING") {
        promotion { code percentOff amountOffMinor currency expiresAt isUsed } userErrors { code }
    } }"""
    nothing = {"amountOffMinor": None, "currency": None, "expiresAt": None}
    assert (await pays.asked(document))["data"]["applyPromo"] == {
        "promotion": {"code": "SPRING", "percentOff": 10.0, **nothing, "isUsed": True},
        "userErrors": [],
    }
    ((*_, form),) = [counter.asked_for("POST", f"subscriptions/{one['id']}")]
    assert form == {"discounts": [{"promotion_code": spring["id"]}]}
    assert [row["promotion_id"] for row in (await pays.kept())[3]] == [spring["id"]]
    # There is no second one beside it.
    answer = await pays.post(PROMO, {"code": summer["code"]})
    message = "What you subscribe to has a discount, and takes no second one."
    assert (answer.status_code, answer.json()["errors"]) == (422, {"code": [message]})
    assert len(counter.asked_for("POST", f"subscriptions/{one['id']}")) == 1


NEVER = {"first_time_transaction": True}
BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("OFF", {"active": False}, INVALID),
    ("COUPON", {"coupon": {"valid": False}}, INVALID),
    ("OLD", {"expires_at": int(time.time()) - 1}, INVALID),
    ("OTHER", {"customer": "cus_other"}, INVALID),
    ("FULL", {"max_redemptions": 3, "times_redeemed": 3}, SPENT),
)


async def test_a_code_that_is_not_good_is_refused_and_nothing_is_kept(pays: Paying, counter: StripeServer) -> None:
    for code, more, _ in BAD:
        counter.promotion(code, **more)
    before = await pays.kept()
    wrong = [(code, message) for code, _, message in BAD]
    wrong += [("UNKNOWN", INVALID), ("two words", FORM), ("é", FORM), ("A" * 201, FORM), ("A&code=B", FORM)]
    for code, message in wrong:
        answer = await pays.post(PROMO, {"code": code})
        assert (answer.status_code, answer.json()) == (422, {"message": message, "errors": {"code": [message]}}), code
        begun = await pays.post(CHECKOUT, {"plan": "pro", "promo_code": code})
        assert (begun.status_code, begun.json()["errors"]) == (422, {"promo_code": [message]}), code
    payers, *others = await pays.kept()
    assert others == before[1:]
    assert [(row["customer_id"], row["promotion_code"], row["lease_token"]) for row in payers] == [(None, None, None)]
    assert counter.sessions == {}


async def test_a_code_must_fit_the_plan_and_who_pays(pays: Paying, counter: StripeServer) -> None:
    counter.promotion("DOLLARS", coupon={"amount_off": 5, "currency": "usd"})
    counter.promotion("LARGE", restrictions={"minimum_amount": 9801, "minimum_amount_currency": "jpy"})
    counter.promotion("SMALL", restrictions={"minimum_amount": 9800, "minimum_amount_currency": "jpy"})
    counter.promotion("FIRST", restrictions=NEVER)
    for code, message in (
        ("DOLLARS", "This promotion code is for prices in USD."),
        ("LARGE", "This promotion code is for plans that cost more."),
    ):
        answer = await pays.post(CHECKOUT, {"plan": "pro", "promo_code": code})
        assert (answer.status_code, answer.json()["errors"]) == (422, {"promo_code": [message]})
    for code in ("SMALL", "FIRST"):
        await pays.begin(promo_code=code)
    one = counter.completed(list(counter.sessions.values())[-1], status="canceled")
    await pays.told(UPDATED, one)
    counter.promotion("FIRST2", restrictions=NEVER)
    message = "This promotion code is for who subscribes for the first time."
    answer = await pays.post(PROMO, {"code": "FIRST2"})
    assert (answer.status_code, answer.json()["errors"]) == (422, {"code": [message]})


async def test_a_code_of_the_customer_comes_before_one_for_everybody(pays: Paying, counter: StripeServer) -> None:
    await pays.begin()
    own = counter.promotion("SPRING", customer=next(iter(counter.customers)), coupon={"percent_off": 50.0})
    counter.promotion("SPRING")
    answer = await pays.post(PROMO, {"code": "SPRING"})
    assert answer.json()["data"]["percent_off"] == 50.0
    await pays.begin()
    assert counter.asked_for("POST", SESSIONS)[-1]["discounts"] == [{"promotion_code": own["id"]}]


async def test_a_kept_code_that_is_good_no_more_is_let_go_of(pays: Paying, counter: StripeServer) -> None:
    promotion = counter.promotion("SPRING")
    assert (await pays.post(PROMO, {"code": "SPRING"})).status_code == 200
    promotion["active"] = False
    answer = await pays.post(CHECKOUT, {"plan": "pro"})
    message = "The promotion code that was kept for you is not good any more, and was let go of. Begin again."
    assert (answer.status_code, answer.json()["errors"]) == (422, {"promo_code": [message]})
    assert counter.sessions == {}
    await pays.begin()
    assert "discounts" not in counter.asked_for("POST", SESSIONS)[-1]
