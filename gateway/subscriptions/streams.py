"""The streams of this process: how many each client has, what they follow, and how they end when it stops."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.limits.quota import household
from gateway.subscriptions.limits import Limits
from resolvers.context import Request
from resolvers.errors import LimitExceeded
from resolvers.feed import Feed
from resolvers.openings import Openings
from resolvers.wakeups import Wakeups


class Streams:
    """Every stream of the process, over WebSockets and over HTTP."""

    def __init__(self, feed: Feed, openings: Openings, wakeups: Wakeups | None, limits: Limits) -> None:
        self.feed = feed
        self.openings = openings
        self.wakeups = wakeups
        self.limits = limits
        self.stopping = False
        self.held: Counter[str] = Counter()
        self.enders: set[Callable[[], None]] = set()

    @contextmanager
    def held_by(self, request: Request) -> Iterator[None]:
        """Count a stream of this client as long as it is open; LimitExceeded for one too many."""
        key = f"address:{household(request.address)}" if request.viewer is None else f"person:{request.viewer.uid}"
        if self.held[key] >= self.limits.connections:
            raise LimitExceeded(
                f"You have {self.limits.connections} streams open. Close one first.", reason="too_many_streams"
            )
        self.held[key] += 1
        try:
            yield
        finally:
            self.held[key] -= 1
            if not self.held[key]:
                del self.held[key]

    @contextmanager
    def ended_by(self, end: Callable[[], None]) -> Iterator[None]:
        """Have `end` called when the process stops, or at once where it is stopping."""
        self.enders.add(end)
        try:
            if self.stopping:
                end()
            yield
        finally:
            self.enders.discard(end)

    def stop(self) -> None:
        """The process stops: every stream ends, and no other begins."""
        self.stopping = True
        for end in list(self.enders):
            end()

    async def aclose(self) -> None:
        """Follow nothing any more."""
        await self.feed.aclose()
        await self.openings.aclose()
        if self.wakeups is not None:
            await self.wakeups.aclose()
