"""Fills sections from the rosters of platforms: page by page, some learners in a transaction.

A roster is read by one process at a time, which holds it by a lease of the database's clock and renews that with each
transaction. Whoever dies is followed by another one, which begins anew: who is there already is found there. Nobody is
taken out before all of a roster was read.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from traceback import format_tb
from uuid import uuid4

from db.connections.database import Database
from db.errors import DatabaseUnavailable
from db.lti import rosters
from db.lti.rosters import STOPPED, Failure, Held, Outcome
from jobs.tasks import Tasks
from resolvers.lti.filling import Filled, TooManyGone, emptied, filled
from resolvers.lti.memberships import (
    MOST_MEMBERS,
    MOST_PAGES,
    SCOPES,
    Page,
    WrongRoster,
    asking,
    first_address,
    page_in,
)
from resolvers.lti.people import Told
from resolvers.lti.services import Client, ServiceFailed, Services
from resolvers.webhooks.retries import retry_in

# So many rosters are read at the same time by one process: each may hold a page of some megabytes.
AT_ONCE = 2
# A page is asked for, with a new token and a second time, within a lease; and some learners are put in.
LEASE_S = 120.0
# Launches of people who are new wait while others are made, so these are made some at a time.
PART = 100
OURS = "It could not be read because of an error of ours, of which the log tells."

log = logging.getLogger(__name__)


class Lost(Exception):
    """The roster is not ours any more."""


@dataclass(slots=True)
class Run:
    """What came of a run so far."""

    learners: int = 0
    skipped: int = 0


class Filler:
    """Fills what is due, each roster in a task of its own. Belongs to one event loop.

    What fails is tried again after `delays` seconds, then each `interval_s`, as what went well is read again.
    """

    def __init__(self, database: Database, services: Services, *, delays: Sequence[float], interval_s: float) -> None:
        self.database = database
        self.services = services
        self.delays = delays
        self.interval_s = interval_s
        self.tasks = Tasks(AT_ONCE)

    async def round(self) -> bool:
        """Begin with what is due; the next round looks again."""
        room = self.tasks.room
        if room > 0 and await rosters.is_due(self.database):
            async with self.database.writing() as transaction:
                held = await rosters.hold(transaction, str(uuid4()), most=room, seconds=LEASE_S)
            for one in held:
                self.tasks.begin(self.fill(one))
        return False

    async def aclose(self) -> None:
        """Stop: what is under way is free for whoever comes next."""
        await self.tasks.aclose()

    async def fill(self, held: Held) -> None:
        """One run through a roster, whatever happens in it."""
        try:
            await self.run(held)
        except Lost:
            log.info("Roster %d is not ours any more.", held.id)
        except DatabaseUnavailable:
            log.warning("Roster %d is left where it is: the database is away.", held.id)
        except asyncio.CancelledError:
            await asyncio.shield(self.release(held))
            raise
        except Exception as problem:  # noqa: BLE001  # whatever it is, it is told
            # Its text may hold what a statement was given, and so who somebody is: where it happened says enough.
            place = "".join(format_tb(problem.__traceback__))
            log.error("Roster %d could not be read: %s\n%s", held.id, type(problem).__name__, place)
            with suppress(DatabaseUnavailable):
                await self.failed(held, Failure(OURS, None, final=False))

    async def run(self, held: Held) -> None:
        """Read a roster to its end, and then take out of the section whom it has told of no more."""
        try:
            run = Run()
            async for page in self.pages(held):
                await self.taken(held, page, run)
            await self.finished(held, run)
        except TooManyGone as problem:
            await self.failed(held, Failure(str(problem), None, final=True, removals=STOPPED))
        except (ServiceFailed, WrongRoster) as problem:
            await self.failed(held, failure_of(problem), problem)

    async def pages(self, held: Held) -> AsyncIterator[Page]:
        """The pages of a roster, one after the other."""
        address: str | None = first_address(held.memberships_url)
        members = 0
        for _ in range(MOST_PAGES):
            if address is None:
                return
            page = await self.page(held, address)
            members += page.size
            if members > MOST_MEMBERS:
                raise WrongRoster(f"The roster has more than {MOST_MEMBERS} members.")
            yield page
            address = page.following
        if address is not None:
            raise WrongRoster(f"The roster has more than {MOST_PAGES} pages.")

    async def page(self, held: Held, address: str) -> Page:
        """A page, as the platform tells it now."""
        client = Client(held.platform_id, held.client_id, held.token_url, held.token_audience)
        reply = await self.services.ask(client, SCOPES, asking(address))
        # A page may have megabytes.
        return await asyncio.to_thread(page_in, reply, held.context_id, address)

    async def taken(self, held: Held, page: Page, run: Run) -> None:
        """Put the learners of a page into the section."""
        learners = list({one.subject: one for one in page.learners}.values())
        run.learners += len(learners)
        for first in range(0, len(learners), PART):
            run.skipped += (await self.put_in(held, learners[first : first + PART])).skipped

    async def put_in(self, held: Held, learners: Sequence[Told]) -> Filled:
        """Put some learners into the section, and hold the roster for longer: one transaction."""
        async with self.database.writing() as transaction:
            if not await rosters.still_held(transaction, held):
                raise Lost
            found = await filled(transaction, held, learners, datetime.now(UTC))
            await rosters.go_on(transaction, held, made=found.made, seconds=LEASE_S)
        return found

    async def finished(self, held: Held, run: Run) -> None:
        """All was read."""
        async with self.database.writing() as transaction:
            if not await rosters.still_held(transaction, held):
                raise Lost
            outcome = Outcome(run.learners, await emptied(transaction, held), run.skipped)
            await rosters.finish(transaction, held, outcome, wait=self.interval_s)
        if held.failures:
            log.info("Roster %d is read again.", held.id)

    async def failed(self, held: Held, failure: Failure, problem: ServiceFailed | WrongRoster | None = None) -> None:
        """Record that a run failed, and when the next one begins."""
        headers = None if problem is None or problem.reply is None else problem.reply.headers
        wait = None if failure.final else retry_in(self.delays, held.failures + 1, headers, datetime.now(UTC))
        final = failure._replace(final=wait is None)
        async with self.database.writing() as transaction:
            await rosters.fail(transaction, held, final, wait=self.interval_s if wait is None else wait)
        if final.final or not held.failures:
            # What a platform answers may name people, so it stands in the row alone.
            log.warning("Roster %d could not be read (status %s).", held.id, failure.response_code)

    async def release(self, held: Held) -> None:
        """Let go of it, if the database is there."""
        try:
            async with self.database.writing() as transaction:
                await rosters.release(transaction, held)
        except DatabaseUnavailable:
            log.debug("Roster %d keeps its lease until it runs out.", held.id)


def failure_of(problem: ServiceFailed | WrongRoster) -> Failure:
    """What is kept of a failure."""
    code = None if problem.reply is None else problem.reply.status
    return Failure(str(problem), code, final=isinstance(problem, WrongRoster) and problem.final)
