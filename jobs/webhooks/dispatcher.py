"""Delivers: takes webhooks for which something is due, and sends what is due, five at once to each.

A webhook is served by one process at a time, which holds it by a lease of the database's clock and renews that. Whoever
dies is followed by another one when its lease has run out, and what it had begun is begun anew: a delivery may be made
twice, under the same id, and is never lost.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from db import deliveries, webhooks
from db.connections.database import Database, Transaction
from db.deliveries import Begun, Held
from jobs.webhooks.recorder import Recorder
from jobs.webhooks.sender import Sender

AT_ONCE = 5
BATCH = 50
# So many webhooks are served at the same time by one process.
MOST_HELD = 200
# Who is served for so long without a pause makes room for others.
TURN_S = 30.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a lease is good, in seconds of the database's clock, and how long an attempt may take."""

    lease_s: float = 15.0
    attempt_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Look:
    """What was found for the webhooks that are served: as they are, what was begun, sealed secrets, and who is left."""

    taken: Sequence[int]
    held: Sequence[Held]
    begun: Sequence[Begun]
    secrets: Sequence[tuple[int, bytes]]
    left: Sequence[int]


class Dispatcher:
    """Serves webhooks: what is due for all of them is begun in one transaction. Belongs to one event loop."""

    def __init__(self, database: Database, sender: Sender, recorder: Recorder, pace: Pace | None = None) -> None:
        self.database = database
        self.sender = sender
        self.recorder = recorder
        self.pace = pace or Pace()
        self.turns: dict[int, Turn] = {}
        self.stopping = False
        # Whom to tell that there is room for more.
        self.wake: Callable[[], None] = lambda: None

    async def round(self) -> bool:
        """Begin what is due, for the webhooks that are served and for new ones; whether there may be more at once."""
        if self.stopping or not (self.turns or await deliveries.is_due(self.database)):
            return False
        token, asked = uuid4().hex, [turn for turn in self.turns.values() if turn.has_room]
        idle = {turn.webhook_id for turn in asked if turn.is_idle}
        async with self.database.writing() as transaction:
            look = await self.look(transaction, token, [turn.webhook_id for turn in asked], idle)
        for webhook_id in look.taken:
            self.turns[webhook_id] = Turn(self, webhook_id, token)
        self.share(look, [*[turn.webhook_id for turn in asked], *look.taken])
        return len(look.taken) == MOST_HELD

    async def look(self, transaction: Transaction, token: str, asked: Sequence[int], idle: set[int]) -> Look:
        """Take webhooks, begin what is due, and leave those for which nothing is."""
        room = MOST_HELD - len(self.turns)
        taken = await deliveries.hold(transaction, token, most=room, seconds=self.pace.lease_s) if room > 0 else []
        tokens = sorted({token, *(turn.token for turn in self.turns.values())})
        ids = [*asked, *taken]
        held = await deliveries.still_held(transaction, tokens, ids) if ids else []
        going = [one for one in held if self.goes_on(one.id)]
        begun = await deliveries.begin(transaction, going, most=BATCH) if going else []
        busy = {one.webhook_id for one in begun}
        secrets = await webhooks.secrets_of(transaction, sorted(busy), datetime.now(UTC)) if busy else []
        left = [
            webhook_id for webhook_id in ids if webhook_id not in busy and (webhook_id in idle or webhook_id in taken)
        ]
        if left:
            await deliveries.let_go(transaction, tokens, left)
        return Look(taken, held, begun, secrets, left)

    def share(self, look: Look, ids: Sequence[int]) -> None:
        """Give each webhook what was begun for it."""
        held, begun = {one.id: one for one in look.held}, defaultdict[int, list[Begun]](list)
        secrets = defaultdict[int, list[bytes]](list)
        for one in look.begun:
            begun[one.webhook_id].append(one)
        for webhook_id, sealed in look.secrets:
            secrets[webhook_id].append(sealed)
        for webhook_id in ids:
            turn = self.turns[webhook_id]
            if webhook_id in look.left or webhook_id not in held:
                turn.lose()
            else:
                turn.take(held[webhook_id], begun[webhook_id], secrets[webhook_id])

    def recorded(self, webhook_id: int) -> None:
        """Everything of a webhook is recorded by now: of what is told in order, the next may be sent."""
        turn = self.turns.get(webhook_id)
        if turn is not None:
            turn.pump()

    def goes_on(self, webhook_id: int) -> bool:
        """Whether a webhook is served on: whoever had a long turn makes room where there is little."""
        turn = self.turns.get(webhook_id)
        return turn is None or len(self.turns) < MOST_HELD or turn.ends_at > asyncio.get_running_loop().time()

    async def renew(self) -> bool:
        """Hold on to what is served; what is not ours any more is not served any longer."""
        served = dict(self.turns)
        tokens = sorted({turn.token for turn in served.values()})
        if tokens:
            async with self.database.writing() as transaction:
                ours = await deliveries.renew(transaction, tokens, seconds=self.pace.lease_s)
            for webhook_id, turn in served.items():
                if webhook_id not in ours:
                    turn.lose()
        return False

    async def drain(self) -> None:
        """Begin nothing any more, wait for what is under way and until it is recorded, and leave all webhooks."""
        self.stopping = True
        served = dict(self.turns)
        for turn in served.values():
            turn.queue.clear()
        await asyncio.gather(*[task for turn in served.values() for task in turn.sending], return_exceptions=True)
        for webhook_id in served:
            await self.recorder.settled(webhook_id)
        if served:
            async with self.database.writing() as transaction:
                tokens = sorted({turn.token for turn in served.values()})
                await deliveries.let_go(transaction, tokens, sorted(served))


class Turn:
    """One webhook while it is served by us."""

    def __init__(self, dispatcher: Dispatcher, webhook_id: int, token: str) -> None:
        self.dispatcher = dispatcher
        self.webhook_id = webhook_id
        self.token = token
        self.held: Held | None = None
        # As they are kept: whoever sends opens them.
        self.secrets: Sequence[bytes] = ()
        self.queue: deque[Begun] = deque()
        self.sending: set[asyncio.Task[None]] = set()
        # Whether less was due than was asked for, so that nobody need look again before there is news.
        self.dry = False
        self.ends_at = asyncio.get_running_loop().time() + TURN_S

    @property
    def at_once(self) -> int:
        """How many are sent at the same time; one after the other where it is told in order."""
        return 1 if self.held is not None and self.held.ordered else AT_ONCE

    @property
    def is_idle(self) -> bool:
        """Whether nothing of it is under way, nor waits to be recorded."""
        return not self.queue and not self.sending and not self.dispatcher.recorder.open.get(self.webhook_id)

    @property
    def has_room(self) -> bool:
        """Whether more may be begun; of what is told in order only when what came before is recorded."""
        if self.held is not None and self.held.ordered:
            return self.is_idle
        return len(self.queue) < AT_ONCE

    def take(self, held: Held, begun: Sequence[Begun], secrets: Sequence[bytes]) -> None:
        """Send what was begun, as the webhook is now."""
        self.held, self.dry = held, len(begun) < (1 if held.ordered else BATCH)
        self.secrets = secrets or self.secrets
        if held.failing_since is not None:
            self.dispatcher.recorder.failing.add(held.id)
        self.queue.extend(begun)
        self.pump()

    def pump(self) -> None:
        """Send as many at once as may be, and ask for more before they run out."""
        while self.queue and len(self.sending) < self.at_once and self.held is not None:
            task = asyncio.create_task(self.send(self.held, self.queue.popleft()))
            self.sending.add(task)
            task.add_done_callback(self.sent)
        if not self.dry and self.has_room:
            self.dispatcher.wake()

    def sent(self, task: asyncio.Task[None]) -> None:
        """One attempt has come to its end."""
        self.sending.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.warning("Webhook %d: an attempt was left. %s", self.webhook_id, problem)
            self.lose()
        else:
            self.pump()

    async def send(self, held: Held, begun: Begun) -> None:
        """Make an attempt, and have it be recorded."""
        outcome = await self.dispatcher.sender.attempt(held, begun, self.secrets, self.token)
        self.dispatcher.recorder.put(outcome)

    def lose(self) -> None:
        """It is not served any more: left, taken by another one, switched off or removed. What is under way ends."""
        self.queue.clear()
        if self.dispatcher.turns.get(self.webhook_id) is self:
            del self.dispatcher.turns[self.webhook_id]
