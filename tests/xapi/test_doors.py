"""Endpoints over REST and GraphQL: made, shown, changed, removed; by whom; and what is wrong with them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select

from db.xapi.tables import xapi_endpoints, xapi_statements
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
from tests.xapi.forwarding import ENDPOINTS, HOME, Forwarding

HERE = "http://127.0.0.1:9/xapi"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
KEYS = [
    *("id", "name", "url", "auth_type", "version", "verbs", "has_credentials", "is_active", "disabled_reason", "lag"),
    *("failing", "failing_since", "next_attempt_at", "response_code", "error", "last_delivered_at"),
    *("created_at", "updated_at"),
]
BASIC = {"username": "us", "password": "a password of ours"}
SHOWN = """legacyId name url authType authTypeCode version verbs hasCredentials home isActive disabledReason lag failing
  failingSince attemptCount nextAttemptAt responseCode error lastDeliveredAt createdAt updatedAt"""
ONE = f"query ($id: Int!) {{ xapiEndpoint(legacyId: $id) {{ {SHOWN} organization {{ code }} }} }}"
REGISTER = f"""
mutation ($url: String!, $given: XapiCredentials, $verbs: [String!], $version: String, $name: String) {{
  registerXapiEndpoint(url: $url, credentials: $given, verbs: $verbs, version: $version, name: $name) {{
    endpoint {{ {SHOWN} }} userErrors {{ field code message }}
  }}
}}"""
UPDATE = f"""
mutation ($id: Int!, $url: String, $given: XapiCredentials, $active: Boolean) {{
  updateXapiEndpoint(legacyId: $id, url: $url, credentials: $given, isActive: $active) {{
    endpoint {{ {SHOWN} }} userErrors {{ field code message }}
  }}
}}"""
DELETE = "mutation ($id: Int!) { deleteXapiEndpoint(legacyId: $id) { deleted } }"


@pytest.fixture
def app(idle: Forwarding) -> Running:
    """The app without a worker."""
    return idle.running


async def made(caller: Caller, **more: object) -> dict[str, Any]:
    """An endpoint."""
    answer = await caller.post(ENDPOINTS, {"url": HERE, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


async def put(caller: Caller, id_: object, body: object) -> Any:  # noqa: ANN401  # JSON has no types
    """What comes of a change."""
    return await caller.client.put(f"{ENDPOINTS}/{id_}", json=body, headers=caller.to)


async def test_an_endpoint_is_made_shown_changed_and_removed_over_rest(app: Running) -> None:
    owner = await by_auth0(app, OWNER)
    new = await made(owner, name="Our LRS", **BASIC, verbs=["passed", "failed", "passed"], version="2.0.0")
    assert list(new) == KEYS
    told = {"name": "Our LRS", "url": HERE, "auth_type": "basic", "version": "2.0.0"}
    assert new["verbs"] == ["passed", "failed"]
    assert {name: new[name] for name in told} == told
    assert (new["has_credentials"], new["is_active"], new["lag"], new["failing"]) == (True, True, 0, False)
    (listed,) = (await owner.get(ENDPOINTS)).json()["data"]
    assert listed == new
    changed = await put(owner, new["id"], {"token": "another"})
    assert changed.status_code == 200
    assert list(changed.json()["data"]) == KEYS
    assert {**changed.json()["data"], "updated_at": new["updated_at"]} == {**new, "auth_type": "bearer"}
    gone = await owner.delete(f"{ENDPOINTS}/{new['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await owner.delete(f"{ENDPOINTS}/{new['id']}")).status_code == 404
    assert (await put(owner, new["id"], {})).status_code == 404
    assert await count(app.database, xapi_endpoints) == 0


async def test_what_nobody_says_is_the_plainest(app: Running) -> None:
    new = await made(await by_auth0(app, OWNER))
    shown = [new[name] for name in ("name", "auth_type", "version", "verbs", "has_credentials")]
    assert shown == ["127.0.0.1", "basic", "1.0.3", [], False]


async def test_the_address_of_the_statements_means_the_store(app: Running) -> None:
    owner = await by_auth0(app, OWNER)
    for url in (f"{HERE}/", f"{HERE}/statements", f"{HERE}/statements/"):
        assert (await made(owner, url=url))["url"] == HERE


async def test_the_graph_makes_and_shows_the_same(app: Running) -> None:
    owner = await by_auth0(app, OWNER)
    given = {"url": HERE, "given": {"token": "abc"}, "verbs": ["earned"], "name": "é"}
    answer = (await owner.data(REGISTER, given))["registerXapiEndpoint"]
    assert answer["userErrors"] == []
    new = answer["endpoint"]
    assert (new["authType"], new["hasCredentials"], new["verbs"], new["home"]) == ("BEARER", True, ["earned"], HOME)
    (listed,) = (await owner.get(ENDPOINTS)).json()["data"]
    same = ("name", "url", "version", "verbs", "lag", "failing")
    assert {name: listed[name] for name in same} == {name: new[name] for name in same}
    shown = (await owner.data(ONE, {"id": new["legacyId"]}))["xapiEndpoint"]
    assert shown == {**new, "organization": shown["organization"]}
    off = (await owner.data(UPDATE, {"id": new["legacyId"], "active": False}))["updateXapiEndpoint"]["endpoint"]
    assert (off["isActive"], off["disabledReason"]) == (False, "switched_off")
    assert (await owner.get(ENDPOINTS)).json()["data"][0]["disabled_reason"] == "switched_off"
    assert await owner.data(DELETE, {"id": new["legacyId"]}) == {"deleteXapiEndpoint": {"deleted": True}}
    assert await owner.data(DELETE, {"id": new["legacyId"]}) == {"deleteXapiEndpoint": {"deleted": False}}
    assert (await owner.data(ONE, {"id": new["legacyId"]}))["xapiEndpoint"] is None
    nothing = (await owner.data(UPDATE, {"id": new["legacyId"]}))["updateXapiEndpoint"]
    assert nothing == {"endpoint": None, "userErrors": []}


async def test_statements_are_shown_with_what_the_store_said(app: Running) -> None:
    owner = await by_auth0(app, OWNER)
    new = await made(owner)
    async with app.database.writing() as transaction:
        place = select(xapi_endpoints.c.organization_id).where(xapi_endpoints.c.id == new["id"])
        row = {"endpoint_id": new["id"], "organization_id": (await transaction.execute(place)).scalar_one()}
        row |= {"event_seq": 1, "event_type": "lesson.completed", "verb": "completed", "created_at": NOW}
        rejected = {"status": "rejected", "finished_at": NOW, "response_code": 400, "error": "bad", "body": b"{}"}
        await transaction.execute(insert(xapi_statements), [{**row, "statement_id": "a", **rejected}])
        waits = {"status": "pending", "body": b"{}"}
        await transaction.execute(insert(xapi_statements), [{**row, "statement_id": "b", **waits}])
    text = """query ($id: Int!, $status: XapiStatementStatus) { xapiEndpoint(legacyId: $id) {
      statements(status: $status) { totalCount nodes { statementId verb eventType status responseCode error } } } }"""
    found = (await owner.data(text, {"id": new["id"]}))["xapiEndpoint"]["statements"]
    assert (found["totalCount"], [one["statementId"] for one in found["nodes"]]) == (2, ["b", "a"])
    found = (await owner.data(text, {"id": new["id"], "status": "REJECTED"}))["xapiEndpoint"]["statements"]
    assert found["nodes"] == [
        {
            "statementId": "a",
            "verb": "completed",
            "eventType": "lesson.completed",
            "status": "REJECTED",
            "responseCode": 400,
            "error": "bad",
        }
    ]


async def test_credentials_are_sealed_and_never_shown(app: Running) -> None:
    owner = await by_auth0(app, OWNER)
    new = await made(owner, **BASIC)
    await put(owner, new["id"], {"token": "a-token-of-ours"})
    kept = await dump(app.database)
    for secret in ("a password of ours", "a-token-of-ours"):
        assert secret.encode() not in kept
        assert secret not in (await owner.get(ENDPOINTS)).text
    answer = await owner.graph("{ xapiEndpoints { nodes { credentials } } }")
    assert [one["extensions"]["code"] for one in answer.json()["errors"]] == ["BAD_USER_INPUT"]


async def test_sealed_credentials_never_go_to_another_server(app: Running) -> None:
    owner = await by_auth0(app, OWNER)
    new = await made(owner, **BASIC)
    for url in ("http://127.0.0.1:10/xapi", "http://127.0.0.2:9/xapi", "https://127.0.0.1:9/xapi"):
        answer = await put(owner, new["id"], {"url": url})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["url"])
    (listed,) = (await owner.get(ENDPOINTS)).json()["data"]
    assert listed == new
    assert (await put(owner, new["id"], {"url": "http://127.0.0.1:9/other"})).status_code == 200
    assert (await put(owner, new["id"], {"url": "http://127.0.0.1:10/xapi", **BASIC})).status_code == 200


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"url": "https://10.0.0.1/"}, ["url"]),
        ({"url": "http://169.254.169.254/latest/meta-data"}, ["url"]),
        ({"url": "ftp://example.com/"}, ["url"]),
        ({"url": "https://user:password@127.0.0.1/"}, ["url"]),
        ({"url": "no address"}, ["url"]),
        ({"url": "https://nobody.invalid/"}, ["url"]),
        ({"url": "http://127.0.0.1/xapi?a=1"}, ["url"]),
        ({"url": "http://127.0.0.1/xapi#a"}, ["url"]),
        ({"name": "é" * 256}, ["name"]),
        ({"version": "1.0"}, ["version"]),
        ({"verbs": ["completed", "burnt"]}, ["verbs"]),
        ({"verbs": "completed"}, ["verbs"]),
        ({"auth_type": "digest"}, ["auth_type"]),
        ({"auth_type": "basic"}, ["username", "password"]),
        ({"auth_type": "bearer"}, ["token"]),
        ({"username": "us"}, ["password"]),
        ({"password": "p"}, ["username"]),
        ({"username": "u:s", "password": "p"}, ["username"]),
        ({"username": "us", "password": "p\r\nX: y"}, ["password"]),
        ({"username": "us", "password": "p", "token": "t"}, ["username", "password"]),
        ({"auth_type": "bearer", "token": "t", "username": "us"}, ["username"]),
        ({"token": "a b"}, ["token"]),
        ({"token": "a\r\nX: y"}, ["token"]),
    ],
    ids=str,
)
async def test_what_is_wrong_is_named_and_nothing_is_made_or_changed(
    app: Running, given: dict[str, object], fields: list[str]
) -> None:
    owner = await by_auth0(app, OWNER)
    answer = await owner.post(ENDPOINTS, {"url": HERE, **given})
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == fields
    assert await count(app.database, xapi_endpoints) == 0
    new = await made(owner)
    answer = await put(owner, new["id"], given)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, fields)
    assert (await owner.get(ENDPOINTS)).json()["data"] == [new]


async def test_the_graph_names_credentials_by_their_path(app: Running) -> None:
    owner = await by_auth0(app, OWNER)
    answer = (await owner.data(REGISTER, {"url": HERE, "given": {"username": "us"}}))["registerXapiEndpoint"]
    assert [(wrong["field"], wrong["code"]) for wrong in answer["userErrors"]] == [
        (["credentials", "password"], "PASSWORD_FORM")
    ]
    assert await count(app.database, xapi_endpoints) == 0


async def test_a_url_is_needed(app: Running) -> None:
    answer = await (await by_auth0(app, OWNER)).post(ENDPOINTS, {})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["url"])


async def test_who_may_have_endpoints(app: Running) -> None:
    for uid, status in ((OWNER, 201), (SUNDAI_OWNER, 201), (ADMINISTRATOR, 201), (COACH, 403), (STUDENT, 403)):
        answer = await (await by_auth0(app, uid)).post(ENDPOINTS, {"url": HERE})
        assert answer.status_code == status, uid
    assert await count(app.database, xapi_endpoints) == 3
    assert (await app.client.get(ENDPOINTS)).status_code == 401
    assert (await app.client.post(ENDPOINTS, json={"url": HERE})).status_code == 401


async def test_what_belongs_to_others_is_not_there(app: Running) -> None:
    theirs = await made(await by_auth0(app, SUNDAI_OWNER))
    owner = await by_auth0(app, OWNER)
    assert (await owner.get(ENDPOINTS)).json()["data"] == []
    assert (await put(owner, theirs["id"], {"is_active": False})).status_code == 404
    assert (await owner.delete(f"{ENDPOINTS}/{theirs['id']}")).status_code == 404
    assert (await owner.data(ONE, {"id": theirs["id"]}))["xapiEndpoint"] is None
    assert (await (await by_auth0(app, ADMINISTRATOR)).get(ENDPOINTS)).json()["data"] == [theirs]


async def test_a_token_needs_the_abilities(app: Running) -> None:
    reader = await by_token(app, OWNER, ["xapi:read"])
    assert (await reader.get(ENDPOINTS)).status_code == 200
    refused = await reader.post(ENDPOINTS, {"url": HERE})
    assert (refused.status_code, refused.json()) == (403, {"message": "Invalid ability provided."})
    writer = await by_token(app, OWNER, ["xapi:write"])
    assert (await writer.get(ENDPOINTS)).status_code == 403
    both = await by_token(app, OWNER, ["xapi:write", "xapi:read"])
    assert (await both.post(ENDPOINTS, {"url": HERE})).status_code == 201


async def test_demo_tokens_have_no_endpoints(app: Running) -> None:
    demo = Caller(app.client, {"Authorization": f"Bearer {app.signed(OWNER, ['cram_school_owner'], demo=True)}"})
    await made(await by_auth0(app, OWNER))
    assert (await demo.post(ENDPOINTS, {"url": HERE})).status_code == 403
    assert (await demo.get(ENDPOINTS)).json()["data"] == []


async def test_a_post_is_made_once_under_its_key(app: Running) -> None:
    owner = await by_auth0(app, OWNER)
    first = await owner.post(ENDPOINTS, {"url": HERE, **BASIC}, **{"Idempotency-Key": "one"})
    again = await owner.post(ENDPOINTS, {"url": HERE, **BASIC}, **{"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    other = await owner.post(ENDPOINTS, {"url": HERE}, **{"Idempotency-Key": "one"})
    assert other.status_code == 422
    assert await count(app.database, xapi_endpoints) == 1
    assert b"a password of ours" not in json.dumps(first.json()).encode()


async def test_whoever_changes_where_it_goes_is_its_owner(app: Running) -> None:
    owner, operator = await by_auth0(app, OWNER), await by_auth0(app, ADMINISTRATOR)
    new = await made(owner)
    before = await owner_of(app, new["id"])
    assert (await put(operator, new["id"], {"name": "renamed"})).status_code == 200
    assert await owner_of(app, new["id"]) == before
    assert (await put(operator, new["id"], {"url": "http://127.0.0.1:9/other"})).status_code == 200
    assert await owner_of(app, new["id"]) != before


async def owner_of(app: Running, id_: object) -> int:
    """The number of an endpoint's owner."""
    async with app.database.engine.connect() as connection:
        one = select(xapi_endpoints.c.owner_id).where(xapi_endpoints.c.id == id_)
        return int((await connection.execute(one)).scalar_one())
