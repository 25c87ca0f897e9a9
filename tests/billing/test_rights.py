"""Who may pay: every role and token, over REST and the graph; and a server without a key, where all else works."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.billing.tables import payers
from tests.accounts.calling import by_token
from tests.billing.paying import ADMINISTRATOR, CHECKOUT, EVENTS, OWNER, PORTAL, PROMO, SUNDAI_OWNER, Paying, paying
from tests.conftest import copied
from tests.services.postgresql import Server
from tests.talktiko.asking import COACH, INVALID_ABILITY, STUDENT, UNAUTHENTICATED, UNAUTHORIZED

BODIES: dict[str, dict[str, object]] = {CHECKOUT: {"plan": "pro"}, PORTAL: {}, PROMO: {"code": "SPRING"}}
MUTATIONS = {
    "createCheckoutSession": 'createCheckoutSession(planCode: "pro"{}) {{ userErrors {{ code }} }}',
    "createPortalSession": "createPortalSession(returnUrl: null{}) {{ userErrors {{ code }} }}",
    "applyPromo": 'applyPromo(code: "SPRING"{}) {{ userErrors {{ code }} }}',
}
NO_KEY = "Billing is not configured: set KAKEHASHI_STRIPE_KEY."
CHILD_OWNER = "auth0|demo-owner-child"
OWNERS = (OWNER, SUNDAI_OWNER, CHILD_OWNER)
OTHERS = (STUDENT, COACH, "auth0|demo-coach-parent", "auth0|demo-clerk-child", "auth0|demo-clerk-parent")


@pytest.fixture(scope="module")
async def bare(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> AsyncIterator[Paying]:
    """An app without a key of Stripe, for all tests of this file."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with paying(url, data_dir, None) as started:
            yield started


async def test_without_a_key_it_is_said_what_to_set_and_nothing_is_kept(bare: Paying) -> None:
    for path, body in BODIES.items():
        for uid in OWNERS:
            answer = await bare.post(path, body, uid)
            assert (answer.status_code, answer.json()) == (503, {"message": NO_KEY})
            assert "Retry-After" not in answer.headers
        answer = await bare.post(path, {**body, "organization_code": "sundai"}, ADMINISTRATOR)
        assert (answer.status_code, answer.json()) == (503, {"message": NO_KEY})
    for document in MUTATIONS.values():
        headers = await bare.api.headers(OWNER)
        query = {"query": f"mutation {{ {document.format('')} }}"}
        answer = await bare.running.client.post("/graphql", json=query, headers=headers)
        error = answer.json()["errors"][0]
        assert (answer.status_code, error["message"]) == (503, NO_KEY)
        assert error["extensions"]["code"] == "NOT_CONFIGURED"
    event = await bare.told("customer.subscription.updated", {"customer": "cus_1"})
    assert (event.status_code, event.json()) == (503, {"message": NO_KEY})
    assert await bare.rows(payers) == []


async def test_everything_else_works_without_a_key(bare: Paying) -> None:
    headers = await bare.api.headers(OWNER)
    for path in ("/api/subscription-plans", "/api/trial/status", "/api/auth/me"):
        assert (await bare.running.client.get(path, headers=headers)).status_code == 200
    shown = await bare.asked("{ organizations { nodes { code subscription { status } } } }", OWNER)
    assert {one["subscription"] for one in shown["data"]["organizations"]["nodes"]} == {None}


async def test_no_other_role_may_pay(bare: Paying) -> None:
    for uid in OTHERS:
        for path, body in BODIES.items():
            answer = await bare.post(path, body, uid)
            assert (answer.status_code, answer.json()) == (403, UNAUTHORIZED), (uid, path)
        for name, document in MUTATIONS.items():
            (error,) = (await bare.asked(f"mutation {{ {document.format('')} }}", uid))["errors"]
            assert error["extensions"]["reason"] == "operation_not_allowed", (uid, name)
        (error,) = (await bare.asked("{ organizations { nodes { subscription { status } } } }", uid))["errors"]
        assert error["extensions"]["reason"] == "operation_not_allowed"


async def test_nobody_and_no_other_token_may_pay(bare: Paying) -> None:
    reading = await by_token(bare.running, OWNER, ["billing:read"])
    writing = await by_token(bare.running, OWNER, ["billing:write"])
    for path, body in BODIES.items():
        nobody = await bare.running.client.post(f"/api{path}", json=body)
        assert (nobody.status_code, nobody.json()) == (401, UNAUTHENTICATED)
        refused = await reading.post(f"/api{path}", body)
        assert (refused.status_code, refused.json()) == (403, INVALID_ABILITY)
        assert (await writing.post(f"/api{path}", body)).status_code == 503


async def test_a_demo_token_may_not_pay(bare: Paying) -> None:
    token = bare.running.signed(OWNER, ["cram_school_owner"], demo=True)
    for path, body in BODIES.items():
        headers = {"Authorization": f"Bearer {token}"}
        answer = await bare.running.client.post(f"/api{path}", json=body, headers=headers)
        assert (answer.status_code, answer.json()) == (403, UNAUTHORIZED)


async def test_events_need_a_secret_beside_the_key(
    kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path
) -> None:
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with paying(url, data_dir, "http://127.0.0.1:9", stripe_webhook_secret=None) as started:
            answer = await started.running.client.post(EVENTS, content=b"{}")
    message = "Stripe's events are not configured: set KAKEHASHI_STRIPE_WEBHOOK_SECRET."
    assert (answer.status_code, answer.json()) == (503, {"message": message})
