"""Collects the usage feeds of upstreams, page by page: a page and how far the run has come are one transaction.

An upstream is collected by one process at a time, which holds it by a lease of the database's clock and renews that
with each page. Whoever dies is followed by another one, which goes on with the page that was not kept.
"""

import asyncio
import logging
from datetime import UTC, datetime
from uuid import uuid4

from db import upstreams
from db.connections.database import Database
from db.errors import DatabaseUnavailable
from db.upstreams import Held
from jobs.tasks import Tasks
from resolvers.egress.client import Egress, Failed, Refused, Reply
from resolvers.sealing import Sealer, WrongSeal
from resolvers.upstreams.answers import MOST_BYTES, Page, WrongAnswer, page_in
from resolvers.upstreams.places import Place
from resolvers.upstreams.retries import retry_in

# So many upstreams are collected at the same time by one process.
AT_ONCE = 5
# A page is asked for and kept well within a lease.
ANSWER_S, LEASE_S = 10.0, 20.0

log = logging.getLogger(__name__)


class Collector:
    """Collects what is due, each upstream in a task of its own. Belongs to one event loop."""

    def __init__(self, database: Database, egress: Egress, sealer: Sealer, *, interval_s: float) -> None:
        self.database = database
        self.egress = egress
        self.sealer = sealer
        self.interval_s = interval_s
        self.tasks = Tasks(AT_ONCE)

    async def round(self) -> bool:
        """Begin with what is due; the next round looks again."""
        room = self.tasks.room
        if room > 0 and await upstreams.is_due(self.database):
            async with self.database.writing() as transaction:
                held = await upstreams.hold(transaction, str(uuid4()), most=room, seconds=LEASE_S)
            for one in held:
                self.tasks.begin(self.collect(one))
        return False

    async def aclose(self) -> None:
        """Stop: what is under way is left where it is, and free for whoever comes next."""
        await self.tasks.aclose()

    async def collect(self, held: Held) -> None:
        """One run through an upstream, whatever happens in it."""
        try:
            await self.run(held)
        except DatabaseUnavailable:
            log.warning("Upstream %d is left where it is: the database is away.", held.id)
        except asyncio.CancelledError:
            await asyncio.shield(self.release(held))
            raise
        except Exception:
            # The lease is kept until it runs out, so that this is not tried again at once.
            log.exception("Upstream %d could not be collected.", held.id)

    async def run(self, held: Held) -> None:
        """Page after page, from where the run before came to, as long as the upstream is ours."""
        place: Place | None = Place.beginning(held.watermark, held.now) if held.place is None else Place.of(held.place)
        while place is not None:
            reply = None
            try:
                reply = await self.asked(held, place)
                page = page_in(reply, place)
            except (Refused, Failed, WrongSeal, WrongAnswer) as problem:
                await self.failed(held, problem, place, reply)
                return
            place = await self.kept(held, place, page)
            if held.failures:
                log.info("Upstream %d answers again.", held.id)
                held = held._replace(failures=0)

    async def asked(self, held: Held, place: Place) -> Reply:
        """What the upstream answers."""
        headers = {"Accept": "application/json"}
        if held.sealed is not None:
            headers["Authorization"] = f"Bearer {self.sealer.opened(held.sealed)}"
        return await self.egress.send(
            "GET", place.address(held.url), headers=headers, seconds=ANSWER_S, most_bytes=MOST_BYTES
        )

    async def kept(self, held: Held, place: Place, page: Page) -> Place | None:
        """Keep a page; gives the place behind it, None where it was the last one or the upstream is no longer ours."""
        behind = place.behind(total=page.total, per_page=page.per_page, latest=page.latest)
        async with self.database.writing() as transaction:
            if not await upstreams.still_held(transaction, held):
                return None
            await upstreams.keep(transaction, held.name, page.rows)
            if place.page < page.pages:
                await upstreams.go_on(transaction, held, behind.kept(), seconds=LEASE_S)
                return behind
            known = [instant for instant in (held.watermark, behind.latest) if instant is not None]
            await upstreams.finish(transaction, held, max(known, default=None), wait=self.interval_s)
        return None

    async def failed(self, held: Held, problem: Exception, place: Place, reply: Reply | None) -> None:
        """Record that a run failed, and when to go on with it."""
        anew = isinstance(problem, WrongAnswer) and problem.anew
        headers = None if reply is None else reply.headers
        wait = retry_in(held.failures, self.interval_s, headers, datetime.now(UTC))
        async with self.database.writing() as transaction:
            await upstreams.fail(transaction, held, str(problem), None if anew else place.kept(), wait=wait)
        if not held.failures:
            log.warning("Upstream %d fails: %s", held.id, problem)

    async def release(self, held: Held) -> None:
        """Let go of it, if the database is there."""
        try:
            async with self.database.writing() as transaction:
                await upstreams.release(transaction, held)
        except DatabaseUnavailable:
            log.debug("Upstream %d keeps its lease until it runs out.", held.id)
