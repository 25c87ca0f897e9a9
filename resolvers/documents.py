"""Registered documents, as requests find them: by the hash of their text, out of the process's memory where it can."""

import time
from collections.abc import Callable

from aiodataloader import DataLoader

from db.connections.database import Database
from db.documents import Registered, named_statement, registered
from resolvers.errors import Forbidden
from resolvers.memory import Memory

# So long may a document that was removed still run. One that was just registered waits for a second at the most.
KNOWN_S, UNKNOWN_S = 10.0, 1.0
MOST_KNOWN, MOST_UNKNOWN = 2000, 10_000


class RegisteredDocuments:
    """Finds registered documents; all that are sought in one turn of the event loop share one statement.

    Known and unknown hashes are remembered apart, so that made-up ones push nothing out. `now` is a monotonic clock.
    """

    def __init__(self, database: Database, *, now: Callable[[], float] = time.monotonic) -> None:
        self.database = database
        self.statement = named_statement(database.dialect)
        self.loader: DataLoader[str, Registered | None] = DataLoader(self.read, cache=False)
        self.known: Memory[Registered] = Memory(size=MOST_KNOWN, lifetime_s=KNOWN_S, now=now)
        self.unknown: Memory[bool] = Memory(size=MOST_UNKNOWN, lifetime_s=UNKNOWN_S, now=now)

    async def find(self, sha256: str) -> Registered | None:
        """The document with a hash; None for an unknown one."""
        known = self.known.find(sha256)
        if known is not None or self.unknown.find(sha256):
            return known
        found = await self.loader.load(sha256)
        if found is None:
            self.unknown.hold(sha256, True)
        else:
            self.known.hold(sha256, found)
        return found

    async def read(self, hashes: list[str]) -> list[Registered | None]:
        """The document of each hash, from the database."""
        records = await self.database.fetch(self.statement, {"hashes": list(set(hashes))})
        found = {document.sha256: document for document in map(registered, records)}
        return [found.get(sha256) for sha256 in hashes]


def registered_documents_only() -> Forbidden:
    """The refusal of a text that is not registered, to whom only registered ones are run."""
    return Forbidden(
        "Only registered documents are run here. Send the id of one, as `documentId`.",
        reason="registered_documents_only",
    )
