"""Writes the access log beside the requests, in batches: no request waits for it."""

import asyncio
import logging
from contextlib import suppress

from db.connections.database import Database
from db.errors import DatabaseUnavailable
from resolvers.accesses.recording import record
from resolvers.witness import Access

EVERY_S = 5.0
# From so many numbers of students on it is written at once, and beyond so many nothing more is taken.
ENOUGH, MOST = 10_000, 500_000

log = logging.getLogger(__name__)


class AccessLog:
    """What was read and is not written yet. A process that dies loses that: what was read within some seconds.

    Belongs to one event loop. What cannot be kept is counted in the log of the process.
    """

    def __init__(self, database: Database, *, most: int = MOST) -> None:
        self.database = database
        self.most = most
        self.waiting: list[Access] = []
        self.weight = 0
        # What waits: the same read again, by the same person and way, is told by the first.
        self.noted: set[tuple[object, ...]] = set()
        # How many numbers of students were lost since that was last said.
        self.lost = 0
        self.due, self.over = asyncio.Event(), asyncio.Event()
        self.turn = asyncio.Lock()
        self.task: asyncio.Task[None] | None = None

    def note(self, access: Access) -> None:
        """An access, to be written soon; lost where too much waits already, and left out where the same one waits."""
        same = (access.reader_uid, access.token_id, access.manner, access.shown)
        if same in self.noted:
            return
        weight = access.weight
        if self.weight + weight > self.most:
            self.lost += weight
            return
        self.noted.add(same)
        self.waiting.append(access)
        self.weight += weight
        if self.weight >= ENOUGH:
            self.due.set()

    def start(self) -> None:
        """Write every few seconds from now on."""
        self.task = asyncio.create_task(self.write_for_ever())

    async def write_for_ever(self) -> None:
        """Wait, and write, again and again; after a failure the whole time is waited."""
        woken = self.due
        while not self.over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await woken.wait()
            woken = self.due if await self.write() else self.over

    async def write(self) -> bool:
        """Write what is not written yet; where the database is away it waits, and False is given."""
        async with self.turn:
            self.due.clear()
            batch, self.waiting = self.waiting, []
            self.noted.clear()
            weight, self.weight = self.weight, 0
            done = await self.written(batch, weight) if batch else True
            if self.lost:
                log.error("The access log lost %d reads of students.", self.lost)
                self.lost = 0
            return done

    async def written(self, batch: list[Access], weight: int) -> bool:
        """Write a batch: whole, or not at all."""
        try:
            async with self.database.writing() as transaction:
                await record(transaction, batch)
        except DatabaseUnavailable as problem:
            log.warning("%d reads of students are not in the access log yet. %s", weight, type(problem).__name__)
            self.waiting, self.weight = batch + self.waiting, weight + self.weight
            return False
        except Exception as problem:  # noqa: BLE001  # what cannot be written must not keep the rest from it
            log.error(
                "A batch of the access log could not be written. %s", type(problem).__name__
            )  # the trace would quote values
            self.lost += weight
        return True

    async def aclose(self) -> None:
        """Write the rest. What is being written comes to its end first, for half of it may be there by now."""
        self.over.set()
        self.due.set()
        if self.task is not None:
            await self.task
        if not await self.write():
            log.error("The access log lost %d reads of students.", self.weight)
