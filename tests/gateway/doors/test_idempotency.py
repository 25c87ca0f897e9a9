"""Idempotency-Key: what was created under a key is created once, and nobody else can read the answer."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx2
import orjson
import pytest
from sqlalchemy import select, update

from db.accounts import api_tokens
from db.operations import idempotency_keys
from gateway.doors.idempotency import digest, opened
from gateway.doors.problems import Refused
from tests.accounts.calling import (
    ME,
    OWNER,
    SAMPLE_STUDENT,
    STUDENT,
    TOKENS,
    Caller,
    by_auth0,
    by_token,
    count,
    dump,
    with_token,
)
from tests.conftest import Running, running
from tests.fuzz.inside import ask
from tests.fuzz.sent import Sent

BODY = {"name": "once", "abilities": ["courses:read"]}
CONFLICT = "A request with this Idempotency-Key is being carried out. Ask again for its answer."
UNKNOWN = "The request with this Idempotency-Key was carried out, and its answer is not known yet."


async def make(caller: Caller, key: str | None = "k", body: object = BODY) -> httpx2.Response:
    """Make a token under a key."""
    return await caller.post(TOKENS, body, **({} if key is None else {"Idempotency-Key": key}))


async def rows(own: Running) -> tuple[int, int]:
    """How many tokens there are, and how many keys."""
    return await count(own.database, api_tokens), await count(own.database, idempotency_keys)


async def test_the_first_answer_is_given_again_byte_by_byte(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    first, again, third = [await make(caller) for _ in range(3)]
    assert first.status_code == again.status_code == third.status_code == 201
    assert first.content == again.content == third.content
    assert [answer.headers.get("idempotent-replayed") for answer in (first, again, third)] == [None, "true", "true"]
    for name in ("content-type", "x-graphql-document"):
        assert first.headers[name] == again.headers[name]
    assert await rows(own) == (1, 1)
    assert (await with_token(own, again.json()["plainTextToken"]).get(ME)).status_code == 200


async def test_another_process_gives_the_same_answer(own: Running) -> None:
    first = await make(await by_auth0(own, OWNER))
    async with running(own.settings) as second:
        caller = Caller(second.client, {"Authorization": first.request.headers["authorization"]})
        again = await make(caller)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert await rows(own) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        {**BODY, "name": "twice"},
        {**BODY, "abilities": ["*"]},
        {**BODY, "expires_at": "2031-01-01T00:00:00Z"},
        {"name": "", "abilities": []},
        {},
    ],
)
async def test_the_same_key_with_another_body_is_refused_and_writes_nothing(own: Running, body: object) -> None:
    caller = await by_auth0(own, OWNER)
    first = await make(caller)
    refused = await make(caller, body=body)
    assert (refused.status_code, refused.json()) == (
        422,
        {"message": "This Idempotency-Key was used for another request.", "errors": {}},
    )
    assert "idempotent-replayed" not in refused.headers
    assert await rows(own) == (1, 1)
    assert (await make(caller)).content == first.content


async def test_a_key_belongs_to_the_token_that_used_it(own: Running) -> None:
    callers = [await by_auth0(own, OWNER), await by_auth0(own, STUDENT), await by_token(own, OWNER)]
    answers = [await make(caller) for caller in callers]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["plainTextToken"] for answer in answers}) == 3
    assert {answer.headers.get("idempotent-replayed") for answer in answers} == {None}
    assert await rows(own) == (4, 3)


@pytest.mark.parametrize(
    "wrong", [{"name": "", "abilities": ["*"]}, {"name": "x", "abilities": ["x"]}, {"name": "x", "abilities": []}, {}]
)
async def test_a_refused_request_does_not_take_the_key(own: Running, wrong: object) -> None:
    caller = await by_auth0(own, OWNER)
    assert (await make(caller, body=wrong)).status_code == 422
    assert await rows(own) == (0, 0)
    made = await make(caller)
    assert (made.status_code, made.headers.get("idempotent-replayed")) == (201, None)
    assert await rows(own) == (1, 1)


async def test_what_a_token_may_not_make_does_not_take_the_key(own: Running) -> None:
    for abilities, wanted in ((["courses:read"], ["courses:read"]), (["tokens:write"], ["*"])):
        caller = await by_token(own, OWNER, abilities)
        assert (await make(caller, body={"name": "x", "abilities": wanted})).status_code == 403
    assert await rows(own) == (2, 0)


async def test_without_a_key_each_request_makes_one(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    answers = [await make(caller, None) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content != answers[1].content
    assert await rows(own) == (2, 0)


async def test_two_keys_make_two(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    assert [(await make(caller, key)).status_code for key in ("k", "K", "k ", "x" * 255)] == [201, 201, 201, 201]
    # A space at the end is no part of a header's value.
    assert (await rows(own))[0] in (3, 4)


async def test_of_many_at_once_one_makes_a_token(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    answers = await asyncio.gather(*(make(caller) for _ in range(8)))
    assert await rows(own) == (1, 1)
    made = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len({answer.content for answer in made}) == 1
    assert Counter("idempotent-replayed" in answer.headers for answer in made)[False] == 1
    assert {answer.status_code for answer in refused} <= {409}
    assert {answer.json()["message"] for answer in refused} <= {CONFLICT, UNKNOWN}
    assert (await make(caller)).content == made[0].content


async def test_of_two_bodies_at_once_under_one_key_one_is_carried_out(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    answers = await asyncio.gather(*(make(caller, body={**BODY, "name": f"n{number}"}) for number in range(6)))
    statuses = Counter(answer.status_code for answer in answers)
    assert (statuses[201], statuses[409] + statuses[422]) == (1, 5)
    assert await rows(own) == (1, 1)


async def test_what_was_carried_out_and_never_answered_is_not_carried_out_again(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    await make(caller)
    async with own.database.writing() as transaction:
        await transaction.execute(update(idempotency_keys).values(answer=None))
    refused = await make(caller)
    assert (refused.status_code, refused.json()) == (409, {"message": UNKNOWN})
    assert await rows(own) == (1, 1)


async def test_the_kept_answer_holds_no_token_and_opens_to_its_credential_only(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    first = await make(caller, "a key of mine")
    secret = first.json()["plainTextToken"].partition("|")[2]
    everything = await dump(own.database)
    credential = caller.headers["Authorization"]
    for hidden in (secret, "a key of mine", credential, credential.removeprefix("Bearer "), "plainTextToken"):
        assert hidden.encode() not in everything
    async with own.database.engine.connect() as connection:
        ((key, sealed),) = (await connection.execute(select(idempotency_keys.c.key, idempotency_keys.c.answer))).all()
    assert key == digest([credential.encode(), b"a key of mine"])
    # Whoever has the database has these, and they open nothing.
    for guess in (key, sha256(key).digest(), bytes(32), sha256(secret.encode()).digest()):
        with pytest.raises(Refused):
            opened(sealed, guess)


async def test_an_answer_that_was_tampered_with_is_not_given(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    await make(caller)
    async with own.database.writing() as transaction:
        sealed: bytes = (await transaction.execute(select(idempotency_keys.c.answer))).scalar_one()
        await transaction.execute(update(idempotency_keys).values(answer=sealed[:-1] + bytes([sealed[-1] ^ 1])))
    refused = await make(caller)
    assert refused.status_code == 409
    assert refused.json() == {"message": "The answer kept under this Idempotency-Key cannot be read."}
    assert await rows(own) == (1, 1)


@pytest.mark.parametrize(("age", "replayed"), [(timedelta(hours=23, minutes=59), True), (timedelta(hours=24), False)])
async def test_a_key_is_remembered_for_24_hours(own: Running, age: timedelta, replayed: bool) -> None:
    caller = await by_auth0(own, OWNER)
    first = await make(caller)
    async with own.database.writing() as transaction:
        await transaction.execute(update(idempotency_keys).values(created_at=datetime.now(UTC) - age))
    again = await make(caller)
    assert (again.status_code, again.content == first.content) == (201, replayed)
    assert await rows(own) == ((1, 1) if replayed else (2, 1))
    third = await make(caller)
    assert (third.content, third.headers["idempotent-replayed"]) == (again.content, "true")


async def test_an_old_key_is_free_for_another_body(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    await make(caller)
    async with own.database.writing() as transaction:
        await transaction.execute(update(idempotency_keys).values(created_at=datetime.now(UTC) - timedelta(days=2)))
    assert (await make(caller, body={**BODY, "name": "another"})).status_code == 201
    assert await rows(own) == (2, 1)


async def test_old_keys_are_let_go_of_and_fresh_ones_kept(own: Running) -> None:
    caller, now = await by_auth0(own, OWNER), datetime.now(UTC)
    await make(caller, "old")
    async with own.database.writing() as transaction:
        await transaction.execute(update(idempotency_keys).values(created_at=now - timedelta(hours=24)))
    await make(caller, "fresh")
    assert await rows(own) == (2, 1)
    assert (await make(caller, "fresh")).headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "a\x7fb"])
async def test_a_key_that_is_none_is_refused_and_writes_nothing(own: Running, key: str) -> None:
    refused = await make(await by_auth0(own, OWNER), key)
    assert (refused.status_code, refused.json()) == (
        422,
        {"message": "Idempotency-Key has from 1 to 255 characters.", "errors": {}},
    )
    assert await rows(own) == (0, 0)


async def test_a_query_that_is_no_utf8_is_refused_with_a_key_too(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    headers = {**caller.headers, "Content-Type": "application/json", "Idempotency-Key": "k"}
    raw = tuple((name.encode(), value.encode()) for name, value in headers.items())
    answer = await ask(own.app, Sent("rest", "POST", f"{TOKENS}?".encode() + b"\xff=1", raw, orjson.dumps(BODY)))
    assert (answer.error, answer.status, await rows(own)) == (None, 400, (0, 0))


async def test_two_keys_in_one_request_are_refused_even_when_equal(own: Running) -> None:
    headers = [*(await own.headers(OWNER)).items(), ("Idempotency-Key", "k"), ("Idempotency-Key", "k")]
    refused = await own.client.post(TOKENS, json=BODY, headers=headers)
    assert refused.status_code == 422
    assert await rows(own) == (0, 0)


async def test_a_repeated_request_is_counted_and_must_still_come_in(own: Running) -> None:
    caller = await by_token(own, SAMPLE_STUDENT)
    first, again = await make(caller), await make(caller)
    left = [int(answer.headers["x-ratelimit-remaining"]) for answer in (first, again)]
    assert left[0] - left[1] == 1
    number = str(caller.headers["Authorization"]).removeprefix("Bearer ").partition("|")[0]
    assert (await caller.delete(f"{TOKENS}/{number}")).status_code == 204
    assert (await make(caller)).status_code == 401
