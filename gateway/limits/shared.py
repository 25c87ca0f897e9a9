"""The buckets that all processes share, on Redis and by its clock."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from gateway.limits.gcra import Decision, Rate, decision_of

PREFIX = "kakehashi:limit:"
REDIS_CLOCK = "redis.call('TIME')"

# What `gcra.decide` does, in the same integers. Numbers are written with %.0f, since Lua would round them to 14 digits,
# and divided after their remainder was taken off, which is exact.
SCRIPT = """\
local time = CLOCK
local now = time[1] * 1000000 + time[2]
local limit, period, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local shares, lacking = limit * period, 0
local arrival = redis.call('GET', KEYS[1])
if arrival then
  local us, odd = string.match(arrival, '^(%d+) (%d+)$')
  lacking = math.max(0, (us - now) * limit + math.min(tonumber(odd), limit - 1))
end
local price = cost * period
local allowed = price <= shares - lacking
if allowed then
  lacking = lacking + price
end
if allowed or lacking > shares then
  lacking = math.min(lacking, shares)
  local odd = math.fmod(lacking, limit)
  local us = (lacking - odd) / limit
  -- A second more than until it is full, so that Redis never forgets a bucket too early by rounding.
  local forgotten_after_ms = math.floor(us / 1000) + 1000
  redis.call('SET', KEYS[1], string.format('%.0f %.0f', now + us, odd), 'PX', forgotten_after_ms)
end
return {allowed and 1 or 0, lacking}
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as Redis is asked about it; `bucket` is the key on Redis."""

    bucket: str
    rate: Rate
    cost: int


def call_of(key: str, rate: Rate, *, cost: int = 1) -> Call:
    """A call that is ready to be sent; ValueError for a cost below 1."""
    return Call(_bucket(key), rate, rate.within(cost))


class SharedBuckets:
    """Buckets on Redis, decided there by one script, so that any number of processes count as one.

    `clock` is the Lua expression that gives the time as Redis' TIME does, in seconds and microseconds. Keys are never
    sent as they are, but as hashes, and a bucket is forgotten by Redis a second after it is full again. What goes wrong
    is raised as redis-py raises it. The client stays the caller's to close.
    """

    def __init__(self, redis: Redis, *, clock: str = REDIS_CLOCK) -> None:
        self._redis = redis
        self._script = SCRIPT.replace("CLOCK", clock, 1)
        # Redis names scripts by their SHA-1.
        self._name = hashlib.sha1(self._script.encode(), usedforsecurity=False).hexdigest()

    async def take(self, calls: Sequence[Call]) -> list[Decision]:
        """Take each of these calls from its bucket in this order, with one pipeline.

        Where one reply is an error it is raised, and it is not known which of the calls were taken.
        """
        replies = await self._run(calls)
        unheard = [index for index, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unheard:
            # Redis was started anew or its scripts were flushed. What it did not know it did not run.
            await self._redis.script_load(self._script)
            again = await self._run([calls[index] for index in unheard])
            for index, reply in zip(unheard, again, strict=True):
                replies[index] = reply
        return [_decision(call, reply) for call, reply in zip(calls, replies, strict=True)]

    async def forget(self, key: str) -> None:
        """Let the bucket of this key be full again."""
        await self._redis.delete(_bucket(key))

    async def _run(self, calls: Sequence[Call]) -> list[object]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for call in calls:
                rate = call.rate
                pipeline.evalsha(self._name, 1, call.bucket, str(rate.limit), str(rate.period_us), str(call.cost))
            return await pipeline.execute(raise_on_error=False)


def _bucket(key: str) -> str:
    return PREFIX + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _decision(call: Call, reply: object) -> Decision:
    match reply:
        case [int(allowed), int(lacking)]:
            return decision_of(call.rate, cost=call.cost, allowed=allowed == 1, lacking=lacking)
        case Exception():
            raise reply
        case _:
            raise TypeError(f"Redis answered a call with {type(reply).__name__}.")
