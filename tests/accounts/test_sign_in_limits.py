"""How often somebody may try to sign in: counted, on every process, and closed where it cannot be counted."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx2
import pytest
from redis.asyncio import Redis

from gateway.settings import Settings
from tests.accounts.calling import EMAILS, OWNER, PASSWORD, SIGN_IN, STUDENT, calling_from, count, reasons
from tests.conftest import Running, running

EMAIL = EMAILS[STUDENT]
DOCUMENT = "mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }"


async def attempt(
    started: Running, password: str = "wrong", *, address: str = "192.0.2.1", email: str = EMAIL
) -> httpx2.Response:
    """One attempt from an address."""
    async with calling_from(started, address) as client:
        return await client.post(SIGN_IN, json={"email": email, "password": password})


async def statuses(started: Running, passwords: list[str], **more: str) -> list[int]:
    """The statuses of several attempts, one after the other."""
    return [(await attempt(started, password, **more)).status_code for password in passwords]


async def test_the_sixth_attempt_of_a_minute_is_told_when_to_come_again(own: Running) -> None:
    assert await statuses(own, ["wrong"] * 5) == [422] * 5
    refused = await attempt(own, PASSWORD)
    assert (refused.status_code, refused.json()) == (429, {"message": "Too Many Attempts."})
    # A fifth of a minute, less what has passed of it.
    assert refused.headers["retry-after"] in [str(seconds) for seconds in range(1, 13)]
    assert await count(own.database) == 0


async def test_the_same_address_is_still_counted_after_a_success(own: Running) -> None:
    assert await statuses(own, ["wrong", PASSWORD, PASSWORD, "wrong", PASSWORD]) == [422, 200, 200, 422, 200]
    assert await statuses(own, [PASSWORD]) == [429]
    assert await statuses(own, [PASSWORD], address="192.0.2.2") == [200]
    assert await count(own.database) == 4


async def test_one_address_may_try_several_accounts(own: Running) -> None:
    assert await statuses(own, ["wrong"] * 6) == [422] * 5 + [429]
    assert await statuses(own, [PASSWORD], email=EMAILS[OWNER]) == [200]


async def test_every_spelling_of_an_email_counts_as_the_same(own: Running) -> None:
    spellings = [EMAIL, EMAIL.upper(), f" {EMAIL}", EMAIL.title(), EMAIL.replace("s", "ｓ"), EMAIL.swapcase()]
    assert [(await attempt(own, email=email)).status_code for email in spellings] == [422] * 5 + [429]


async def test_five_failures_from_anywhere_close_an_account_to_a_new_address(own: Running) -> None:
    for number in range(5):
        assert await statuses(own, ["wrong"], address=f"192.0.2.{10 + number}") == [422]
    refused = await attempt(own, PASSWORD, address="198.51.100.7")
    assert refused.status_code == 429
    # A fifth of a quarter of an hour, less what has passed of it.
    assert refused.headers["retry-after"] in [str(seconds) for seconds in range(121, 181)]
    assert await statuses(own, [PASSWORD], address="198.51.100.8", email=EMAILS[OWNER]) == [200]
    assert await count(own.database) == 1


async def test_a_success_forgets_the_failures_of_the_account(own: Running) -> None:
    for first in (10, 20):
        for number in range(4):
            assert await statuses(own, ["wrong"], address=f"192.0.2.{first + number}") == [422]
        assert await statuses(own, [PASSWORD], address=f"192.0.2.{first + 4}") == [200]
    assert await statuses(own, ["wrong"], address="192.0.2.30") == [422]


async def test_an_unknown_address_is_throttled_as_a_known_one_is(own: Running) -> None:
    email = "nobody@kakehashi.example"
    assert await statuses(own, ["wrong"] * 6, email=email) == [422] * 5 + [429]
    for number in range(4):
        await attempt(own, address=f"192.0.2.{10 + number}", email="other@kakehashi.example")
    assert await statuses(own, ["x", "x"], address="198.51.100.1", email="other@kakehashi.example") == [422, 429]


async def test_the_graph_and_rest_count_as_one(own: Running) -> None:
    assert await statuses(own, ["wrong"] * 3) == [422] * 3
    async with calling_from(own, "192.0.2.1") as client:
        asked = {"query": DOCUMENT, "variables": {"email": EMAIL, "password": "wrong"}}
        assert [(await client.post("/graphql", json=asked)).status_code for _ in range(2)] == [200, 200]
        refused = await client.post("/graphql", json=asked)
    assert (refused.status_code, reasons(refused)) == (429, ["sign_in_throttled"])
    assert "retry-after" in refused.headers
    assert await statuses(own, [PASSWORD]) == [429]


async def test_one_document_cannot_try_more_often_than_five_documents(own: Running) -> None:
    tries = " ".join(f'a{n}: signIn(email: "{EMAIL}", password: "wrong{n}") {{ token }}' for n in range(19))
    document = f'mutation {{ {tries} last: signIn(email: "{EMAIL}", password: "{PASSWORD}") {{ token }} }}'
    answer = await own.client.post("/graphql", json={"query": document})
    assert answer.status_code == 429
    assert reasons(answer) == ["sign_in_throttled"]
    assert await count(own.database) == 0


async def test_of_twenty_attempts_at_once_five_are_heard(own: Running) -> None:
    answers = await asyncio.gather(*(attempt(own) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {422: 5, 429: 15}


async def test_two_processes_on_one_redis_count_as_one(own: Running, redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()
    settings = own.settings.model_copy(update={"redis_url": redis_url})
    async with running(settings) as first, running(settings) as second:
        came = [await attempt(process) for process in (first, second, first, second, first, second)]
        assert [answer.status_code for answer in came] == [422] * 5 + [429]
        assert await statuses(second, [PASSWORD], email=EMAILS[OWNER]) == [200]


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
async def test_while_redis_is_away_nobody_is_let_in(own: Running, data_dir: Path, password: str) -> None:
    settings: Settings = own.settings.model_copy(update={"redis_url": f"unix://{data_dir}/nobody.sock"})
    async with running(settings) as started:
        for number in range(3):
            refused = await attempt(started, password, address=f"192.0.2.{number}")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert refused.json() == {"message": "Signing in is closed for a moment. Try again."}
        asked = {"query": DOCUMENT, "variables": {"email": EMAIL, "password": password}}
        graph = await started.client.post("/graphql", json=asked)
        assert (graph.status_code, graph.headers["retry-after"], reasons(graph)) == (503, "1", ["sign_in_closed"])
        assert graph.json()["data"] is None
    assert await count(own.database) == 0
