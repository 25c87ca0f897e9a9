"""Reads what happened out of the outbox, once for each kind of work that follows from it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from db import positions
from db.connections.database import Database, Transaction
from db.outbox import BEGINNING, PAGE, Told, behind

# Queues in a transaction what follows from some events; whether there is anything.
Queue: TypeAlias = Callable[[Transaction, Sequence[Told]], Awaitable[bool]]


class Relay:
    """Reads the outbox in order, a page in a transaction: either all that follows from it is queued, or nothing.

    Any number of processes may do so; under one name one at a time goes on. `queued` is called when there is new work.
    """

    def __init__(self, database: Database, name: str, queue: Queue, queued: Callable[[], None]) -> None:
        self.database = database
        self.name = name
        self.queue = queue
        self.queued = queued
        self.known = BEGINNING

    async def round(self) -> bool:
        """Queue what follows from the next page of events; whether there may be more."""
        # A look that costs nothing: where we know that nothing is new, no transaction begins.
        if not await behind(self.database, self.known):
            return False
        async with self.database.writing() as transaction:
            before = await positions.taken(transaction, self.name)
            if before is None:
                return False
            told = await behind(self.database, before)
            news = bool(told) and await self.queue(transaction, told)
            to = told[-1].position if told else before
            if not await positions.move(transaction, self.name, before=before, to=to):
                raise RuntimeError("The position was moved by somebody else while it was ours.")
        self.known = to
        if news:
            self.queued()
        return len(told) == PAGE
