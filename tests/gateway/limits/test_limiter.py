"""Who decides: the buckets on a real Redis, or those of the process while it is away."""

import asyncio
import logging
import time
from collections.abc import Iterator

import pytest

from gateway.limits.gcra import Decision, Rate
from gateway.limits.limiter import Limiter, LimitsUnavailable
from gateway.limits.local import LocalBuckets
from gateway.limits.shared import SharedBuckets, call_of
from tests.gateway.auth.crafting import Clock
from tests.gateway.limits.conftest import CountingRedis, Door, connected
from tests.gateway.limits.schedules import FREE
from tests.services.redis import start_redis

# Nothing is refilled while a test runs, and there is enough for all calls that it makes.
SLOW = Rate(limit=100, period_s=86_400)
VAST = Rate(limit=10_000, period_s=86_400)

pytestmark = pytest.mark.usefixtures("everything_is_logged")


@pytest.fixture
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What the limiter says is kept, whatever level other tests have left behind."""
    with caplog.at_level(logging.INFO, "gateway.limits.limiter"):
        yield


def on(redis: CountingRedis, *, now: Clock | None = None) -> Limiter:
    """A limiter as one process has it; the buckets of its own stand still."""
    return Limiter(SharedBuckets(redis), LocalBuckets(now=Clock(0)), now=now or Clock(0))


async def take(limiter: Limiter, key: str, *, times: int, rate: Rate = FREE) -> list[Decision]:
    """Take from one bucket so many times at once."""
    return list(await asyncio.gather(*(limiter.take(key, rate) for _ in range(times))))


def passed(decisions: list[Decision]) -> int:
    """How many calls passed."""
    return sum(decision.allowed for decision in decisions)


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """What was logged about the limits."""
    return [(one.levelno, one.message) for one in caplog.records if one.name.startswith("gateway.limits")]


AWAY = (
    logging.WARNING,
    "The shared limits are out of reach, each process counts for itself until they are back. ConnectionError",
)
BACK = (logging.INFO, "The shared limits are back.")


async def test_without_redis_the_process_decides() -> None:
    limiter = Limiter(None, LocalBuckets(now=Clock(0)))
    assert passed(await take(limiter, "key", times=1000)) == 100
    assert not (await limiter.take_strictly("key", FREE)).allowed
    await limiter.forget("key")
    assert (await limiter.take_strictly("key", FREE)).remaining == 99
    await limiter.aclose()


async def test_of_a_thousand_calls_at_once_a_hundred_pass_and_all_travel_in_one_pipeline(
    redis: CountingRedis, key: str
) -> None:
    limiter = on(redis)
    await limiter.take(f"{key}, so that the script is known", FREE)
    redis.pipelines = 0
    decisions = await take(limiter, key, times=1000)
    assert [decision.allowed for decision in decisions] == [True] * 100 + [False] * 900
    assert [decision.remaining for decision in decisions[:100]] == list(reversed(range(100)))
    assert redis.pipelines == 1


async def test_more_than_a_thousand_calls_at_once_are_sent_by_the_thousand(redis: CountingRedis, key: str) -> None:
    limiter = on(redis)
    await limiter.take(f"{key}, so that the script is known", SLOW)
    redis.pipelines = 0
    assert passed(await take(limiter, key, times=2001, rate=SLOW)) == 100
    assert redis.pipelines == 3


async def test_processes_share_their_buckets(redis: CountingRedis, redis_url: str, key: str) -> None:
    async with connected(redis_url) as other:
        await on(redis).take(f"{key}, so that the script is known", FREE)
        redis.pipelines = 0
        both = await asyncio.gather(take(on(redis), key, times=500), take(on(other), key, times=500))
    assert passed(both[0]) + passed(both[1]) == 100
    assert (redis.pipelines, other.pipelines) == (1, 1)


async def test_a_cost_is_taken_at_once_or_not_at_all(redis: CountingRedis, key: str) -> None:
    limiter = on(redis)
    decisions = [await limiter.take(key, FREE, cost=cost) for cost in (60, 60, 40)]
    assert [(decision.allowed, decision.remaining) for decision in decisions] == [(True, 40), (False, 40), (True, 0)]


async def test_who_goes_away_before_the_question_is_sent_takes_nothing(redis: CountingRedis, key: str) -> None:
    limiter = on(redis)
    callers = [asyncio.create_task(limiter.take(key, FREE)) for _ in range(10)]
    await asyncio.sleep(0)
    for caller in callers[:3]:
        caller.cancel()
    assert [(await caller).remaining for caller in callers[3:]] == [99, 98, 97, 96, 95, 94, 93]
    assert [caller.cancelled() for caller in callers[:3]] == [True] * 3


async def test_who_goes_away_after_it_does_not_disturb_the_others(redis: CountingRedis, key: str) -> None:
    limiter = on(redis)
    callers = [asyncio.create_task(limiter.take(key, FREE)) for _ in range(10)]
    await redis.asked.wait()
    for caller in callers[:3]:
        caller.cancel()
    assert [(await caller).remaining for caller in callers[3:]] == [96, 95, 94, 93, 92, 91, 90]
    assert [caller.cancelled() for caller in callers[:3]] == [True] * 3


async def test_when_everybody_goes_away_the_next_caller_is_served(redis: CountingRedis, key: str) -> None:
    limiter = on(redis)
    callers = [asyncio.create_task(limiter.take(key, FREE)) for _ in range(10)]
    await asyncio.sleep(0)
    for caller in callers:
        caller.cancel()
    await asyncio.wait(callers)
    assert (await limiter.take(key, FREE)).remaining == 99


async def test_callers_who_come_turn_after_turn_are_all_served(redis: CountingRedis, key: str) -> None:
    limiter, callers = on(redis), []
    for number in range(1000):
        callers.append(asyncio.create_task(limiter.take(key, VAST)))
        # Sometimes one turn of the loop, sometimes several, so that callers meet senders that are just ending.
        for _ in range(number % 4):
            await asyncio.sleep(0)
    async with asyncio.timeout(30):
        assert passed(await asyncio.gather(*callers)) == 1000


async def test_a_forgotten_bucket_is_full_on_redis_and_in_the_process(redis: CountingRedis, key: str) -> None:
    local = LocalBuckets(now=Clock(0))
    limiter = Limiter(SharedBuckets(redis), local)
    await limiter.take_strictly(key, FREE, cost=100)
    local.take(key, FREE, cost=100)
    await limiter.forget(key)
    assert (await limiter.take_strictly(key, FREE)).remaining == 99
    assert local.take(key, FREE).remaining == 99


async def test_when_redis_dies_the_process_decides_sign_in_is_closed_and_afterwards_redis_decides_again(
    door: Door, behind_the_door: CountingRedis, own_redis_url: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = Clock(1000.0)
    limiter = on(behind_the_door, now=now)
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    with start_redis() as mortal_url:
        door.leads_to(mortal_url)
        assert (await limiter.take_strictly(key, FREE, cost=100)).remaining == 0
    assert passed(await take(limiter, key, times=1000)) == 100
    with pytest.raises(LimitsUnavailable):
        await limiter.take_strictly(key, FREE)
    door.leads_to(own_redis_url)
    assert not (await limiter.take(key, FREE)).allowed
    now.at += 1
    assert (await limiter.take_strictly(key, FREE)).remaining == 99
    assert (await limiter.take(key, FREE)).remaining == 98


async def test_an_outage_is_told_once_and_without_keys(
    door: Door, behind_the_door: CountingRedis, own_redis_url: str, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    now = Clock(1000.0)
    limiter = on(behind_the_door, now=now)
    for _ in range(3):
        await take(limiter, key, times=10)
        now.at += 1
    assert said(caplog) == [AWAY]
    door.leads_to(own_redis_url)
    await take(limiter, key, times=10)
    assert said(caplog) == [AWAY, BACK]
    door.leads_nowhere()
    await behind_the_door.connection_pool.disconnect()
    await take(limiter, key, times=10)
    assert said(caplog) == [AWAY, BACK, AWAY]
    assert key not in caplog.text
    assert call_of(key, FREE).bucket not in caplog.text


async def test_while_redis_is_away_it_is_tried_by_one_call_a_second(behind_the_door: CountingRedis, key: str) -> None:
    now = Clock(1000.0)
    limiter = on(behind_the_door, now=now)
    await take(limiter, key, times=10)
    assert behind_the_door.pipelines == 1
    now.at += 0.999
    await take(limiter, key, times=10)
    assert behind_the_door.pipelines == 1
    now.at += 0.001
    await take(limiter, key, times=10)
    assert behind_the_door.pipelines == 2
    now.at += 0.999
    await take(limiter, key, times=10)
    with pytest.raises(LimitsUnavailable) as closed:
        await limiter.take_strictly(key, FREE)
    assert behind_the_door.pipelines == 2
    assert closed.value.retry_after_s == 1


async def test_a_redis_that_never_answers_is_given_up(
    door: Door, behind_the_door: CountingRedis, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    door.leads_to_the_deaf()
    limiter = on(behind_the_door)
    strict = asyncio.create_task(limiter.take_strictly(key, FREE))
    async with asyncio.timeout(10):
        assert passed(await take(limiter, key, times=1000)) == 100
    with pytest.raises(LimitsUnavailable):
        await strict
    assert said(caplog) == [(logging.WARNING, AWAY[1].replace("ConnectionError", "TimeoutError"))]


async def test_nobody_waits_for_a_trial_that_is_under_way(door: Door, behind_the_door: CountingRedis, key: str) -> None:
    now = Clock(1000.0)
    limiter = on(behind_the_door, now=now)
    await limiter.take(key, FREE)
    door.leads_to_the_deaf()
    now.at += 1
    trial = asyncio.create_task(limiter.take(key, FREE))
    await asyncio.sleep(0)
    assert [decision.remaining for decision in await take(limiter, key, times=3)] == [98, 97, 96]
    with pytest.raises(LimitsUnavailable):
        await limiter.take_strictly(key, FREE)
    assert not trial.done()
    assert (await trial).remaining == 95


async def test_a_redis_that_does_not_answer_is_not_met_with_ever_more_pipelines(
    door: Door, behind_the_door: CountingRedis, key: str
) -> None:
    door.leads_to_the_deaf()
    limiter, callers = on(behind_the_door), []
    for _ in range(100):
        callers.append(asyncio.create_task(limiter.take(key, FREE)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert passed(list(await asyncio.gather(*callers))) == 100
    assert behind_the_door.pipelines == 4


async def test_a_loop_that_was_held_up_does_not_take_redis_for_dead(
    redis: CountingRedis, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    limiter = on(redis)
    await limiter.take(key, FREE)
    redis.asked.clear()
    caller = asyncio.create_task(limiter.take(key, FREE))
    await redis.asked.wait()
    # Something else keeps the loop for longer than Redis is given.
    time.sleep(0.3)  # noqa: ASYNC251  # holding up the loop is the point
    assert (await caller).remaining == 98
    assert said(caplog) == []


async def test_a_call_that_redis_refuses_is_decided_by_the_process(
    redis: CountingRedis, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    bucket = call_of(key, FREE).bucket
    await redis.lpush(bucket, "not a bucket")  # type: ignore[misc]  # redis-py types both its clients at once
    assert (await on(redis).take(key, FREE)).remaining == 99
    assert said(caplog) == [(logging.WARNING, AWAY[1].replace("ConnectionError", "ResponseError"))]
    await redis.delete(bucket)


async def test_what_nobody_foresaw_is_logged_with_its_origin_and_leaves_nobody_waiting(
    redis: CountingRedis, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    nonsense = SharedBuckets(redis, clock="redis.call('TIME') do return 'nonsense' end")
    limiter = Limiter(nonsense, LocalBuckets(now=Clock(0)))
    assert passed(await take(limiter, key, times=1000)) == 100
    with pytest.raises(LimitsUnavailable):
        await limiter.take_strictly(key, FREE)
    assert "TypeError: Redis answered a call with bytes." in caplog.text


async def test_while_redis_is_away_the_bucket_of_the_process_can_be_forgotten(
    behind_the_door: CountingRedis, key: str
) -> None:
    limiter = on(behind_the_door)
    await limiter.take(key, FREE, cost=100)
    await limiter.forget(key)
    assert (await limiter.take(key, FREE)).remaining == 99


async def test_forgetting_can_find_out_that_redis_is_away(
    behind_the_door: CountingRedis, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    limiter = on(behind_the_door)
    await limiter.forget(key)
    assert said(caplog) == [AWAY]
    assert (await limiter.take(key, FREE)).remaining == 99
    assert behind_the_door.pipelines == 0


@pytest.mark.parametrize("cost", [0, -1])
async def test_a_call_that_costs_nothing_is_refused_without_being_sent(
    redis: CountingRedis, key: str, cost: int
) -> None:
    with pytest.raises(ValueError, match="costs at least 1"):
        await on(redis).take(key, FREE, cost=cost)
    assert redis.pipelines == 0


async def test_closing_waits_for_what_nobody_waits_for(redis: CountingRedis, key: str) -> None:
    limiter = on(redis)
    caller = asyncio.create_task(limiter.take(key, FREE))
    await redis.asked.wait()
    caller.cancel()
    assert redis.connection_pool._in_use_connections
    await limiter.aclose()
    assert not redis.connection_pool._in_use_connections
    assert await redis.exists(call_of(key, FREE).bucket) == 1
    await limiter.aclose()
