"""Signing in with email and password: what is asked is what the token gets, and nobody is let in by mistake."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from db.accounts import api_tokens, users
from resolvers.abilities import Ability
from tests.accounts.calling import (
    EMAILS,
    LOCKED_EMAIL,
    ME,
    OWNER,
    PASSWORD,
    SIGN_IN,
    STUDENT,
    calling_from,
    count,
    number_of,
    with_token,
)
from tests.conftest import Running

EMAIL = EMAILS[STUDENT]
SPELLINGS = [
    EMAIL,
    EMAIL.upper(),
    "Student@Kakehashi.Example",
    f"  {EMAIL}\t",
    "ｓｔｕｄｅｎｔ＠ｋａｋｅｈａｓｈｉ．ｅｘａｍｐｌｅ",
    f"　{EMAIL}　",
]
WRONG = {
    "message": "These credentials do not match our records.",
    "errors": {"email": ["These credentials do not match our records."]},
}


async def attempt(running: Running, given: Mapping[str, object], address: str = "192.0.2.1") -> tuple[int, Any]:
    """What signing in gives, over REST, from an address."""
    async with calling_from(running, address) as client:
        answer = await client.post(SIGN_IN, json={"email": EMAIL, "password": PASSWORD, **given})
    return answer.status_code, answer.json()


async def sign_in(running: Running, **given: object) -> tuple[int, Any]:
    """The same from one address."""
    return await attempt(running, given)


async def row_of(running: Running, token: str) -> dict[str, object]:
    """The row of a token."""
    found = select(api_tokens, users.c.uid).join_from(api_tokens, users).where(api_tokens.c.id == number_of(token))
    async with running.database.engine.connect() as connection:
        return dict((await connection.execute(found)).mappings().one())


async def test_the_answer_is_the_documented_one_and_the_token_works(own: Running) -> None:
    status, answer = await sign_in(own)
    assert status == 200
    assert list(answer) == ["token", "token_type", "expires_at", "user"]
    assert answer["token_type"] == "Bearer"
    caller = with_token(own, answer["token"])
    assert (await caller.get(ME)).json() == {"data": answer["user"]}
    assert list(answer["user"]) == [
        *("id", "uid", "name", "email", "locale", "roles", "institution", "plan", "abilities", "trial_ends_at")
    ]
    assert answer["user"]["abilities"] == ["*"]
    assert (answer["user"]["uid"], answer["user"]["email"]) == (STUDENT, EMAIL)


@pytest.mark.parametrize("email", SPELLINGS)
async def test_an_email_is_found_whatever_its_case_width_and_spaces(accounts: Running, email: str) -> None:
    status, answer = await attempt(accounts, {"email": email}, f"192.0.2.{2 + SPELLINGS.index(email)}")
    assert (status, answer["user"]["uid"]) == (200, STUDENT)


@pytest.mark.parametrize(
    "password", [PASSWORD.upper(), f"{PASSWORD} ", f" {PASSWORD}", PASSWORD[:-1], "ｋakehashi-demo"]
)
async def test_a_password_is_taken_as_it_is(own: Running, password: str) -> None:
    assert await sign_in(own, password=password) == (422, WRONG)
    assert await count(own.database) == 0


async def test_wrong_password_unknown_address_and_no_password_are_answered_alike(own: Running) -> None:
    async with own.database.writing() as transaction:
        await transaction.execute(update(users).where(users.c.email == EMAILS[OWNER]).values(password_hash=None))
    told = [
        await sign_in(own, password="wrong"),
        await sign_in(own, email="nobody@kakehashi.example"),
        await sign_in(own, email=EMAILS[OWNER]),
        await sign_in(own, email=EMAILS[OWNER], password="nobody"),
        await sign_in(own, email="no address"),
    ]
    assert told == [(422, WRONG)] * 5
    assert await count(own.database) == 0


async def test_a_person_who_may_not_come_in_gets_no_token(own: Running) -> None:
    refused = await sign_in(own, email=LOCKED_EMAIL)
    assert refused == (403, {"message": "This action is unauthorized."})
    assert (await sign_in(own, email=LOCKED_EMAIL, password="wrong"))[0] == 422
    document = f'mutation {{ signIn(email: "{LOCKED_EMAIL}", password: "{PASSWORD}") {{ token viewer {{ uid }} }} }}'
    graph = await own.client.post("/graphql", json={"query": document})
    (error,) = graph.json()["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN", "reason": "account_locked"}
    assert graph.json()["data"] is None
    assert await count(own.database) == 0


@pytest.mark.parametrize(
    "abilities", [["courses:read"], ["courses:read", "tokens:write"], ["*"], [a.value for a in Ability]]
)
async def test_the_token_gets_the_abilities_that_were_asked_for(own: Running, abilities: list[str]) -> None:
    status, answer = await sign_in(own, abilities=abilities, device_name="端末")
    row = await row_of(own, answer["token"])
    assert (status, row["abilities"], row["name"], row["uid"]) == (200, abilities, "端末", STUDENT)
    assert answer["user"]["abilities"] == sorted(abilities)
    assert (await with_token(own, answer["token"]).get(ME)).json()["data"]["abilities"] == sorted(abilities)


async def test_a_token_of_sign_in_may_do_everything_for_thirty_days_unless_told_otherwise(own: Running) -> None:
    before = datetime.now(UTC)
    _, answer = await sign_in(own)
    row = await row_of(own, answer["token"])
    assert (row["abilities"], row["name"], row["revoked_at"], row["last_used_at"]) == (["*"], "sign-in", None, None)
    created, expires = row["created_at"], row["expires_at"]
    assert isinstance(created, datetime)
    assert isinstance(expires, datetime)
    assert before <= created <= datetime.now(UTC)
    assert expires - created == timedelta(days=30)
    assert datetime.fromisoformat(answer["expires_at"]) == expires


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"abilities": ["courses:write"]}, "abilities", "The selected abilities is invalid."),
        ({"abilities": []}, "abilities", "The abilities field must have at least 1 item."),
        ({"device_name": "x" * 256}, "device_name", "The name must have from 1 to 255 characters."),
    ],
)
async def test_what_cannot_be_asked_for_makes_no_token_and_counts_no_attempt(
    own: Running, given: dict[str, object], field: str, message: str
) -> None:
    for _ in range(6):
        assert await sign_in(own, **given) == (422, {"message": message, "errors": {field: [message]}})
    assert await count(own.database) == 0
    assert (await sign_in(own))[0] == 200


@pytest.mark.parametrize("missing", ["email", "password"])
async def test_a_missing_field_is_named(own: Running, missing: str) -> None:
    status, answer = await sign_in(own, **{missing: None})
    assert (status, answer["errors"]) == (422, {missing: [f"{missing} is missing"]})
    assert await count(own.database) == 0


async def test_a_very_long_email_or_password_is_a_wrong_one(own: Running) -> None:
    assert await sign_in(own, email="a" * 60_000) == (422, WRONG)
    assert await sign_in(own, password="a" * 60_000) == (422, WRONG)
    assert await count(own.database) == 0
