"""API tokens: GET, POST and DELETE /api/integrations/tokens."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from db.accounts import api_tokens
from resolvers.api_tokens import digest_of
from tests.conftest import Running, running
from tests.talktiko.asking import (
    ADMINISTRATOR,
    BEGINNER,
    COACH,
    LIST_KEYS,
    NOT_FOUND,
    OWNER,
    UNAUTHENTICATED,
    UNAUTHORIZED,
    Api,
    Case,
    Headers,
    bearer,
)
from tests.talktiko.learning import printed

PATH = "/integrations/tokens"
KEYS = ["id", "name", "abilities", "last_used_at", "expires_at", "created_at"]
SECRET = re.compile(r"[0-9]+\|kakehashi_[A-Za-z0-9]{40}[0-9a-f]{8}")
READ = ["courses:read"]
MAKER = "auth0|demo-n006"
GOOD: dict[str, object] = {"name": "連携", "abilities": READ}
NO_TOKEN = {"message": "You have no such token."}
NAME, PAST = "The name must have from 1 to 255 characters.", "The expires at field must be a date after now."
UNKNOWN, NONE = "The selected abilities is invalid.", "The abilities field must have at least 1 item."
# Name, abilities and end of the token that is made.
CREATING = (
    Case("name", {"name": "連携"}, ("連携", READ, None)),
    Case("name", {"name": "a" * 255}, ("a" * 255, READ, None)),
    Case("abilities", {"abilities": ["*"]}, ("連携", ["*"], None)),
    Case("abilities", {"abilities": ["progress:read", *READ, *READ]}, ("連携", ["progress:read", *READ], None)),
    Case("expires_at", {"expires_at": "2999-12-31T23:59:59Z"}, ("連携", READ, "2999-12-31T23:59:59.000000Z")),
    Case("expires_at", {"expires_at": "2990-01-01T00:00:00.5+09:00"}, ("連携", READ, "2989-12-31T15:00:00.500000Z")),
    Case("expires_at", {"expires_at": None}, ("連携", READ, None)),
    # What this token may not do is tests/gateway/persisted's matter; the answer keeps the documented keys.
    Case("documents_only", {"documents_only": True}, ("連携", READ, None)),
)
REVOKING = (Case("token", {"token": 1}),)


async def create(api: Api, body: dict[str, object], headers: Headers, *, key: str | None = None) -> httpx2.Response:
    """Make a token."""
    more = {} if key is None else {"Idempotency-Key": key}
    return await api.running.client.post(f"/api{PATH}", json=body, headers={**headers, **more})


async def caller(api: Api, *abilities: str, uid: str = MAKER) -> dict[str, str]:
    """The headers of a new token of someone who has few."""
    return bearer((await api.token(uid, abilities or ("*",))).plain_text)


async def listed(api: Api, headers: Headers) -> list[dict[str, Any]]:
    """The caller's tokens."""
    answer = await api.running.client.get(f"/api{PATH}?per_page=100", headers=headers)
    return answer.json()["data"]  # type: ignore[no-any-return]  # JSON has no types


async def kept(api: Api) -> int:
    """How many tokens there are, revoked ones included."""
    (row,) = await api.rows_of(select(func.count()).select_from(api_tokens))
    return int(row[0])


@pytest.mark.parametrize("case", CREATING, ids=str)
async def test_each_parameter_is_heeded(api: Api, case: Case) -> None:
    assert isinstance(case.expected, tuple)
    headers = await caller(api)
    answer = await create(api, {**GOOD, **case.given}, headers)
    content = answer.json()["data"]
    assert (answer.status_code, content["name"], content["abilities"]) == (201, *case.expected[:2])
    assert content["expires_at"] == case.expected[2]
    assert (await listed(api, headers))[-1] == content


async def test_a_token_is_made_with_its_keys_in_order_and_its_text_is_shown_this_once(api: Api) -> None:
    headers = await caller(api)
    answer = await create(api, {**GOOD, "expires_at": "2999-12-31T23:59:59Z"}, headers)
    content = answer.json()
    assert (answer.status_code, list(content), list(content["data"])) == (201, ["data", "plainTextToken"], KEYS)
    assert SECRET.fullmatch(content["plainTextToken"])
    number, _, secret = content["plainTextToken"].partition("|")
    assert number == str(content["data"]["id"])
    columns = (api_tokens.c.digest, api_tokens.c.created_at, api_tokens.c.user_id)
    (row,) = await api.rows_of(select(*columns).where(api_tokens.c.id == int(number)))
    assert (bytes(row[0]), row[2]) == (digest_of(secret), await api.id_of(MAKER))
    assert printed(row[1]) == content["data"]["created_at"]
    assert secret not in str(await listed(api, headers))
    used = await api.running.client.get("/api/auth/me", headers=bearer(content["plainTextToken"]))
    assert (used.json()["data"]["uid"], used.json()["data"]["abilities"]) == (MAKER, READ)


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"name": "a" * 256}, {"name": [NAME]}),
        ({"name": " "}, {"name": [NAME]}),
        ({"abilities": []}, {"abilities": [NONE]}),
        ({"abilities": ["nothing"]}, {"abilities": [UNKNOWN]}),
        ({"abilities": [*READ, ""]}, {"abilities": [UNKNOWN]}),
        ({"abilities": ["COURSES:READ"]}, {"abilities": [UNKNOWN]}),
        ({"abilities": ["courses:*"]}, {"abilities": [UNKNOWN]}),
        ({"expires_at": "2020-01-01T00:00:00Z"}, {"expires_at": [PAST]}),
        ({"name": " ", "abilities": ["nothing"]}, {"name": [NAME], "abilities": [UNKNOWN]}),
        (
            {"name": " ", "abilities": [], "expires_at": "2020-01-01T00:00:00Z"},
            {"name": [NAME], "abilities": [NONE], "expires_at": [PAST]},
        ),
    ],
)
async def test_what_cannot_be_made_is_refused_with_every_mistake_and_nothing_is_made(
    api: Api, given: dict[str, object], errors: dict[str, list[str]]
) -> None:
    headers = await caller(api)
    before = await kept(api)
    answer = await create(api, {**GOOD, **given}, headers)
    first, more = next(iter(errors.values()))[0], len(errors) - 1
    rest = "" if not more else f" (and {more} more error{'s' if more > 1 else ''})"
    assert (answer.status_code, answer.json()) == (422, {"message": first + rest, "errors": errors})
    assert list(answer.json()["errors"]) == list(errors)
    assert await kept(api) == before


@pytest.mark.parametrize("wanted", [["courses:read"], ["tokens:write", "progress:read"], ["*"], ["tokens:read"]])
async def test_an_ability_that_the_own_token_lacks_cannot_be_given(api: Api, wanted: list[str]) -> None:
    headers = await caller(api, "tokens:write", "analytics:read")
    before = await kept(api)
    answer = await create(api, {"name": "more", "abilities": wanted}, headers)
    assert (answer.status_code, answer.json()) == (403, UNAUTHORIZED)
    assert await kept(api) == before


async def test_an_ability_of_the_own_token_can_be_given(api: Api) -> None:
    headers = await caller(api, "tokens:write", "analytics:read")
    answer = await create(api, {"name": "less", "abilities": ["analytics:read"]}, headers)
    assert (answer.status_code, answer.json()["data"]["abilities"]) == (201, ["analytics:read"])


async def test_the_list_has_the_own_tokens_the_oldest_first(own_api: Api) -> None:
    ends = datetime.now(UTC) + timedelta(days=1)
    await own_api.token(COACH, ("*",), name="another's")
    first = await own_api.token(BEGINNER, ("tokens:read",), name="first")
    second = await own_api.token(BEGINNER, ("courses:read", "analytics:read"), name="second", expires_at=ends)
    answer = await own_api.running.client.get(f"/api{PATH}", headers=bearer(first.plain_text))
    content = answer.json()
    assert (answer.status_code, list(content), [list(row) for row in content["data"]]) == (200, LIST_KEYS, [KEYS] * 2)
    assert [[row[name] for name in KEYS[:-1]] for row in content["data"]] == [
        [first.id, "first", ["tokens:read"], None, None],
        [second.id, "second", ["courses:read", "analytics:read"], None, printed(ends)],
    ]


async def test_the_last_use_of_a_token_is_written_down_when_the_server_stops(own: Running) -> None:
    api = Api(own)
    headers, before = await caller(api), datetime.now(UTC)
    assert [row["last_used_at"] for row in await listed(api, headers)] == [None]
    async with running(own.settings) as restarted:
        await listed(Api(restarted), headers)
    (row,) = await listed(api, headers)
    assert before <= datetime.fromisoformat(row["last_used_at"]) <= datetime.now(UTC)


async def test_a_revoked_token_is_gone_at_once(api: Api) -> None:
    headers, client = await caller(api), api.running.client
    made = (await create(api, GOOD, headers)).json()
    number, revoked = made["data"]["id"], bearer(made["plainTextToken"])
    assert (await client.get("/api/auth/me", headers=revoked)).status_code == 200
    gone = await client.delete(f"/api{PATH}/{number}", headers=headers)
    assert (gone.status_code, gone.content) == (204, b"")
    assert "content-type" not in gone.headers
    assert number not in [row["id"] for row in await listed(api, headers)]
    refused = await client.get("/api/auth/me", headers=revoked)
    assert (refused.status_code, refused.json()) == (401, UNAUTHENTICATED)
    again = await client.delete(f"/api{PATH}/{number}", headers=headers)
    assert (again.status_code, again.json()) == (404, NO_TOKEN)


async def test_a_token_can_revoke_itself(api: Api) -> None:
    token, client = await api.token(MAKER, ("tokens:write",)), api.running.client
    headers = bearer(token.plain_text)
    assert (await client.delete(f"/api{PATH}/{token.id}", headers=headers)).status_code == 204
    assert (await client.delete(f"/api{PATH}/{token.id}", headers=headers)).status_code == 401


@pytest.mark.parametrize("uid", [OWNER, ADMINISTRATOR, BEGINNER])
async def test_nobody_revokes_a_token_of_another(api: Api, uid: str) -> None:
    token, client = await api.token(MAKER, ("*",)), api.running.client
    answer = await client.delete(f"/api{PATH}/{token.id}", headers=await caller(api, uid=uid))
    assert (answer.status_code, answer.json()) == (404, NO_TOKEN)
    assert (await client.get("/api/auth/me", headers=bearer(token.plain_text))).status_code == 200


@pytest.mark.parametrize("case", REVOKING, ids=str)
async def test_a_token_is_named_by_its_number(own_api: Api, case: Case) -> None:
    token = await own_api.token(COACH, ("tokens:write",))
    assert token.id == case.given["token"]
    answer = await own_api.running.client.delete(f"/api{PATH}/1", headers=bearer(token.plain_text))
    assert answer.status_code == 204


@pytest.mark.parametrize("number", ["abc", "0", "-1", "1.5", "2147483648", "9" * 30, "1%7Ckakehashi"])
async def test_what_is_no_number_of_a_token_is_not_found(api: Api, number: str) -> None:
    answer = await api.ask("DELETE", f"{PATH}/{number}")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


async def test_under_one_idempotency_key_a_token_is_made_once(api: Api) -> None:
    headers = await caller(api)
    first = await create(api, GOOD, headers, key="order-1")
    before = await kept(api)
    again = await create(api, GOOD, headers, key="order-1")
    assert (again.status_code, again.content) == (201, first.content)
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    other = await create(api, {**GOOD, "name": "other"}, headers, key="order-1")
    message = "This Idempotency-Key was used for another request."
    assert (other.status_code, other.json()) == (422, {"message": message, "errors": {}})
    assert await kept(api) == before
    fresh = await create(api, GOOD, headers, key="order-2")
    assert fresh.json()["data"]["id"] != first.json()["data"]["id"]


async def test_the_key_belongs_to_the_token_that_sent_it(api: Api) -> None:
    answers = [await create(api, GOOD, await caller(api), key="order-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["plainTextToken"] != answers[1].json()["plainTextToken"]


async def test_what_was_refused_under_a_key_can_be_mended_under_it(api: Api) -> None:
    headers = await caller(api)
    assert (await create(api, {**GOOD, "abilities": ["nothing"]}, headers, key="order-1")).status_code == 422
    assert (await create(api, GOOD, headers, key="order-1")).status_code == 201


@pytest.mark.parametrize("key", ["", "a" * 256])
async def test_a_key_has_from_1_to_255_characters(api: Api, key: str) -> None:
    headers = await caller(api)
    before = await kept(api)
    answer = await create(api, GOOD, headers, key=key)
    assert (answer.status_code, answer.json()["message"]) == (422, "Idempotency-Key has from 1 to 255 characters.")
    assert await kept(api) == before
