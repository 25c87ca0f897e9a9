"""When the key set is fetched, how long it is believed, and who waits for it."""

import asyncio
import logging
import secrets
from collections.abc import Sized

import orjson
import pytest

from gateway.auth.jwks import KeySet
from gateway.auth.refusals import KeysUnavailable
from tests.gateway.auth.conftest import Issuer
from tests.gateway.auth.crafting import Clock, jwk, jwks, private_key
from tests.gateway.auth.jwks_server import Answer, publishing

FIRST = private_key("first").public_key()
SECOND = private_key("second").public_key()
DOWN = Answer(b"", status=503)


async def fetch_is_over(issuer: Issuer, number: int) -> None:
    """Waits for a fetch that nobody else waits for."""
    await issuer.server.has_fetches(number)
    if issuer.keys._fetching is not None:
        await issuer.keys._fetching


async def test_nothing_is_fetched_before_a_key_is_asked_for(issuer: Issuer) -> None:
    assert issuer.keys.current("first") is None
    assert issuer.server.fetches == 0


async def test_the_first_question_fetches_and_the_next_ones_do_not(issuer: Issuer) -> None:
    assert await issuer.keys.find("first") == FIRST
    issuer.clock.at += 539
    assert issuer.keys.current("first") is await issuer.keys.find("first")
    assert issuer.server.fetches == 1


async def test_a_hundred_callers_at_once_share_one_fetch(issuer: Issuer) -> None:
    assert await asyncio.gather(*(issuer.keys.find("first") for _ in range(100))) == [FIRST] * 100
    assert issuer.server.fetches == 1


async def test_a_caller_who_hangs_up_does_not_stop_the_fetch_of_the_others(issuer: Issuer) -> None:
    issuer.server.gate.clear()
    impatient, patient = (asyncio.create_task(issuer.keys.find("first")) for _ in range(2))
    await issuer.server.has_fetches(1)
    impatient.cancel()
    issuer.server.gate.set()
    assert await patient == FIRST
    assert impatient.cancelled()
    assert issuer.server.fetches == 1


async def test_from_the_ninth_minute_it_is_renewed_while_nobody_waits(issuer: Issuer) -> None:
    await issuer.keys.find("first")
    issuer.server.answer = publishing("second")
    issuer.server.gate.clear()
    issuer.clock.at += 541
    async with asyncio.timeout(1):
        assert [await issuer.keys.find("first") for _ in range(10)] == [FIRST] * 10
    issuer.server.gate.set()
    await fetch_is_over(issuer, number=2)
    assert issuer.keys.current("first") is None
    assert issuer.keys.current("second") == SECOND
    assert issuer.server.fetches == 2


async def test_after_ten_minutes_a_key_that_was_rotated_out_is_not_found_once_more(issuer: Issuer) -> None:
    await issuer.keys.find("first")
    issuer.server.answer = publishing("second")
    issuer.clock.at += 601
    assert await issuer.keys.find("first") is None
    assert await issuer.keys.find("second") == SECOND
    assert issuer.server.fetches == 2


async def test_a_key_that_stays_is_the_same_object_and_one_that_changes_under_its_kid_is_not(issuer: Issuer) -> None:
    before = await issuer.keys.find("first")
    issuer.clock.at += 601
    assert await issuer.keys.find("first") is before
    issuer.server.answer = Answer(orjson.dumps({"keys": [jwk("second", kid="first")]}))
    issuer.clock.at += 601
    assert await issuer.keys.find("first") == SECOND
    assert issuer.server.fetches == 3


async def test_old_keys_are_served_for_24_hours_of_failing_and_not_longer(issuer: Issuer) -> None:
    await issuer.keys.find("first")
    issuer.server.answer = DOWN
    for _ in range(24):
        issuer.clock.at += 3600
        assert await issuer.keys.find("first") == FIRST
    issuer.clock.at += 1
    with pytest.raises(KeysUnavailable) as refused:
        await issuer.keys.find("first")
    assert refused.value.retry_after == 29
    issuer.server.answer = publishing("first")
    issuer.clock.at += 29
    assert await issuer.keys.find("first") == FIRST


async def test_while_failing_it_is_asked_once_in_30_seconds_and_nobody_waits(issuer: Issuer) -> None:
    await issuer.keys.find("first")
    issuer.server.answer = DOWN
    issuer.clock.at += 601
    assert await issuer.keys.find("first") == FIRST
    for _ in range(29):
        issuer.clock.at += 1
        assert await issuer.keys.find("first") == FIRST
    assert issuer.server.fetches == 2
    issuer.server.gate.clear()
    issuer.clock.at += 1
    async with asyncio.timeout(1):
        assert await issuer.keys.find("first") == FIRST
    issuer.server.gate.set()
    await fetch_is_over(issuer, number=3)
    assert issuer.server.fetches == 3


async def test_without_any_key_callers_are_told_when_to_come_again(issuer: Issuer) -> None:
    issuer.server.answer = DOWN
    with pytest.raises(KeysUnavailable) as refused:
        await issuer.keys.find("first")
    assert refused.value.retry_after == 30
    issuer.clock.at += 10.5
    with pytest.raises(KeysUnavailable) as refused:
        await issuer.keys.find("first")
    assert refused.value.retry_after == 20
    assert issuer.server.fetches == 1
    issuer.server.answer = publishing("first")
    issuer.clock.at += 19.5
    assert await issuer.keys.find("first") == FIRST


async def test_ten_thousand_unknown_kids_cost_one_fetch_and_leave_nothing_behind(issuer: Issuer) -> None:
    await issuer.keys.find("first")
    sizes = {name: len(value) for name, value in vars(issuer.keys).items() if isinstance(value, Sized)}
    issuer.clock.at += 30
    kids = [secrets.token_hex(16) for _ in range(10_000)]
    assert set(await asyncio.gather(*(issuer.keys.find(kid) for kid in kids[:5000]))) == {None}
    assert {await issuer.keys.find(kid) for kid in kids[5000:]} == {None}
    assert issuer.server.fetches == 2
    assert {name: len(value) for name, value in vars(issuer.keys).items() if isinstance(value, Sized)} == sizes


async def test_a_new_key_is_found_30_seconds_after_the_last_fetch_and_not_before(issuer: Issuer) -> None:
    await issuer.keys.find("first")
    issuer.server.answer = publishing("first", "second")
    issuer.clock.at += 29
    assert await issuer.keys.find("second") is None
    assert issuer.server.fetches == 1
    issuer.clock.at += 1
    assert await issuer.keys.find("second") == SECOND
    assert issuer.server.fetches == 2


async def test_a_burst_finds_keys_that_changed_just_now_and_then_one_in_30_seconds(issuer: Issuer) -> None:
    keys = KeySet(issuer.keys._source, now=issuer.clock, burst=3)
    assert await keys.find("first") == FIRST
    issuer.server.answer = publishing("second")
    assert await keys.find("second") == SECOND
    assert [await keys.find(f"unknown-{n}") for n in range(5)] == [None] * 5
    assert issuer.server.fetches == 3
    issuer.server.answer = publishing("first")
    issuer.clock.at += 29
    assert await keys.find("first") is None
    issuer.clock.at += 1
    assert await keys.find("first") == FIRST
    assert await keys.find("third") is None
    assert issuer.server.fetches == 4
    # After a quiet while as many are allowed as at the beginning, and no more.
    issuer.clock.at += 500
    assert [await keys.find(f"unknown-{n}") for n in range(5)] == [None] * 5
    assert issuer.server.fetches == 7


async def test_with_a_burst_callers_are_told_when_a_fetch_may_be_made_again(issuer: Issuer) -> None:
    issuer.server.answer = DOWN
    keys = KeySet(issuer.keys._source, now=issuer.clock, burst=2)
    waits = []
    for _ in range(3):
        with pytest.raises(KeysUnavailable) as caught:
            await keys.find("first")
        waits.append(caught.value.retry_after)
    assert (waits, issuer.server.fetches) == ([1, 30, 30], 2)


async def test_unknown_kids_make_no_caller_with_a_known_key_wait(issuer: Issuer) -> None:
    await issuer.keys.find("first")
    issuer.clock.at += 30
    issuer.server.gate.clear()
    stranger = asyncio.create_task(issuer.keys.find("unknown"))
    await issuer.server.has_fetches(2)
    async with asyncio.timeout(1):
        assert await issuer.keys.find("first") == FIRST
    assert not stranger.done()
    issuer.server.gate.set()
    assert await stranger is None


WITH_BOTH_KEYS = orjson.dumps(jwks("first", "second"))
BAD_ANSWERS = {
    "HTML": Answer(b"<!doctype html><title>Sign in</title>", headers=("content-type: text/html",)),
    "5 MB": Answer(WITH_BOTH_KEYS + b" " * 5_000_000),
    "redirect": Answer(WITH_BOTH_KEYS, status=302, headers=("location: /elsewhere",)),
    "permanent redirect": Answer(WITH_BOTH_KEYS, status=308, headers=("location: /elsewhere",)),
    "server error": Answer(WITH_BOTH_KEYS, status=500),
    "cut off": Answer(WITH_BOTH_KEYS[:-1]),
    "no usable key": Answer(orjson.dumps({"keys": [jwk("second", use="enc"), jwk("small", bits=1024)]})),
    "no key at all": Answer(b'{"keys": []}'),
    "deep JSON": Answer(b'{"keys":' + b"[" * 100_000),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_after_a_bad_answer_the_old_keys_stay(
    issuer: Issuer, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    await issuer.keys.find("first")
    issuer.server.answer = answer
    issuer.clock.at += 601
    assert await issuer.keys.find("first") == FIRST
    assert await issuer.keys.find("second") is None
    assert issuer.server.fetches == 2
    assert [record.levelno for record in caplog.records if record.name == "gateway.auth.jwks"] == [logging.WARNING]


async def test_a_source_that_breaks_in_an_unforeseen_way_is_logged_and_the_old_keys_stay(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, documents = Clock(0.0), [orjson.dumps(jwks("first"))]

    async def source() -> bytes:
        return documents.pop()

    keys = KeySet(source, now=clock)
    await keys.find("first")
    clock.at += 601
    assert await keys.find("first") == FIRST
    assert "IndexError: pop from empty list" in caplog.text


async def test_a_fixed_key_set_knows_its_keys_and_no_others() -> None:
    keys = KeySet.fixed(jwks("first"))
    assert await keys.find("first") == FIRST
    assert await keys.find("second") is None


async def test_closing_stops_a_fetch_that_is_under_way(issuer: Issuer) -> None:
    issuer.server.gate.clear()
    caller = asyncio.create_task(issuer.keys.find("first"))
    await issuer.server.has_fetches(1)
    await issuer.keys.aclose()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await issuer.keys.aclose()
