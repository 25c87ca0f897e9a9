"""Apollo's automatic persisted queries: asked for, sent once, run by their hash from then on."""

import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from gateway.limits.limiter import Limiter
from gateway.limits.local import LocalBuckets
from gateway.persisted.automatic import DAY_S, KEY, AutomaticQueries
from tests.accounts.calling import OWNER, STUDENT
from tests.conftest import Running, running
from tests.gateway.persisted.asking import (
    DATA,
    NO_STORE,
    UNKNOWN,
    Clock,
    apollo,
    bad,
    get,
    hash_of,
    id_of,
    new_text,
    outcome,
    post,
)

MISMATCH = bad("provided sha does not match query")


@asynccontextmanager
async def processes(persisted: Running, *redis_urls: str | None) -> AsyncIterator[tuple[Running, Running]]:
    """Two processes on one database, each with the Redis that is named, if one is."""
    one, other = (persisted.settings.model_copy(update={"redis_url": url}) for url in redis_urls)
    async with running(one) as first, running(other) as second:
        yield first, second


async def sent_once(process: Running, text: str) -> None:
    """The three steps of Apollo's clients."""
    assert outcome(await post(process, {"extensions": apollo(text)})) == (200, UNKNOWN)
    assert outcome(await post(process, {"query": text, "extensions": apollo(text)})) == (200, DATA)
    assert outcome(await post(process, {"extensions": apollo(text)})) == (200, DATA)


async def test_a_text_that_was_sent_once_runs_by_its_hash(persisted: Running) -> None:
    text = new_text()
    await sent_once(persisted, text)
    assert outcome(await get(persisted, {"extensions": apollo(text)})) == (200, DATA)
    assert outcome(await post(persisted, {"extensions": apollo(text)}, headers={}))[0] == 401


async def test_by_get_a_text_is_kept_as_well(persisted: Running) -> None:
    text = new_text()
    unknown = await get(persisted, {"extensions": apollo(text)})
    assert (*outcome(unknown), unknown.headers["cache-control"]) == (200, UNKNOWN, NO_STORE)
    assert outcome(await get(persisted, {"query": text, "extensions": apollo(text)})) == (200, DATA)
    assert outcome(await get(persisted, {"extensions": apollo(text)})) == (200, DATA)


async def test_a_text_whose_answer_is_asked_for_as_events_is_kept_as_well(persisted: Running) -> None:
    text = new_text()
    answer = await post(persisted, {"query": text, "extensions": apollo(text)}, accept="text/event-stream")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert outcome(await post(persisted, {"extensions": apollo(text)})) == (200, DATA)


async def test_the_ids_of_registered_documents_find_no_text_that_was_only_sent(persisted: Running) -> None:
    text = new_text()
    await sent_once(persisted, text)
    assert outcome(await post(persisted, {"documentId": id_of(text)})) == (200, UNKNOWN)


async def test_a_text_under_another_texts_hash_is_refused_and_kept_nowhere(persisted: Running) -> None:
    text, other = new_text(), new_text()
    refused = await post(persisted, {"query": text, "extensions": apollo(other)})
    assert outcome(refused) == (400, MISMATCH)
    for one in (text, other):
        assert outcome(await post(persisted, {"extensions": apollo(one)})) == (200, UNKNOWN)


@pytest.mark.parametrize("selection", ["{ nonsense }", "{ viewer {", "query ($a: Int!) { organizations(first: $a) {"])
async def test_a_text_that_does_not_run_is_not_kept(persisted: Running, selection: str) -> None:
    text = new_text(selection)
    refused = await post(persisted, {"query": text, "extensions": apollo(text)})
    assert "errors" in refused.json()
    assert outcome(await post(persisted, {"extensions": apollo(text)})) == (200, UNKNOWN)


async def test_a_text_of_people_without_a_token_is_not_kept(persisted: Running) -> None:
    text = new_text("{ subscriptionPlans { code } }")
    ran = await post(persisted, {"query": text, "extensions": apollo(text)}, headers={})
    assert (ran.status_code, set(ran.json())) == (200, {"data", "extensions"})
    assert outcome(await post(persisted, {"extensions": apollo(text)}, headers={})) == (200, UNKNOWN)


async def test_a_text_above_32_kib_runs_and_is_not_kept(persisted: Running) -> None:
    for size, second in ((32 * 1024, DATA), (32 * 1024 + 1, UNKNOWN)):
        text = new_text()
        text = f"#{'x' * (size - len(text) - 2)}\n{text}"
        await post(persisted, {"query": text, "extensions": apollo(text)})
        assert outcome(await post(persisted, {"extensions": apollo(text)})) == (200, second)


async def test_processes_share_texts_by_redis_for_a_day(persisted: Running, redis_url: str) -> None:
    text = new_text()
    async with processes(persisted, redis_url, redis_url) as (one, other), Redis.from_url(redis_url) as redis:
        await sent_once(one, text)
        assert outcome(await post(other, {"extensions": apollo(text)})) == (200, DATA)
        assert await redis.get(KEY + hash_of(text)) == text.encode()
        assert DAY_S - 60 < await redis.ttl(KEY + hash_of(text)) <= DAY_S


async def test_without_redis_each_process_asks_for_a_text(persisted: Running) -> None:
    text = new_text()
    async with processes(persisted, None, None) as (one, other):
        await sent_once(one, text)
        await sent_once(other, text)


async def test_while_redis_is_away_texts_are_asked_for_again_and_run(
    persisted: Running, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = f"unix://{data_dir}/nobody.sock"
    with caplog.at_level(logging.WARNING, "gateway.persisted.automatic"):
        async with processes(persisted, nobody, nobody) as (one, other):
            text = new_text()
            await sent_once(one, text)
            await sent_once(other, text)
    told = [record.getMessage() for record in caplog.records if record.name == "gateway.persisted.automatic"]
    assert told == ["Redis is away: clients send their documents' texts again. ConnectionError"] * 2


async def test_another_text_on_redis_is_never_run(
    persisted: Running, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = new_text()
    async with processes(persisted, redis_url, redis_url) as (one, _), Redis.from_url(redis_url) as redis:
        await redis.set(KEY + hash_of(text), new_text("{ viewer { roles } }").encode(), ex=60)
        assert outcome(await post(one, {"extensions": apollo(text)})) == (200, UNKNOWN)
    assert f"Redis has another text under the hash {hash_of(text)}." in caplog.text


async def test_texts_are_forgotten_after_a_day_and_one_person_keeps_a_hundred_new_ones_at_once() -> None:
    clock = Clock()
    queries = AutomaticQueries(None, Limiter(None, LocalBuckets(now=lambda: 0.0)), now=clock)
    texts = [f"{{ a{number} }}" for number in range(101)]
    for text in texts:
        await queries.keep(hash_of(text), text, uid=OWNER)
    assert [await queries.find(hash_of(text)) for text in texts] == [*texts[:100], None]
    await queries.keep(hash_of(texts[0]), texts[0], uid=OWNER)
    await queries.keep(hash_of(texts[100]), texts[100], uid=STUDENT)
    assert await queries.find(hash_of(texts[100])) == texts[100]
    clock.seconds = DAY_S
    assert [await queries.find(hash_of(text)) for text in texts] == [None] * 101


def test_apollos_hash_is_sha256_of_the_text_in_utf_8() -> None:
    # The example of the GraphQL over HTTP draft.
    text = "query ($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}"
    assert hashlib.sha256(text.encode()).hexdigest() == hash_of(text)
    assert id_of(text) == "sha256:7dba4bd717b41f10434822356a93c32b1fb4907b983e854300ad839f84cdcd6e"
