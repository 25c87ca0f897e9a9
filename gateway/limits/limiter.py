"""Decides whether a call passes: on the buckets of all processes, and by those of this one while Redis is away."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import repeat
from typing import NamedTuple, TypeVar

from redis.exceptions import RedisError

from gateway.limits.gcra import Decision, Rate
from gateway.limits.local import LocalBuckets
from gateway.limits.shared import Call, SharedBuckets, call_of

ANSWERED_WITHIN_S = 0.25
BETWEEN_TRIALS_S = 1.0
MOST_CALLS = 1000
MOST_PIPELINES = 4

T = TypeVar("T")
log = logging.getLogger(__name__)


class LimitsUnavailable(Exception):
    """Redis, which keeps the limits, is away, and this call may not pass uncounted; it may come again."""

    retry_after_s = 1

    def __init__(self) -> None:
        super().__init__("The limits cannot be read at the moment. Try again in a second.")


class Limiter:
    """Rate limits by key; `now` is the monotonic clock, in seconds, by which Redis is given up and tried again.

    Without `shared` the buckets of this process decide everything. With it, Redis has 0.25 seconds to answer; when it
    fails it is tried again a second later, with one call, and until it answers every process counts for itself. Keys
    must tell what they limit (`token:…`, `sign-in:…`), since a key has one bucket. Where its rate is changed, the share
    that is left of the bucket stays, and only the buckets of a process begin anew. Belongs to one event loop.
    """

    def __init__(
        self, shared: SharedBuckets | None, local: LocalBuckets, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._line = None if shared is None else _Line(shared, now)
        self._local = local

    async def take(self, key: str, rate: Rate, *, cost: int = 1) -> Decision:
        """Take a call from the bucket of this key; while Redis is away, from the one that this process keeps."""
        decision = None if self._line is None else await self._line.take(call_of(key, rate, cost=cost))
        return self._local.take(key, rate, cost=cost) if decision is None else decision

    async def take_strictly(self, key: str, rate: Rate, *, cost: int = 1) -> Decision:
        """As `take`, but LimitsUnavailable while Redis is away: for what must stay closed then, such as sign-in."""
        if self._line is None:
            return self._local.take(key, rate, cost=cost)
        decision = await self._line.take(call_of(key, rate, cost=cost))
        if decision is None:
            raise LimitsUnavailable
        return decision

    async def forget(self, key: str) -> None:
        """Let the bucket of this key be full again; while Redis is away, only the one that this process keeps."""
        self._local.forget(key)
        if self._line is not None:
            await self._line.forget(key)

    async def aclose(self) -> None:
        """Wait for what Redis is still asked, as long as it is given; whoever made the Redis client closes it next."""
        if self._line is not None:
            await self._line.aclose()


class _Asked(NamedTuple):
    call: Call
    answer: asyncio.Future[Decision | None]


class _Line:
    """The line to Redis: the calls of one turn of the event loop travel in one pipeline.

    At most four pipelines are under way, so that a slow Redis is not met with ever more connections; what is asked
    meanwhile goes together with the next.
    """

    def __init__(self, shared: SharedBuckets, now: Callable[[], float]) -> None:
        self._shared = shared
        self._outage = _Outage(now)
        self._waiting: list[_Asked] = []
        self._starting = False
        self._pipelines = 0
        self._senders: set[asyncio.Task[None]] = set()

    async def take(self, call: Call) -> Decision | None:
        """The decision, or None while Redis is away."""
        if not self._outage.permits_a_question():
            return None
        asked = _Asked(call, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if not self._starting and self._pipelines < MOST_PIPELINES:
            self._start_sending()
        # Each caller waits for a future of its own: one who is cancelled takes nothing away from the others.
        return await asked.answer

    async def forget(self, key: str) -> None:
        """Let the shared bucket be full again, if Redis is there."""
        if self._outage.permits_a_question():
            await self._answer(self._shared.forget(key))

    async def aclose(self) -> None:
        """Wait for the pipelines that are under way."""
        if self._senders:
            await asyncio.wait(self._senders)

    def _start_sending(self) -> None:
        self._starting = True
        self._pipelines += 1
        # A task takes its first step in the next turn of the loop, when everybody in this one has asked.
        sender = asyncio.create_task(self._send())
        self._senders.add(sender)
        sender.add_done_callback(self._senders.discard)

    async def _send(self) -> None:
        self._starting = False
        while self._waiting:
            asked, self._waiting = self._waiting[:MOST_CALLS], self._waiting[MOST_CALLS:]
            # Who went away before the question was sent takes nothing.
            asked = [one for one in asked if not one.answer.done()]
            if asked:
                _settle(asked, await self._answer(self._shared.take([one.call for one in asked])))
        # In the same step in which nobody was found waiting: a turn later somebody might be, and would wait for ever.
        self._pipelines -= 1

    async def _answer(self, asking: Awaitable[T]) -> T | None:
        try:
            async with _patience(ANSWERED_WITHIN_S):
                answer = await asking
        except Exception as problem:  # noqa: BLE001  # whatever is wrong, it is logged and no caller is left waiting
            self._lose(problem)
            return None
        self._outage.end()
        return answer

    def _lose(self, problem: Exception) -> None:
        self._outage.begin(problem)
        # Who is still waiting was to be asked of a Redis that is gone.
        waiting, self._waiting = self._waiting, []
        _settle(waiting, None)


class _Outage:
    """Remembers since when Redis is away, so that it is tried once a second then, and told about once."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._next_trial_at: float | None = None

    def permits_a_question(self) -> bool:
        """Whether to ask Redis; while it is away, True for one caller a second, who is the trial."""
        if self._next_trial_at is None:
            return True
        if self._now() < self._next_trial_at:
            return False
        self._next_trial_at = self._now() + BETWEEN_TRIALS_S
        return True

    def begin(self, problem: Exception) -> None:
        """Redis failed; its own words stay out of the log, since it may quote a command with its keys."""
        if self._next_trial_at is None:
            foreseen = isinstance(problem, RedisError | OSError)
            log.warning(
                "The shared limits are out of reach, each process counts for itself until they are back. %s",
                type(problem).__name__,
                exc_info=None if foreseen else problem,
            )
        self._next_trial_at = self._now() + BETWEEN_TRIALS_S

    def end(self) -> None:
        """Redis answered."""
        if self._next_trial_at is not None:
            log.info("The shared limits are back.")
        self._next_trial_at = None


def _settle(asked: list[_Asked], decisions: list[Decision] | None) -> None:
    for one, decision in zip(asked, repeat(None) if decisions is None else decisions, strict=False):
        if not one.answer.done():
            one.answer.set_result(decision)


@asynccontextmanager
async def _patience(seconds: float) -> AsyncIterator[None]:
    """TimeoutError after so many seconds of waiting, in two halves.

    Where the event loop was held up by something else, one half may end although the answer had come; the other one
    is then still a wait for Redis.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:
        half = loop.call_later(seconds / 2, lambda: limit.reschedule(loop.time() + seconds / 2))
        try:
            yield
        finally:
            half.cancel()
