"""Records what came of attempts, those of all webhooks together: as many as there are, in one transaction."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from db import deliveries
from db.connections.database import Database, Transaction
from db.deliveries import Outcome
from db.errors import DatabaseUnavailable
from resolvers.webhooks.retries import GIVEN_UP_AFTER_S, is_gone

MOST = 200
AGAIN_S = 0.5
GONE, FAILING = "gone", "failing"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Recorder:
    """What was put in is recorded soon, and again and again while the database is away. Belongs to one event loop."""

    database: Database
    waiting: list[Outcome] = field(default_factory=list)
    # How many outcomes of each webhook are not recorded yet.
    open: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    failing: set[int] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Condition = field(default_factory=asyncio.Condition)
    # Whom to tell that everything of a webhook is recorded.
    after: Callable[[int], None] = lambda _: None

    def put(self, outcome: Outcome) -> None:
        """Have an outcome be recorded."""
        self.waiting.append(outcome)
        self.open[outcome.webhook_id] += 1
        self.news.set()

    async def settled(self, webhook_id: int) -> None:
        """Wait until everything that was put in of a webhook is recorded."""
        async with self.done:
            await self.done.wait_for(lambda: not self.open.get(webhook_id))

    async def run(self) -> None:
        """Record what is put in, for ever."""
        while True:
            await self.news.wait()
            self.news.clear()
            while self.waiting:
                batch = self.waiting[:MOST]
                await self.recorded(batch)
                del self.waiting[: len(batch)]
                await self.tell(batch)

    async def recorded(self, batch: Sequence[Outcome]) -> None:
        """Record a batch. What the database will not take at all is told and left: whoever holds it next sends it."""
        while True:
            try:
                async with self.database.writing() as transaction:
                    kept = await deliveries.record(transaction, batch)
                    await self.look_after(transaction, kept)
                return
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_S)
            except Exception:
                log.exception("What came of %d deliveries could not be recorded.", len(batch))
                return

    async def look_after(self, transaction: Transaction, kept: Sequence[Outcome]) -> None:
        """What this says of the webhooks themselves: well again, failing, failing for too long, or gone."""
        well = {one.webhook_id for one in kept if one.status == "delivered"}
        failed = {one.webhook_id for one in kept if one.status in ("failed", "dead")} - well
        if recovered := sorted(well & self.failing):
            await deliveries.well(transaction, recovered)
        if failed:
            for webhook_id in await deliveries.failing(transaction, sorted(failed), seconds=GIVEN_UP_AFTER_S):
                await self.switch_off(transaction, webhook_id, FAILING)
        for webhook_id in {one.webhook_id for one in kept if one.attempt and is_gone(one.attempt.response_code or 0)}:
            await self.switch_off(transaction, webhook_id, GONE)
        self.failing = (self.failing | failed) - well

    async def switch_off(self, transaction: Transaction, webhook_id: int, reason: str) -> None:
        """Switch a webhook off, and say so: somebody will wait for what it tells no more."""
        if await deliveries.switch_off(transaction, webhook_id, reason, datetime.now(UTC)):
            log.warning("Webhook %d is switched off: %s.", webhook_id, reason)

    async def tell(self, batch: Sequence[Outcome]) -> None:
        """Let go on whoever waits for these."""
        for one in batch:
            self.open[one.webhook_id] -= 1
            if not self.open[one.webhook_id]:
                del self.open[one.webhook_id]
                self.after(one.webhook_id)
        async with self.done:
            self.done.notify_all()
