"""Forwards: takes endpoints for which statements wait, and sends these, one batch after the other to each.

An endpoint is served by one process at a time, which holds it by a lease of the database's clock and renews that; so
statements arrive in the order in which they were queued, and what one batch meets, the next one waits for. Whoever dies
is followed by another one when its lease has run out: what it had sent and not recorded is sent again under the same
ids.
"""

import asyncio
import logging
from datetime import UTC, datetime
from uuid import uuid4

from db.connections.database import Database
from db.errors import DatabaseUnavailable
from db.xapi import forwarding
from db.xapi.forwarding import Outcome
from jobs.xapi.sender import MOST_STATEMENTS, Sender
from resolvers.webhooks.retries import GIVEN_UP_AFTER_S

# So many endpoints are served at the same time by one process.
MOST_HELD = 50
# Who is served for so long without a pause makes room for others.
TURN_S = 30.0
AGAIN_S = 0.5

log = logging.getLogger(__name__)


class Forwarder:
    """Serves endpoints. Belongs to one event loop."""

    def __init__(self, database: Database, sender: Sender, lease_s: float) -> None:
        self.database = database
        self.sender = sender
        self.lease_s = lease_s
        self.turns: dict[int, Turn] = {}
        self.stopping = False

    async def round(self) -> bool:
        """Take endpoints for which something is due; whether there may be more at once."""
        room = MOST_HELD - len(self.turns)
        if self.stopping or room <= 0 or not await forwarding.is_due(self.database):
            return False
        token = uuid4().hex
        async with self.database.writing() as transaction:
            taken = await forwarding.hold(transaction, token, most=room, seconds=self.lease_s)
        for endpoint_id in taken:
            turn = self.turns[endpoint_id] = Turn(self, endpoint_id, token)
            turn.start()
        return len(taken) == room

    async def renew(self) -> bool:
        """Hold on to what is served; what is not ours any more is not served any longer."""
        served = dict(self.turns)
        tokens = sorted({turn.token for turn in served.values()})
        if tokens:
            async with self.database.writing() as transaction:
                ours = await forwarding.renew(transaction, tokens, seconds=self.lease_s)
            for endpoint_id, turn in served.items():
                if endpoint_id not in ours:
                    turn.lost = True
        return False

    async def drain(self) -> None:
        """Begin nothing any more, and wait until what is under way is answered and recorded."""
        self.stopping = True
        tasks = [turn.task for turn in self.turns.values() if turn.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def recorded(self, endpoint_id: int, token: str, outcome: Outcome) -> bool:
        """Record what came of a batch, again and again while the database is away; whether the endpoint is ours."""
        while True:
            try:
                async with self.database.writing() as transaction:
                    ours = await forwarding.record(transaction, endpoint_id, token, outcome)
                    off = ours and outcome.failure is not None
                    off = off and await forwarding.give_up(
                        transaction, endpoint_id, seconds=GIVEN_UP_AFTER_S, now=datetime.now(UTC)
                    )
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_S)
            else:
                if off:
                    log.warning("xAPI endpoint %d is switched off: failing.", endpoint_id)
                return ours


class Turn:
    """One endpoint while it is served by us."""

    def __init__(self, forwarder: Forwarder, endpoint_id: int, token: str) -> None:
        self.forwarder = forwarder
        self.endpoint_id = endpoint_id
        self.token = token
        self.lost = False
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Serve it, beside everything else."""
        self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        """Serve it until nothing waits, it fails, or its turn is over; then leave it to whoever comes next."""
        try:
            await self.serve()
            async with self.forwarder.database.writing() as transaction:
                await forwarding.let_go(transaction, self.endpoint_id, self.token)
        except DatabaseUnavailable as problem:
            log.warning("xAPI endpoint %d is left until its lease runs out. %s", self.endpoint_id, problem)
        except Exception:
            log.exception("xAPI endpoint %d is left until its lease runs out.", self.endpoint_id)
        finally:
            del self.forwarder.turns[self.endpoint_id]

    def goes_on(self) -> bool:
        """Whether it is ours, and more is to be sent."""
        return not (self.lost or self.forwarder.stopping)

    async def serve(self) -> None:
        """One batch after the other."""
        clock = asyncio.get_running_loop().time
        until = clock() + TURN_S
        while self.goes_on() and clock() < until:
            async with self.forwarder.database.writing() as transaction:
                found = await forwarding.begin(transaction, self.endpoint_id, self.token, most=MOST_STATEMENTS)
            if found is None or not found[1]:
                return
            outcome = await self.forwarder.sender.send(*found, self.goes_on)
            ours = await self.forwarder.recorded(self.endpoint_id, self.token, outcome)
            if not ours or outcome.failure is not None:
                return
