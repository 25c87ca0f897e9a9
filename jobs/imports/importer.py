"""Plans and applies imports, some rows in a transaction, behind a kept position.

An import is worked on by one process at a time, which holds it by a lease of the database's clock and renews that with
each transaction. Whoever dies is followed by another one, which goes on behind the last rows that were committed: none
is lost, and none is done twice.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from traceback import format_tb
from uuid import uuid4

from db.connections.database import Database
from db.errors import DatabaseUnavailable
from db.imports import progress, staging
from db.imports.progress import Held
from jobs.tasks import Tasks
from resolvers.accounts import Admission
from resolvers.imports.planning import do_batch, terms_of
from resolvers.imports.rights import may_import, may_make_owners
from resolvers.owners import owner_of

# So many at the same time in one process.
AT_ONCE = 2
# Some hundred rows take a second; the lease is renewed with each such part.
LEASE_S = 60.0
# What fails is tried again after so many seconds; then it is given up.
AGAIN_S = (1.0, 5.0, 30.0, 120.0)
# SQLite lets one transaction write at a time, and whoever waits looks again only now and then.
PAUSE_S = 0.02
GONE = "Whoever asked for it may not import members of this organization any more."
OURS = "It came to an error of ours, of which the log tells. What was applied before that stays."

log = logging.getLogger(__name__)


class Lost(Exception):
    """The import is not ours any more."""


class Stopped(Exception):
    """The worker ends: what is left is for the next one."""


class Importer:
    """Works on what is due, each import in a task of its own. Belongs to one event loop."""

    def __init__(self, database: Database, admission: Admission, *, most_percent: int) -> None:
        self.database = database
        self.admission = admission
        self.most_percent = most_percent
        self.tasks = Tasks(AT_ONCE)
        self.stopping = False

    async def round(self) -> bool:
        """Begin with what is due; the next round looks again."""
        room = self.tasks.room
        if room > 0 and await progress.is_due(self.database):
            async with self.database.writing() as transaction:
                held = await progress.hold(transaction, str(uuid4()), most=room, seconds=LEASE_S)
            for one in held:
                self.tasks.begin(self.work_on(one))
        return False

    async def aclose(self) -> None:
        """Stop behind the rows that are under way: the others are free for whoever comes next."""
        self.stopping = True
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def work_on(self, held: Held) -> None:
        """Go on with an import, whatever happens in it."""
        try:
            await self.run(held)
        except Stopped:
            await self.release(held)
        except Lost:
            log.info("Import %d is not ours any more.", held.id)
        except DatabaseUnavailable:
            log.warning("Import %d is left where it is: the database is away.", held.id)
        except asyncio.CancelledError:
            await asyncio.shield(self.release(held))
            raise
        except Exception as problem:  # noqa: BLE001  # whatever it is, it is told
            # Its text may hold what a statement was given, and so who somebody is: where it happened says enough.
            place = "".join(format_tb(problem.__traceback__))
            log.error("Import %d met %s.\n%s", held.id, type(problem).__name__, place)
            with suppress(DatabaseUnavailable):
                await self.try_later(held)

    async def run(self, held: Held) -> None:
        """Plan an import, and apply it where that is to follow."""
        if held.attempt > len(AGAIN_S) + 1:
            # Whoever works on it dies of it.
            await self.give_up(held, OURS)
            return
        viewer = await owner_of(self.admission, held.owner_uid, held.abilities, datetime.now(UTC))
        if viewer is None or not may_import(viewer, held.organization_id):
            await self.give_up(held, GONE)
            return
        owners = may_make_owners(viewer, held.organization_id)
        if held.status == "applying" or await self.plan(held, may_make_owners=owners) == "applying":
            await self.go_through(held, may_make_owners=owners, applies=True)
            async with self.database.writing() as transaction:
                await progress.complete(transaction, held)

    async def plan(self, held: Held, *, may_make_owners: bool) -> str:
        """Plan an import to its end; gives the status that it has then."""
        async with self.database.writing() as transaction:
            if not await progress.begin_planning(transaction, held):
                raise Lost
        await self.go_through(held, may_make_owners=may_make_owners, applies=False)
        if held.active_count is None:
            await self.look_who_is_missing(held)
            await self.go_through(held, may_make_owners=may_make_owners, applies=False)
        async with self.database.writing() as transaction:
            if await progress.go_on(transaction, held, seconds=LEASE_S) is None:
                raise Lost
            unknown = await staging.nobody_in(transaction, held.id)
            return await progress.planned(transaction, held, most_percent=self.most_percent, unknown=unknown)

    async def look_who_is_missing(self, held: Held) -> None:
        """Add those whom the file does not have, where it is to be mirrored."""
        now, absent = datetime.now(UTC), 0
        async with self.database.writing() as transaction:
            if await progress.go_on(transaction, held, seconds=LEASE_S) is None:
                raise Lost
            active = await staging.active(transaction, held.organization_id, held.source, now)
            if held.mode == "mirror":
                absent = await staging.add_absent(transaction, held.id, held.organization_id, held.source, now)
            await progress.missed(transaction, held, absent=absent, active=active)

    async def go_through(self, held: Held, *, may_make_owners: bool, applies: bool) -> None:
        """Go through the rows that are left, some in each transaction."""
        going = True
        while going:
            async with self.database.writing() as transaction:
                position = await progress.go_on(transaction, held, seconds=LEASE_S)
                if position is None:
                    raise Lost
                terms = terms_of(held, datetime.now(UTC), may_make_owners=may_make_owners)
                done = await do_batch(transaction, held, terms, position, applies=applies)
                going = done is not None
                if done is not None:
                    await progress.went(transaction, held, done.position, done.counts)
            if self.stopping:
                raise Stopped
            await asyncio.sleep(PAUSE_S)

    async def try_later(self, held: Held) -> None:
        """Leave it for a while, or give it up where it was tried often enough."""
        if held.attempt > len(AGAIN_S):
            await self.give_up(held, OURS)
            return
        async with self.database.writing() as transaction:
            await progress.put_off(transaction, held, seconds=AGAIN_S[held.attempt - 1])

    async def give_up(self, held: Held, error: str) -> None:
        """Give it up, and say why."""
        async with self.database.writing() as transaction:
            await progress.fail(transaction, held, error)

    async def release(self, held: Held) -> None:
        """Let go of it, if the database is there."""
        try:
            async with self.database.writing() as transaction:
                await progress.put_off(transaction, held, seconds=0, counts=False)
        except DatabaseUnavailable:
            log.debug("Import %d keeps its lease until it runs out.", held.id)
