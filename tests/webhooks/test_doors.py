"""Webhooks over REST and over GraphQL: made, shown, changed, removed, by whom, and with which mistakes."""

import pytest

from db.webhooks import deliveries, webhook_secrets, webhooks
from tests.accounts.calling import (
    ADMINISTRATOR,
    COACH,
    OWNER,
    STUDENT,
    SUNDAI_OWNER,
    Caller,
    by_auth0,
    by_token,
    count,
    dump,
)
from tests.conftest import Running

WEBHOOKS = "/api/integrations/webhooks"
HERE = "http://127.0.0.1:9/hook"
LISTED = ["id", "url", "events", "is_active", "created_at", "last_delivery"]
SINGLE = [*LISTED, "disabled_reason", "failing_since", "ordered", "schedule", "document", "updated_at"]


async def made(caller: Caller, **more: object) -> dict[str, object]:
    """A webhook that was made over REST."""
    answer = await caller.post(WEBHOOKS, {"url": HERE, "events": ["lesson.completed"], **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


async def test_a_webhook_is_made_shown_changed_and_removed_over_rest(hooked: Running) -> None:
    owner = await by_auth0(hooked, OWNER)
    new = await made(owner)
    assert list(new) == [*SINGLE, "secret"]
    assert str(new["secret"]).startswith("whsec_")
    path = f"{WEBHOOKS}/{new['id']}"
    (listed,) = (await owner.get(WEBHOOKS)).json()["data"]
    assert list(listed) == LISTED
    assert (listed["url"], listed["events"], listed["is_active"]) == (HERE, ["lesson.completed"], True)
    assert listed["last_delivery"] is None
    one = await owner.get(path)
    assert (one.status_code, list(one.json()["data"])) == (200, SINGLE)
    put = await owner.client.put(path, json={"url": f"{HERE}/2", "events": ["lesson.*"]}, headers=owner.to)
    assert (put.status_code, put.json()["data"]["url"], put.json()["data"]["events"]) == (
        200,
        f"{HERE}/2",
        ["lesson.*"],
    )
    patched = await owner.client.patch(path, json={"is_active": False, "schedule": "long"}, headers=owner.to)
    found = patched.json()["data"]
    assert (found["is_active"], found["disabled_reason"], found["schedule"]) == (False, "switched_off", "long")
    assert (await owner.delete(path)).status_code == 204
    assert (await owner.delete(path)).status_code == 404
    assert (await owner.get(path)).status_code == 404
    assert await count(hooked.database, webhooks) == await count(hooked.database, webhook_secrets) == 0


async def test_both_doors_see_the_same(hooked: Running) -> None:
    owner = await by_auth0(hooked, OWNER)
    document = """mutation { createWebhook(url: "http://127.0.0.1/", events: ["*"], ordered: true) {
        webhook { legacyId ordered schedule organization { code } } secret userErrors { code } } }"""
    new = (await owner.data(document))["createWebhook"]
    assert new["webhook"]["organization"] == {"code": "kakehashi"}
    assert (new["webhook"]["ordered"], new["webhook"]["schedule"], new["userErrors"]) == (True, "SHORT", [])
    rest = (await owner.get(f"{WEBHOOKS}/{new['webhook']['legacyId']}")).json()["data"]
    assert (rest["url"], rest["events"], rest["ordered"]) == ("http://127.0.0.1/", ["*"], True)


async def test_secrets_are_shown_once_and_kept_sealed(hooked: Running) -> None:
    owner = await by_auth0(hooked, OWNER)
    new = await made(owner, secret="a-secret-of-our-own")
    assert new["secret"] == "a-secret-of-our-own"
    turned = await owner.post(f"{WEBHOOKS}/{new['id']}/rotate-secret", {})
    assert turned.status_code == 200
    second = str(turned.json()["data"]["secret"])
    kept = await dump(hooked.database)
    assert b"a-secret-of-our-own" not in kept
    assert second.encode() not in kept
    assert await count(hooked.database, webhook_secrets) == 2
    await owner.post(f"{WEBHOOKS}/{new['id']}/rotate-secret", {"secret": "another-secret-of-ours"})
    assert await count(hooked.database, webhook_secrets) == 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "https://user:password@127.0.0.1/"}, "url"),
        ({"url": "no address"}, "url"),
        ({"url": "https://nobody.invalid/"}, "url"),
        ({"url": f"https://127.0.0.1/{'a' * 2048}"}, "url"),
        ({"events": ["lesson.burnt"]}, "events"),
        ({"events": ["burnt.*"]}, "events"),
        ({"events": ["lesson.*"] * 51}, "events"),
        ({"events": "lesson.completed"}, "events"),
        ({"secret": "short"}, "secret"),
        ({"secret": "with spaces in the middle"}, "secret"),
        ({"schedule": "for ever"}, "schedule"),
        ({"document": "{ viewer { uid } }"}, "document"),
        ({"document": "subscription { progressUpdated { occurredAt } }"}, "document"),
        ({"document": 'subscription { eventStream(after: "1") { id } }'}, "document"),
        ({"document": "subscription { eventStream { nothing } }"}, "document"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_named_and_nothing_is_made(
    hooked: Running, given: dict[str, object], field: str
) -> None:
    owner = await by_auth0(hooked, OWNER)
    answer = await owner.post(WEBHOOKS, {"url": HERE, "events": [], **given})
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == [field]
    assert await count(hooked.database, webhooks) == 0


async def test_who_may_have_webhooks(hooked: Running) -> None:
    for uid, status in ((OWNER, 201), (SUNDAI_OWNER, 201), (ADMINISTRATOR, 201), (COACH, 403), (STUDENT, 403)):
        answer = await (await by_auth0(hooked, uid)).post(WEBHOOKS, {"url": HERE, "events": []})
        assert answer.status_code == status, uid
    assert await count(hooked.database, webhooks) == 3


async def test_what_belongs_to_others_is_not_there(hooked: Running) -> None:
    theirs = await made(await by_auth0(hooked, SUNDAI_OWNER))
    path = f"{WEBHOOKS}/{theirs['id']}"
    owner = await by_auth0(hooked, OWNER)
    assert (await owner.get(WEBHOOKS)).json()["data"] == []
    for method, where, body in (
        ("GET", path, None),
        ("PUT", path, {"url": HERE, "events": []}),
        ("PATCH", path, {"is_active": False}),
        ("DELETE", path, None),
        ("POST", f"{path}/test", {}),
        ("POST", f"{path}/rotate-secret", {}),
        ("POST", f"{path}/replay", {}),
        ("GET", f"{path}/deliveries", None),
        ("POST", f"{path}/deliveries/1/retry", {}),
    ):
        answer = await owner.client.request(method, where, json=body, headers=owner.to)
        assert answer.status_code == 404, (method, where, answer.text)
    assert await count(hooked.database, webhooks) == 1
    assert await count(hooked.database, webhook_secrets) == 1
    assert await count(hooked.database, deliveries) == 0
    assert len((await (await by_auth0(hooked, ADMINISTRATOR)).get(WEBHOOKS)).json()["data"]) == 1


async def test_a_token_needs_the_abilities(hooked: Running) -> None:
    reader = await by_token(hooked, OWNER, ["webhooks:read"])
    assert (await reader.get(WEBHOOKS)).status_code == 200
    assert (await reader.post(WEBHOOKS, {"url": HERE, "events": []})).json() == {"message": "Invalid ability provided."}
    writer = await by_token(hooked, OWNER, ["webhooks:write", "webhooks:read"])
    assert (await writer.post(WEBHOOKS, {"url": HERE, "events": []})).status_code == 201


async def test_demo_tokens_have_no_webhooks(hooked: Running) -> None:
    demo = Caller(hooked.client, {"Authorization": f"Bearer {hooked.signed(OWNER, ['cram_school_owner'], demo=True)}"})
    await made(await by_auth0(hooked, OWNER))
    assert (await demo.post(WEBHOOKS, {"url": HERE, "events": []})).status_code == 403
    assert (await demo.get(WEBHOOKS)).json()["data"] == []


async def test_a_ping_is_queued_and_shown(hooked: Running) -> None:
    owner = await by_auth0(hooked, OWNER)
    new = await made(owner, events=[])
    answer = await owner.post(f"{WEBHOOKS}/{new['id']}/test", {})
    assert answer.status_code == 202
    number = answer.json()["data"]["delivery_id"]
    (listed,) = (await owner.get(f"{WEBHOOKS}/{new['id']}/deliveries")).json()["data"]
    assert list(listed) == [
        *(
            "id",
            "event",
            "event_id",
            "status",
            "attempts",
            "response_code",
            "duration_ms",
            "next_retry_at",
            "created_at",
        )
    ]
    assert (listed["id"], listed["event"], listed["status"], listed["attempts"]) == (number, "ping", "pending", 0)
    shown = (await owner.get(f"{WEBHOOKS}/{new['id']}")).json()["data"]["last_delivery"]
    assert (shown["id"], shown["status"]) == (number, "pending")
    await owner.client.patch(f"{WEBHOOKS}/{new['id']}", json={"is_active": False}, headers=owner.to)
    (listed,) = (await owner.get(f"{WEBHOOKS}/{new['id']}/deliveries", status="skipped")).json()["data"]
    assert listed["id"] == number
    refused = await owner.post(f"{WEBHOOKS}/{new['id']}/test", {})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["webhook"])
