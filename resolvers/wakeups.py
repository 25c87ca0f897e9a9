"""Tells other processes through Redis that there is news, and hears it from them; nothing depends on it but time."""

import asyncio
import logging
from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "kakehashi:news"
TOLD_WITHIN_S = 0.5
AGAIN_S = 1.0

log = logging.getLogger(__name__)


class Wakeups:
    """Publishes at most one message at a time, however many transactions commit meanwhile."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.pending = False
        self.telling: asyncio.Task[None] | None = None
        self.away = False

    def tell(self) -> None:
        """There is news; nobody waits until it is told."""
        self.pending = True
        if self.telling is None:
            self.telling = asyncio.create_task(self.publish())

    async def publish(self) -> None:
        """Tell it, and once more if there was other news meanwhile."""
        while self.pending:
            self.pending = False
            try:
                async with asyncio.timeout(TOLD_WITHIN_S):
                    await self.redis.publish(CHANNEL, b"")
                self.note(away=False)
            except (RedisError, OSError, TimeoutError) as problem:
                self.note(away=True, problem=problem)
        # In the same step in which nothing was pending, so that news that comes now starts another task.
        self.telling = None

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` at each news of any process, for ever."""
        while True:
            try:
                async with self.redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    # The first message is the answer to subscribing: what was told before it is found by waking too.
                    async for _ in channel.listen():
                        wake()
            except (RedisError, OSError) as problem:
                self.note(away=True, problem=problem)
            await asyncio.sleep(AGAIN_S)

    def note(self, *, away: bool, problem: BaseException | None = None) -> None:
        """Say in the log, once, that Redis is away, and once that it is back."""
        if away and not self.away:
            log.warning("News comes late, by the second, until Redis is back. %s", type(problem).__name__)
        if self.away and not away:
            log.info("News comes through Redis again.")
        self.away = away

    async def aclose(self) -> None:
        """Wait until the last news is told."""
        if self.telling is not None:
            await self.telling
