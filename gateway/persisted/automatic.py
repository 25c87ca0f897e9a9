"""Apollo's automatic persisted queries: texts that clients sent once, found again by their hash for a day."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.limits.gcra import Rate
from gateway.limits.limiter import Limiter
from gateway.persisted.named import hash_of
from resolvers.memory import Memory
from schema.limits import LIMITS

KEY = "kakehashi:query:"
DAY_S = 24 * 60 * 60
MOST_TEXTS = 1000
# New texts of one person: far more than an app has, and too few to fill a memory.
NEW_TEXTS = Rate(100, 60 * 60)
ANSWERED_WITHIN_S = 0.25
BETWEEN_TRIALS_S = 1.0

T = TypeVar("T")
log = logging.getLogger(__name__)


class AutomaticQueries:
    """Texts by their hash: on Redis where there is one, so that all processes share them, and the last in memory.

    A text belongs to its hash for ever, so memory is never wrong. While Redis is away, it is tried once a second, and
    what memory does not have is asked for again. `now` is a monotonic clock.
    """

    def __init__(self, redis: "Redis | None", limiter: Limiter, *, now: Callable[[], float] = time.monotonic) -> None:
        self.redis = redis
        self.limiter = limiter
        self.now = now
        self.memory: Memory[str] = Memory(size=MOST_TEXTS, lifetime_s=DAY_S, now=now)
        self.tried_again_at: float | None = None

    async def find(self, sha256: str) -> str | None:
        """The text with a hash; None where nobody sent it within a day, or Redis, which has it, is away."""
        held = self.memory.find(sha256)
        redis = self.redis
        if held is not None or redis is None:
            return held
        found = await self.answered(lambda: redis.get(KEY + sha256))
        if not isinstance(found, bytes):
            return None
        text = found.decode("utf-8", "replace")
        if hash_of(text) != sha256:
            log.error("Redis has another text under the hash %s.", sha256)
            return None
        self.memory.hold(sha256, text)
        return text

    async def keep(self, sha256: str, text: str, *, uid: str) -> None:
        """Keep a text for a day, for everybody; not one that is too long, nor too many new ones of one person."""
        if len(text.encode()) > LIMITS.source_bytes:
            return
        if self.memory.find(sha256) is None and not (await self.limiter.take(f"query:{uid}", NEW_TEXTS)).allowed:
            return
        self.memory.hold(sha256, text)
        redis = self.redis
        if redis is not None:
            await self.answered(lambda: redis.set(KEY + sha256, text.encode(), ex=DAY_S))

    async def answered(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What Redis answers; None while it is away."""
        if self.tried_again_at is not None and self.now() < self.tried_again_at:
            return None
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                answer = await ask()
        except (RedisError, OSError, TimeoutError) as problem:
            if self.tried_again_at is None:
                log.warning("Redis is away: clients send their documents' texts again. %s", type(problem).__name__)
            self.tried_again_at = self.now() + BETWEEN_TRIALS_S
            return None
        self.tried_again_at = None
        return answer
