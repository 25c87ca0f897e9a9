"""Notices as they open: one look a second for all who wait, and none while nobody does."""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from db.connections.database import Database
from db.errors import DatabaseUnavailable
from db.notices import Opening, newest_statement, opening_of, openings_statement

EVERY_S = 1.0
# A notice may be written a while before its transaction commits, and clocks differ; so looks overlap by this much.
OVERLAP = timedelta(minutes=1)
RECENT = 100

log = logging.getLogger(__name__)


class Openings:
    """Looks for notices that open, as long as anybody waits for one. Belongs to one event loop."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.statement = openings_statement(database.dialect)
        self.newest = newest_statement(database.dialect)
        # Numbered by themselves, so that each who waits knows which of them came since.
        self.found: deque[tuple[int, int]] = deque(maxlen=RECENT)
        self.number = 0
        self.seen: dict[int, datetime] = {}
        self.above = 0
        self.looked_at = datetime.now(UTC)
        self.waiting = 0
        self.news = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.joining = asyncio.Lock()

    async def join(self) -> "Waiter":
        """One who waits for notices that open from now on; it must be closed. Raises DatabaseUnavailable."""
        async with self.joining:
            if not self.waiting:
                await self.begin()
                self.task = asyncio.create_task(self.look_for_ever())
            self.waiting += 1
        return Waiter(self, self.number)

    def leave(self) -> None:
        """One less; after the last nobody looks."""
        self.waiting -= 1
        if not self.waiting and self.task is not None:
            self.task.cancel()

    async def aclose(self) -> None:
        """Look no more, and wait until nothing runs."""
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task

    async def begin(self) -> None:
        """What is open by now does not open any more."""
        ((self.above,),) = await self.database.fetch(self.newest, {})
        self.looked_at = datetime.now(UTC)
        self.seen = {opening.id: opening.open_at for opening in await self.open_now(self.looked_at)}

    async def look_for_ever(self) -> None:
        """Look each second."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look(datetime.now(UTC))
            except DatabaseUnavailable as problem:
                log.warning("Notices wait until the database answers: %s", problem)
            except Exception:
                # Who waits would wait for ever if this ended.
                log.exception("The notices could not be read.")

    async def look(self, now: datetime) -> None:
        """Tell of what opened since the last look."""
        opened = await self.open_now(now)
        self.looked_at = now
        new = [opening for opening in opened if opening.id not in self.seen]
        self.seen = {opening.id: opening.open_at for opening in opened}
        self.above = max([self.above, *self.seen])
        for opening in new:
            self.number += 1
            self.found.append((self.number, opening.id))
        if new:
            self.news.set()
            self.news = asyncio.Event()

    async def open_now(self, now: datetime) -> list[Opening]:
        """What is open and was not at the last look, or not long before that, or is new."""
        values = {"now": now, "since": self.looked_at - OVERLAP, "above": self.above}
        return [opening_of(record) for record in await self.database.fetch(self.statement, values)]


class Waiter:
    """One who waits for notices; each is told once."""

    def __init__(self, openings: Openings, number: int) -> None:
        self.openings = openings
        self.number = number
        self.closed = False

    async def next(self) -> list[int]:
        """The numbers of the notices that opened since the last call; waits until there are some."""
        while self.number == self.openings.number:
            await self.openings.news.wait()
        new = [id_ for number, id_ in self.openings.found if number > self.number]
        self.number = self.openings.number
        return new

    def close(self) -> None:
        """Wait no more."""
        if not self.closed:
            self.closed = True
            self.openings.leave()
