"""Sends grades to LTI platforms: takes those that are due, several at once, and records what came of each.

A grade is sent by one process at a time, which holds it by a lease of the database's clock and renews that; of one
learner and line one is under way at a time. Whoever dies is followed by another one when the lease has run out: what
had been sent and not recorded is sent again, with the same instant, and the platform says that it is there.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from db.connections.database import Database
from db.errors import DatabaseUnavailable
from db.lti import scores
from db.lti.scores import Held, Outcome
from jobs.lti.sender import Sender
from resolvers.events import Event, EventType, emit

# So many at the same time in one process, and of one platform.
AT_ONCE, OF_ONE = 40, 5
AGAIN_S = 0.5

log = logging.getLogger(__name__)


class Dispatcher:
    """Sends grades. Belongs to one event loop; `wake` is called when there is room for more."""

    def __init__(self, database: Database, sender: Sender, lease_s: float) -> None:
        self.database = database
        self.sender = sender
        self.lease_s = lease_s
        self.sending: dict[asyncio.Task[None], Held] = {}
        self.stopping = False
        self.wake: Callable[[], None] = lambda: None

    async def round(self) -> bool:
        """Take grades that are due; whether there may be more at once."""
        room = AT_ONCE - len(self.sending)
        if self.stopping or room <= 0 or not await scores.is_due(self.database):
            return False
        busy = Counter(one.platform_id for one in self.sending.values())
        full = [platform_id for platform_id, count in busy.items() if count >= OF_ONE]
        async with self.database.writing() as transaction:
            taken = await scores.hold(transaction, uuid4().hex, full=full, most=room, each=OF_ONE, seconds=self.lease_s)
        for one in taken:
            task = asyncio.create_task(self.send(one))
            self.sending[task] = one
            task.add_done_callback(self.sent)
        return False

    def sent(self, task: "asyncio.Task[None]") -> None:
        """One has come to its end, whichever."""
        del self.sending[task]
        self.wake()

    async def renew(self) -> bool:
        """Hold on to what is being sent; what is not ours any more is not sent any further."""
        held = dict(self.sending)
        tokens = sorted({one.lease_token for one in held.values()})
        if tokens:
            async with self.database.writing() as transaction:
                ours = await scores.renew(transaction, tokens, seconds=self.lease_s)
            for task, one in held.items():
                if one.id not in ours:
                    task.cancel()
        return False

    async def drain(self) -> None:
        """Begin nothing any more, and wait until what is under way is answered and recorded."""
        self.stopping = True
        await asyncio.gather(*list(self.sending), return_exceptions=True)

    async def send(self, one: Held) -> None:
        """Send a grade, and record what came of it."""
        try:
            status = await self.recorded(one, await self.sender.send(one))
        except DatabaseUnavailable as problem:
            log.warning("Grade %d is left until its lease runs out. %s", one.id, problem)
        except Exception:
            log.exception("Grade %d is left until its lease runs out.", one.id)
        else:
            if status == "failed":
                log.warning("Grade %d did not reach LTI platform %d, and is given up.", one.id, one.platform_id)

    async def recorded(self, one: Held, outcome: Outcome) -> str | None:
        """Record what came of an attempt, again and again while the database is away; gives the status.

        A grade that is given up is told of in the same transaction.
        """
        while True:
            try:
                async with self.database.writing() as transaction:
                    status = await scores.record(transaction, one, outcome)
                    if status == "failed" and one.student_id is not None:
                        await emit(transaction, given_up(one, one.student_id), datetime.now(UTC))
                    return status
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_S)


def given_up(one: Held, student_id: int) -> Event:
    """What is told of a grade that did not arrive."""
    body: dict[str, object] = {"score": one.id, "launch": one.launch_id}
    return Event(EventType.GRADE_PASSBACK_FAILED, one.organization_id, "Student", student_id, body)
