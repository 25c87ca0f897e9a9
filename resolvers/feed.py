"""What happened, as it happens: one tail of the outbox in each process, and any number of readers behind it.

The outbox is the truth; who wakes the tail only saves it waiting for its next look, which comes each second anyway.
Each reader keeps its own place: what happened lately it reads from the memory that all share, what lies further back
from the outbox, page by page. So no reader costs the others anything, however slow it is, and none misses an event.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeAlias, TypeVar

from aiodataloader import DataLoader

from db.connections.database import Database
from db.errors import DatabaseUnavailable
from db.outbox import BEGINNING, PAGE, Position, Told, behind, newest
from db.subjects import Subject, subject_of, subjects_statement

T = TypeVar("T")

EVERY_S = 1.0
RECENT = 1000

# Runs as long as anybody reads, and calls its argument whenever another process has news.
Listen: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which events are worth reading: of these types, told of these organizations; None means all.

    Organizations narrow what is read from the outbox alone. What comes from memory may have been waited for long, and
    who may hear of it is asked then.
    """

    types: frozenset[str] | None = None
    organizations: Sequence[int] | None = None

    def lets(self, told: Told) -> bool:
        """Whether an event from memory passes."""
        return self.types is None or told.type in self.types


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What the database answers, asked again each second while it is away: a restart of it ends no subscription."""
    while True:
        try:
            return await ask()
        except DatabaseUnavailable:
            await asyncio.sleep(EVERY_S)


class Feed:
    """The tail: it follows the outbox while anybody reads, and rests otherwise. Belongs to one event loop."""

    def __init__(self, database: Database, listen: Listen | None = None) -> None:
        self.database = database
        self.listen = listen
        # Everything behind `begin` and up to `end` is in `recent`.
        self.recent: deque[Told] = deque()
        self.begin = self.end = BEGINNING
        self.readers = 0
        self.woken, self.news = asyncio.Event(), asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.joining = asyncio.Lock()
        self.statement = subjects_statement(database.dialect)
        self.subjects: DataLoader[int, Subject | None] = DataLoader(self.found_subjects, cache=False)

    def wake(self) -> None:
        """There may be news."""
        self.woken.set()

    async def join(self, after: Position | None) -> "Reader":
        """A reader of what comes behind a position, or of what comes from now on; it must be closed.

        Raises DatabaseUnavailable.
        """
        async with self.joining:
            if not self.readers:
                self.begin = self.end = await newest(self.database)
                self.start()
            self.readers += 1
        return Reader(self, self.end if after is None else after)

    def leave(self) -> None:
        """One reader less; after the last the tail rests."""
        self.readers -= 1
        if not self.readers:
            self.stop()

    def start(self) -> None:
        """Follow the outbox from now on."""
        self.recent.clear()
        self.tasks = [asyncio.create_task(self.follow())]
        if self.listen is not None:
            self.tasks.append(asyncio.ensure_future(self.listen(self.wake)))

    def stop(self) -> None:
        """Rest."""
        for task in self.tasks:
            task.cancel()

    async def aclose(self) -> None:
        """Rest, and wait until nothing runs any more."""
        self.stop()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def follow(self) -> None:
        """Read what is new whenever the tail is woken, and each second."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self.woken.wait()
            self.woken.clear()
            try:
                while await self.read() == PAGE:
                    pass
            except DatabaseUnavailable as problem:
                log.warning("Events wait until the database answers: %s", problem)
            except Exception:
                # Who reads would wait for ever if the tail ended.
                log.exception("The outbox could not be read.")

    async def read(self) -> int:
        """Read a page of what is new; gives how much it was."""
        found = await behind(self.database, self.end)
        if found:
            self.recent.extend(found)
            self.end = found[-1].position
            while len(self.recent) > RECENT:
                self.begin = self.recent.popleft().position
            self.news.set()
            self.news = asyncio.Event()
        return len(found)

    def since(self, after: Position) -> list[Told]:
        """What stands in memory behind a position that lies within it."""
        newer = takewhile(lambda told: told.position > after, reversed(self.recent))
        return list(newer)[::-1]

    async def found_subjects(self, ids: list[int]) -> list[Subject | None]:
        """Where students stand at this moment; all who ask in one turn of the event loop share one statement."""
        records = await self.database.fetch(self.statement, {"ids": list(set(ids))})
        found = {subject.id: subject for subject in map(subject_of, records)}
        return [found.get(id_) for id_ in ids]


class Reader:
    """One who reads on behind a position, in order and each event once."""

    def __init__(self, feed: Feed, after: Position) -> None:
        self.feed = feed
        self.after = after
        self.closed = False

    async def next(self, sieve: Sieve) -> list[Told]:
        """The next events that pass; waits until there is something new, of which none may pass."""
        feed = self.feed
        while True:
            news, begin = feed.news, feed.begin
            if self.after < begin:
                return await self.further_back(sieve, begin)
            if self.after < feed.end:
                found, self.after = feed.since(self.after), feed.end
                return [told for told in found if sieve.lets(told)]
            await news.wait()

    async def further_back(self, sieve: Sieve, begin: Position) -> list[Told]:
        """A page from the outbox: what lies before the memory."""
        types = None if sieve.types is None else sorted(sieve.types)
        found = await patiently(
            lambda: behind(self.feed.database, self.after, types=types, organizations=sieve.organizations)
        )
        last = found[-1].position if found else self.after
        # A page that is not full is the last one: it had all that there was, and the memory goes on behind it.
        self.after = last if len(found) == PAGE else max(last, begin)
        return found

    def close(self) -> None:
        """Read no more."""
        if not self.closed:
            self.closed = True
            self.feed.leave()
