"""Makes exports: takes those that are due, and writes each from one snapshot into a file that appears when it is whole.

An export is made by one process at a time, which holds it by a lease of the database's clock and renews that while it
writes. Whoever dies leaves nothing but a lease that runs out; the next one begins from the first row. Only who still
holds it can say where the file lies, so no other file than a whole one is ever fetched.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

from db import exports
from db.connections.database import Database, Transaction
from db.errors import DatabaseUnavailable
from db.exports import File, Held
from resolvers.accesses.recording import record
from resolvers.accounts import Admission
from resolvers.context import Request
from resolvers.errors import Refusal
from resolvers.events import Event, EventType, emit
from resolvers.exports.store import Store, StoreFailed
from resolvers.exports.tables import lines_of
from resolvers.owners import owner_of
from resolvers.witness import Manner, Way
from schema.execution import Execution
from schema.exports.listing import listing

# So many at the same time in one process.
AT_ONCE = 2
KEPT = timedelta(days=7)
# So often somebody may die over an export, beside what it may fail by itself.
MOST_LOST = 6

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a lease lasts, how often it is renewed and told how far an export is, and when it is tried again.

    All in seconds.
    """

    lease_s: float = 30.0
    told_s: float = 1.0
    again_s: tuple[float, ...] = (10.0, 60.0, 300.0)

    @property
    def attempts(self) -> int:
        """How often an export is begun at most."""
        return len(self.again_s) + 1


@dataclass(slots=True)
class Progress:
    """How far an export is; `total` is None before it was counted."""

    rows: int = 0
    total: int | None = None


class Maker:
    """Makes exports on one database. Belongs to one event loop; `wake` is called when there is room for more."""

    def __init__(
        self, database: Database, execution: Execution, admission: Admission, store: Store, pace: Pace | None = None
    ) -> None:
        self.database = database
        self.execution = execution
        self.admission = admission
        self.store = store
        self.pace = pace or Pace()
        self.making: dict[asyncio.Task[None], Held] = {}
        self.wake: Callable[[], None] = lambda: None

    async def round(self) -> bool:
        """Take what is due, as far as there is room; whether there may be more at once."""
        room = AT_ONCE - len(self.making)
        if not room or not await exports.is_due(self.database):
            return False
        async with self.database.writing() as transaction:
            taken = await exports.hold(transaction, uuid4().hex, most=room, seconds=self.pace.lease_s)
        for one in taken:
            task = asyncio.create_task(self.make(one))
            self.making[task] = one
            task.add_done_callback(self.made)
        return False

    def made(self, task: "asyncio.Task[None]") -> None:
        """One has come to its end, whichever."""
        one = self.making.pop(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.warning("Export %d is left until its lease has run out. %s", one.id, problem)
        self.wake()

    async def drain(self) -> None:
        """Make no more, and leave what is being made to whoever comes next, at once."""
        left = dict(self.making)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for one in left.values():
            with suppress(DatabaseUnavailable):
                await self.put_off(one, 0, counts=False)

    async def make(self, one: Held) -> None:
        """Make an export, or say why not; nothing is said of one that is not ours any more."""
        progress = Progress()
        writing = asyncio.create_task(self.written(one, progress))
        holding = asyncio.create_task(self.hold_on(one, progress, writing))
        try:
            await writing
        except Refusal as refusal:
            await self.give_up(one, refusal.message)
        except DatabaseUnavailable:
            await self.put_off(one, self.pace.told_s, counts=False)
        except StoreFailed as problem:
            log.error("Export %d: the store failed. %s", one.id, problem)  # the line says it all
            await self.try_later(one, "The file could not be kept.")
        except asyncio.CancelledError:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
        except Exception:
            log.exception("Export %d failed.", one.id)
            await self.try_later(one, "It could not be made.")
        finally:
            holding.cancel()

    async def hold_on(self, one: Held, progress: Progress, writing: "asyncio.Task[None]") -> None:
        """Keep the lease and tell how far it is; end the writing of what is not ours any more."""
        while True:
            await asyncio.sleep(self.pace.told_s)
            try:
                async with self.database.writing() as transaction:
                    ours = await exports.renew(
                        transaction, one, rows=progress.rows, total=progress.total, seconds=self.pace.lease_s
                    )
            except DatabaseUnavailable:
                continue
            if not ours:
                writing.cancel()
                return

    async def written(self, one: Held, progress: Progress) -> None:
        """Write the file, and say where it lies."""
        if one.attempt > self.pace.attempts + MOST_LOST:
            # Whoever makes it dies of it.
            await self.give_up(one, f"It was begun {one.attempt - 1} times, and never came to its end.")
            return
        request = await self.request(one)
        file = await self.file(one, request, progress)
        access = request.accessed()
        try:
            async with self.database.writing() as transaction:
                # Together with the file, so that none is handed out of which nobody knows whom it shows; and first,
                # because whoever renews the lease waits for the export's own row.
                await record(transaction, [] if access is None else [access])
                if not await exports.complete(transaction, one, file, rows=progress.rows, kept=KEPT):
                    raise NotOurs
                await tell(transaction, one, EventType.EXPORT_COMPLETED, {"rows": progress.rows})
        except NotOurs:
            await self.store.remove(file.name)

    async def file(self, one: Held, request: Request, progress: Progress) -> File:
        """The file of an export, for its owner as of now; the request is told which students it shows."""
        graph = self.execution.graph.schema
        listed = await listing(graph, one.type, one.document, one.variables, request)
        progress.total = await listed.streaming.count(listed.request)
        lines = lines_of(one.format, listed.streaming.layout, one.encoding)
        async with (
            listed.streaming.texts(listed.request) as found,
            self.store.writing(f"{one.id}-{one.token}.{one.format}") as writing,
        ):
            await writing.write(lines.head())
            async for texts in found:
                await writing.write(lines.rows(texts))
                progress.rows += len(texts)
        return writing.done()

    async def request(self, one: Held) -> Request:
        """The request of the owner, as of now."""
        now = datetime.now(UTC)
        viewer = await owner_of(self.admission, one.owner_uid, one.abilities, now)
        if viewer is None:
            raise Gone
        document = None if one.document is None else sha256(one.document.encode()).hexdigest()
        return Request(
            viewer, self.database, now, manner=Manner(Way.EXPORT, f"export {one.id} of {one.type}", document)
        )

    async def try_later(self, one: Held, error: str) -> None:
        """Leave it for a while, or give it up where it was tried often enough."""
        if one.attempt >= self.pace.attempts:
            await self.give_up(one, error)
        else:
            await self.put_off(one, self.pace.again_s[one.attempt - 1])

    async def put_off(self, one: Held, seconds: float, *, counts: bool = True) -> None:
        """Leave it for so long; whether that counts as a failure of its own."""
        async with self.database.writing() as transaction:
            await exports.put_off(transaction, one, seconds=seconds, counts=counts)

    async def give_up(self, one: Held, error: str) -> None:
        """Give it up, and tell."""
        async with self.database.writing() as transaction:
            if await exports.fail(transaction, one, error):
                await tell(transaction, one, EventType.EXPORT_FAILED, {})


class NotOurs(Exception):
    """Somebody else holds the export by now, or nobody wants it any more."""


class Gone(Refusal):
    """Whoever asked may not come in any more."""

    code = "FORBIDDEN"

    def __init__(self) -> None:
        super().__init__("Whoever asked for it may not come in any more.", reason="owner_gone")


async def tell(transaction: Transaction, one: Held, type_: EventType, body: dict[str, object]) -> None:
    """Tell what became of an export."""
    await emit(transaction, Event(type_, one.organization_id, "Export", one.id, body), datetime.now(UTC))
