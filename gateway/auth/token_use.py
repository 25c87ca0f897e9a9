"""Remembers when API tokens were used, and writes it down now and then: no request waits for that."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime

from db.api_tokens import note_use
from db.connections.database import Database

EVERY_S = 30.0

log = logging.getLogger(__name__)


class TokenUse:
    """The last use of each token since it was last written down; what is not written when a process dies is lost."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.used: dict[int, datetime] = {}
        self.writing: asyncio.Task[None] | None = None

    def note(self, token_id: int, now: datetime) -> None:
        """A token was used."""
        self.used[token_id] = now

    def start(self) -> None:
        """Write every half minute from now on."""
        self.writing = asyncio.create_task(self.write_for_ever())

    async def write_for_ever(self) -> None:
        """Write, wait, and write again."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write down what is not written yet; where the database is away it waits for the next time."""
        used, self.used = self.used, {}
        if not used:
            return
        try:
            async with self.database.writing() as transaction:
                await note_use(transaction, used)
        except Exception as problem:  # noqa: BLE001  # nobody waits for this, and it must go on
            log.warning("The last use of %d tokens is not written yet. %s", len(used), type(problem).__name__)
            self.used = used | self.used

    async def aclose(self) -> None:
        """Write the rest."""
        if self.writing is not None:
            self.writing.cancel()
            with suppress(asyncio.CancelledError):
                await self.writing
        await self.write()
