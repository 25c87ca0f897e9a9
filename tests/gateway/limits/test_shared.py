"""The buckets on a real Redis, by its own clock and by one that a test keeps in a list on it."""

import hashlib
from collections.abc import Sequence
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from gateway.limits.gcra import Decision, Rate, decide
from gateway.limits.shared import SharedBuckets, call_of
from tests.gateway.limits.conftest import CountingRedis, connected
from tests.gateway.limits.schedules import FREE, PRO, Schedule, rates, schedules

NOW = 1_763_446_600_000_000
CLOCK = "kakehashi:test:clock"
LISTED_CLOCK = f"{{redis.call('LPOP', '{CLOCK}'), redis.call('LPOP', '{CLOCK}')}}"


async def taken(redis: Redis, key: str, calls: Sequence[tuple[int, int, Rate]]) -> list[Decision]:
    """Make calls at moments of our own choosing, all in one pipeline, so that Redis' own clock hardly moves meanwhile.

    Redis forgets buckets by its own clock, the earliest after a second.
    """
    await redis.delete(CLOCK)
    parts = [part for at_us, _, _ in calls for part in divmod(at_us, 1_000_000)]
    await redis.rpush(CLOCK, *parts)  # type: ignore[misc]  # redis-py types both its clients at once
    buckets = SharedBuckets(redis, clock=LISTED_CLOCK)
    # The script is made known first: a call that Redis does not know takes no time off the list.
    await redis.script_load(buckets._script)
    return await buckets.take([call_of(key, rate, cost=cost) for _, cost, rate in calls])


def timed(schedule: Schedule) -> list[tuple[int, int, Rate]]:
    """The calls of a schedule, as `taken` makes them."""
    return [(at_us, cost, schedule.rate) for at_us, cost in schedule.calls(NOW)]


@settings(deadline=None, max_examples=200)
@given(schedule=schedules())
async def test_they_decide_as_a_leaky_bucket_in_fractions_does(schedule: Schedule, redis_url: str) -> None:
    async with connected(redis_url) as redis:
        assert await taken(redis, uuid4().hex, timed(schedule)) == schedule.expected()


@settings(deadline=None, max_examples=50)
@given(schedule=schedules(FREE))
async def test_they_do_so_at_100_calls_in_60_seconds(schedule: Schedule, redis_url: str) -> None:
    async with connected(redis_url) as redis:
        assert await taken(redis, uuid4().hex, timed(schedule)) == schedule.expected()


@settings(deadline=None, max_examples=200)
@given(calls=st.lists(st.tuples(st.integers(0, 2 * NOW), st.integers(1, 200), rates()), min_size=1, max_size=20))
async def test_lua_decides_as_python_does_however_clock_and_rates_jump(
    calls: list[tuple[int, int, Rate]], redis_url: str
) -> None:
    arrival, expected = None, []
    for at_us, cost, rate in calls:
        arrival, decision = decide(arrival, rate, now_us=at_us, cost=cost)
        expected.append(decision)
    async with connected(redis_url) as redis:
        assert await taken(redis, uuid4().hex, calls) == expected


async def test_by_redis_own_clock_of_101_calls_the_last_is_refused(redis: CountingRedis, key: str) -> None:
    decisions = await SharedBuckets(redis).take([call_of(key, FREE)] * 101)
    assert [decision.allowed for decision in decisions] == [True] * 100 + [False]
    assert [decision.remaining for decision in decisions] == [*reversed(range(100)), 0]
    assert decisions[0] == Decision(True, limit=100, remaining=99, retry_after_s=0, reset_after_s=0.6, period_s=60)


async def test_a_refused_call_passes_after_the_time_it_is_told_and_not_a_microsecond_earlier(
    redis: CountingRedis, key: str
) -> None:
    first = await taken(redis, key, [(NOW, 100, FREE), (NOW, 7, FREE)])
    assert (first[1].allowed, first[1].retry_after_s) == (False, 4.2)
    then = await taken(redis, key, [(NOW + 4_199_999, 7, FREE), (NOW + 4_200_000, 7, FREE)])
    assert [decision.allowed for decision in then] == [False, True]


async def test_a_bucket_stays_on_redis_a_second_longer_than_it_takes_to_fill(redis: CountingRedis, key: str) -> None:
    await SharedBuckets(redis).take([call_of(key, Rate(limit=100, period_s=100_000))])
    assert 1_000_000 < await redis.pttl(call_of(key, FREE).bucket) <= 1_001_000


async def test_a_key_is_nowhere_on_redis_but_as_a_hash(redis: CountingRedis, key: str) -> None:
    await SharedBuckets(redis).take([call_of(key, FREE)])
    bucket = f"kakehashi:limit:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    assert await redis.exists(bucket) == 1
    assert [name async for name in redis.scan_iter(match=f"*{key}*")] == []
    assert key.encode() not in await redis.get(bucket)


async def test_a_key_may_be_any_text(redis: CountingRedis, key: str) -> None:
    calls = [call_of(f"{key} 橋\ud800\n", FREE), call_of("", FREE)]
    assert [decision.limit for decision in await SharedBuckets(redis).take(calls)] == [100, 100]


async def test_a_forgotten_bucket_is_full(redis: CountingRedis, key: str) -> None:
    buckets = SharedBuckets(redis)
    await buckets.take([call_of(key, FREE, cost=100)])
    await buckets.forget(key)
    assert [decision.remaining for decision in await buckets.take([call_of(key, FREE)])] == [99]


async def test_a_flush_of_scripts_is_survived_and_loses_no_call(redis: CountingRedis, key: str) -> None:
    buckets = SharedBuckets(redis)
    remaining = []
    for _ in range(3):
        remaining += [decision.remaining for decision in await buckets.take([call_of(key, PRO)] * 2)]
        await redis.script_flush()
    assert remaining == [999, 998, 997, 996, 995, 994]


async def test_many_calls_are_one_pipeline(redis: CountingRedis, key: str) -> None:
    buckets = SharedBuckets(redis)
    await buckets.take([call_of(key, PRO)])
    redis.pipelines = 0
    await buckets.take([call_of(key, PRO)] * 1000)
    assert redis.pipelines == 1


async def test_what_redis_refuses_is_raised(redis: CountingRedis, key: str) -> None:
    calls = [call_of(key, FREE), call_of(f"{key} of another kind", FREE)]
    await redis.lpush(calls[1].bucket, "not a bucket")  # type: ignore[misc]  # redis-py types both its clients at once
    with pytest.raises(ResponseError) as refused:
        await SharedBuckets(redis).take(calls)
    assert not isinstance(refused.value, NoScriptError)
    await redis.delete(calls[1].bucket)


async def test_a_reply_that_makes_no_sense_is_raised(redis: CountingRedis, key: str) -> None:
    buckets = SharedBuckets(redis, clock="redis.call('TIME') do return 'nonsense' end")
    with pytest.raises(TypeError, match="bytes"):
        await buckets.take([call_of(key, FREE)])


@pytest.mark.parametrize("cost", [0, -1])
def test_a_call_that_costs_nothing_is_refused_before_it_is_sent(cost: int) -> None:
    with pytest.raises(ValueError, match="costs at least 1"):
        call_of("key", FREE, cost=cost)
