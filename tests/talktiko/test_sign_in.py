"""Authenticate and receive a bearer token: POST /api/auth/sign-in."""

import re
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import func, select

from db.accounts import api_tokens
from tests.talktiko.asking import (
    ADMINISTRATOR,
    COACH,
    EMAILS,
    LOCKED,
    OWNER,
    PASSWORD,
    STUDENT,
    SUNDAI_OWNER,
    UNAUTHORIZED,
    Api,
    Case,
    at_address,
    bearer,
)

PATH = "/auth/sign-in"
KEYS = ["token", "token_type", "expires_at", "user"]
USER_KEYS = [
    *("id", "uid", "name", "email", "locale", "roles", "institution", "plan", "abilities", "trial_ends_at"),
]
TOKEN = re.compile(r"([0-9]+)\|kakehashi_[A-Za-z0-9]{40}[0-9a-f]{8}")
WRONG = "These credentials do not match our records."
WRONG_CREDENTIALS = {"message": WRONG, "errors": {"email": [WRONG]}}
EMAIL = EMAILS[STUDENT]
# What the token is called and may do then.
CASES = (
    Case("email", {"email": EMAIL}, ("sign-in", ["*"])),
    Case("email", {"email": " STUDENT@Kakehashi.Example "}, ("sign-in", ["*"])),
    Case("email", {"email": "ｓｔｕｄｅｎｔ@kakehashi.example"}, ("sign-in", ["*"])),
    Case("password", {"password": PASSWORD}, ("sign-in", ["*"])),
    Case("device_name", {"device_name": "学のスマホ"}, ("学のスマホ", ["*"])),
    Case("device_name", {"device_name": "a" * 255}, ("a" * 255, ["*"])),
    Case("device_name", {"device_name": ""}, ("sign-in", ["*"])),
    Case("abilities", {"abilities": ["courses:read"]}, ("sign-in", ["courses:read"])),
    Case(
        "abilities",
        {"abilities": ["tokens:write", "courses:read", "tokens:write"]},
        ("sign-in", ["tokens:write", "courses:read"]),
    ),
    Case("abilities", {"abilities": ["*"]}, ("sign-in", ["*"])),
    Case("abilities", {"abilities": None}, ("sign-in", ["*"])),
)


async def tokens_kept(api: Api) -> int:
    """How many tokens there are."""
    (row,) = await api.rows_of(select(func.count()).select_from(api_tokens))
    return int(row[0])


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_each_parameter_is_heeded(api: Api, case: Case) -> None:
    assert isinstance(case.expected, tuple)
    name, abilities = case.expected
    body = {"email": EMAIL, "password": PASSWORD, **case.given}
    # Five a minute from one address, and each case from another one.
    address = f"203.0.113.{100 + CASES.index(case)}"
    answer = await api.nobody("POST", PATH, json=body, address=address)
    assert answer.status_code == 200
    assert answer.json()["user"]["abilities"] == sorted(abilities)
    made = api_tokens.c.id == int(answer.json()["token"].partition("|")[0])
    (row,) = await api.rows_of(select(api_tokens.c.name, api_tokens.c.abilities).where(made))
    assert tuple(row) == (name, abilities)


async def test_the_answer_has_its_keys_in_order_and_a_token_that_works_for_thirty_days(own_api: Api) -> None:
    before = datetime.now(UTC)
    answer = await own_api.sign_in(EMAIL)
    content = answer.json()
    assert (answer.status_code, list(content), list(content["user"])) == (200, KEYS, USER_KEYS)
    assert list(content["user"]["institution"]) == ["id", "name"]
    assert TOKEN.fullmatch(content["token"])
    ends = datetime.fromisoformat(content["expires_at"])
    assert before + timedelta(days=30) <= ends <= datetime.now(UTC) + timedelta(days=30)
    me = await own_api.running.client.get("/api/auth/me", headers=bearer(content["token"]))
    assert me.json() == {"data": content["user"]}
    (row,) = await own_api.rows_of(select(api_tokens.c.id, api_tokens.c.user_id, api_tokens.c.revoked_at))
    assert (str(row[0]), row[1], row[2]) == (content["token"].partition("|")[0], content["user"]["id"], None)


@pytest.mark.parametrize("uid", [STUDENT, COACH, OWNER, ADMINISTRATOR, SUNDAI_OWNER])
async def test_everybody_with_an_address_signs_in(api: Api, uid: str) -> None:
    body = {"email": EMAILS[uid], "password": PASSWORD}
    answer = await api.nobody("POST", PATH, json=body, address="203.0.113.99")
    assert (answer.status_code, answer.json()["user"]["uid"]) == (200, uid)
    assert answer.json()["user"]["email"] == EMAILS[uid]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "wrong"),
        (EMAIL, PASSWORD.upper()),
        (EMAIL, f"{PASSWORD} "),
        ("nobody@kakehashi.example", PASSWORD),
        (STUDENT, PASSWORD),
        ("x", "x"),
        ("x" * 10_000, "y" * 10_000),
        (EMAILS[LOCKED], "wrong"),
    ],
)
async def test_wrong_credentials_are_all_refused_alike_and_no_token_is_made(
    own_api: Api, email: str, password: str
) -> None:
    answer = await own_api.sign_in(email, password)
    assert (answer.status_code, answer.json()) == (422, WRONG_CREDENTIALS)
    assert await tokens_kept(own_api) == 0


async def test_who_is_locked_may_not_come_in(own_api: Api) -> None:
    answer = await own_api.sign_in(EMAILS[LOCKED])
    assert (answer.status_code, answer.json()) == (403, UNAUTHORIZED)
    assert await tokens_kept(own_api) == 0


@pytest.mark.parametrize(
    ("abilities", "message"),
    [
        ([], "The abilities field must have at least 1 item."),
        (["nothing"], "The selected abilities is invalid."),
        (["courses:read", "COURSES:READ"], "The selected abilities is invalid."),
        ([""], "The selected abilities is invalid."),
    ],
)
async def test_abilities_must_be_known(api: Api, abilities: list[str], message: str) -> None:
    before = await tokens_kept(api)
    answer = await api.sign_in(EMAIL, abilities=abilities)
    assert (answer.status_code, answer.json()) == (422, {"message": message, "errors": {"abilities": [message]}})
    assert await tokens_kept(api) == before


@pytest.mark.parametrize("name", [" ", "a" * 256])
async def test_a_device_name_has_from_1_to_255_characters(api: Api, name: str) -> None:
    before = await tokens_kept(api)
    answer = await api.sign_in(EMAIL, device_name=name)
    message = "The name must have from 1 to 255 characters."
    assert (answer.status_code, answer.json()) == (422, {"message": message, "errors": {"device_name": [message]}})
    assert await tokens_kept(api) == before


async def test_a_sixth_attempt_within_a_minute_is_one_too_many_even_with_the_right_password(own_api: Api) -> None:
    for _ in range(5):
        assert (await attempt(own_api, "wrong")).status_code == 422
    answer = await attempt(own_api, PASSWORD)
    assert (answer.status_code, answer.json()) == (429, {"message": "Too Many Attempts."})
    assert 1 <= int(answer.headers["retry-after"]) <= 180
    assert await tokens_kept(own_api) == 0


async def test_another_address_of_the_same_account_waits_too_after_five_failures(own_api: Api) -> None:
    for _ in range(5):
        await attempt(own_api, "wrong")
    assert (await attempt(own_api, PASSWORD, address="203.0.113.9")).status_code == 429
    other = await attempt(own_api, PASSWORD, email=EMAILS[COACH])
    assert (other.status_code, other.json()["user"]["uid"]) == (200, COACH)


async def test_five_right_attempts_from_one_address_are_counted_too_but_not_from_another(own_api: Api) -> None:
    assert [(await attempt(own_api, PASSWORD)).status_code for _ in range(6)] == [200] * 5 + [429]
    assert (await attempt(own_api, PASSWORD, address="203.0.113.9")).status_code == 200
    assert await tokens_kept(own_api) == 6


async def attempt(api: Api, password: str, *, email: str = EMAIL, address: str = "203.0.113.8") -> httpx2.Response:
    """Try to sign in from an address."""
    async with at_address(api.running, address) as client:
        return await client.post(f"/api{PATH}", json={"email": email, "password": password})


@pytest.mark.parametrize(
    ("content", "media_type", "status", "message"),
    [
        (b"{", "application/json", 400, "The body is no JSON object."),
        (b"[]", "application/json", 400, "The body is no JSON object."),
        (b"email=a&password=b", "application/x-www-form-urlencoded", 415, "Send the body as application/json."),
        (b"{}", "text/plain", 415, "Send the body as application/json."),
        (b'"' + b"a" * 200_000 + b'"', "application/json", 413, "The body is larger than 131072 bytes."),
    ],
    ids=["half", "list", "form", "text", "long"],
)
async def test_a_body_that_is_no_json_object_is_refused(
    api: Api, content: bytes, media_type: str, status: int, message: str
) -> None:
    answer = await api.nobody("POST", PATH, content=content, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()) == (status, {"message": message})
