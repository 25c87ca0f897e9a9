"""Each parameter of each operation on what is paid is heeded, and their answers have the decided keys."""

from typing import Any, cast

from db.organizations import organizations
from tests.billing.paying import CHECKOUT, HOME, PORTAL, PROMO, Paying
from tests.billing.spelled import BEGINNING, MANAGING, UENO, USING
from tests.billing.stripe_server import PORTAL_URL, StripeServer
from tests.talktiko.asking import Case


def asked_of(case: Case) -> tuple[str, Any]:
    """What Stripe is asked for a parameter: how it calls it, and the value."""
    return cast("tuple[str, Any]", case.expected)


async def test_each_parameter_of_a_checkout_is_heeded(pays: Paying, counter: StripeServer) -> None:
    promotion = counter.promotion("SPRING")
    for case in BEGINNING:
        name, expected = asked_of(case)
        answer = await pays.post(CHECKOUT, {"plan": "pro", **case.given})
        assert answer.status_code == 200, answer.text
        expected = [{"promotion_code": promotion["id"]}] if name == "discounts" else expected
        assert counter.asked_for("POST", "checkout/sessions")[-1][name] == expected, case


async def test_each_parameter_of_the_portal_is_heeded(pays: Paying, counter: StripeServer) -> None:
    for code in ("kakehashi", UENO):
        await pays.begin(organization_code=code)
    customers = {one["metadata"]["organization"]: id_ for id_, one in counter.customers.items()}
    plain = {"customer": customers["kakehashi"], "return_url": f"{HOME}/"}
    for case in MANAGING:
        answer = await pays.post(PORTAL, dict(case.given))
        assert (answer.status_code, answer.json()) == (200, {"data": {"url": PORTAL_URL}})
        name, expected = asked_of(case)
        expected = customers[expected] if name == "customer" else expected
        assert counter.asked_for("POST", "billing_portal/sessions")[-1] == {**plain, name: expected}, case


async def test_each_parameter_of_a_promotion_code_is_heeded(pays: Paying, counter: StripeServer) -> None:
    counter.promotion("SPRING")
    for case in USING:
        answer = await pays.post(PROMO, {"code": "SPRING", **case.given})
        assert answer.status_code == 200
        keys = ["code", "percent_off", "amount_off", "currency", "expires_at", "applied"]
        assert list(answer.json()["data"]) == keys
        assert list(answer.json()["data"].values()) == ["SPRING", 10.0, None, None, None, False]
        payer = (await pays.kept())[0][-1]
        codes = {row["id"]: row["code"] for row in await pays.rows(organizations)}
        assert case.expected in (payer["promotion_code"], codes[payer["organization_id"]])


async def test_the_portal_is_for_who_has_paid(pays: Paying, counter: StripeServer) -> None:
    message = "The organization has paid nothing yet: begin with a checkout."
    answer = await pays.post(PORTAL, {})
    assert (answer.status_code, answer.json()) == (
        422,
        {"message": message, "errors": {"organization_code": [message]}},
    )
    foreign = await pays.post(PORTAL, {"return_url": "https://evil.example/"})
    assert (foreign.status_code, list(foreign.json()["errors"])) == (422, ["return_url"])
    assert counter.asked == []
    await pays.begin()
    document = "mutation { createPortalSession { session { url } userErrors { code } } }"
    found = (await pays.asked(document))["data"]["createPortalSession"]
    assert found == {"session": {"url": PORTAL_URL}, "userErrors": []}
    counter.customers.clear()
    declined = await pays.post(PORTAL, {})
    assert (declined.status_code, list(declined.json()["errors"])) == (422, ["organization_code"])
