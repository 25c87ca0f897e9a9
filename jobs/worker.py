"""The parts of a worker meet here: as a process of its own, or inside a web process on a developer's machine."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from db.connections.database import Database, connect
from db.wall import refuse_without
from jobs.clocks import by_itself, by_redis
from jobs.exports.maker import Maker
from jobs.exports.maker import Pace as ExportPace
from jobs.roster.teller import Teller
from jobs.rounds import Rounds
from jobs.settings import JobSettings
from jobs.timetable import timetable
from jobs.webhooks.dispatcher import Dispatcher, Pace
from jobs.webhooks.documents import switch_off_misfits
from jobs.webhooks.recorder import Recorder
from jobs.webhooks.relay import Relay
from jobs.webhooks.sender import Sender
from resolvers.accounts import Admission
from resolvers.egress.client import Egress
from resolvers.exports.store import Store
from resolvers.wakeups import Wakeups
from schema.execution import Execution
from schema.root import graph_of

WRITERS = 4
# An attempt takes 15 seconds at most, and has to be recorded.
DRAIN_S = 20.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Paces:
    """How fast each kind of work goes; tests make some of it faster."""

    webhooks: Pace
    exports: ExportPace


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that a worker does, on one database."""

    relay: Rounds
    dispatch: Rounds
    renewal: Rounds
    recorder: Recorder
    dispatcher: Dispatcher
    exporting: Rounds
    maker: Maker
    telling: Rounds

    def wake(self) -> None:
        """Something happened, or was queued."""
        self.relay.wake()
        self.dispatch.wake()
        self.exporting.wake()

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Work until the end of the block; then nothing new is begun, and what is under way comes to its end."""
        rounds = [asyncio.create_task(one.run()) for one in (self.relay, self.dispatch, self.exporting, self.telling)]
        beside = [asyncio.create_task(one) for one in (self.renewal.run(), self.recorder.run())]
        try:
            yield
        finally:
            await ended(rounds)
            try:
                await asyncio.wait_for(asyncio.gather(self.dispatcher.drain(), self.maker.drain()), DRAIN_S)
            except TimeoutError:
                log.warning("What is under way still is left: its leases run out by themselves.")
            await ended(beside)


def work_on(
    database: Database, execution: Execution, egress: Egress, store: Store, settings: JobSettings, pace: Paces
) -> Work:
    """The work of one process."""
    admission, recorder = Admission(database), Recorder(database)
    sender = Sender(database, execution, egress, admission, settings.webhook_retry_delays, pace.webhooks.attempt_s)
    dispatcher = Dispatcher(database, sender, recorder, settings.sealer(), pace.webhooks)
    maker = Maker(database, execution, admission, store, pace.exports)
    exporting = Rounds("Exporting", maker.round)
    maker.wake = exporting.wake
    dispatch = Rounds("Delivering", dispatcher.round)
    dispatcher.wake, recorder.after = dispatch.wake, dispatcher.recorded
    return Work(
        Rounds("Queueing", Relay(database, admission, dispatch.wake).round),
        dispatch,
        Rounds("Leases", dispatcher.renew, every_s=pace.webhooks.lease_s / 3),
        recorder,
        dispatcher,
        exporting,
        maker,
        Rounds("Telling", Teller(database).round),
    )


@asynccontextmanager
async def working(
    settings: JobSettings, database: Database, pace: Pace | None = None, exports: ExportPace | None = None
) -> AsyncIterator[Work]:
    """Do the work until the end of the block, on a database that is open; news that is written there wakes it."""
    execution, egress = Execution(graph_of(stepwise=False)), Egress(settings.egress_allow)
    work = work_on(
        database, execution, egress, Store(settings.exports), settings, Paces(pace or Pace(), exports or ExportPace())
    )
    await switch_off_misfits(database, execution)
    database.after_news.append(work.wake)
    try:
        async with work.going_on():
            yield work
    finally:
        database.after_news.remove(work.wake)
        await egress.aclose()


async def run_worker(settings: JobSettings, pace: Pace | None = None) -> None:
    """A process that does nothing else, until it is told to stop; then it stops within 30 seconds."""
    database = connect(settings.database, connections=settings.database_connections, writers=WRITERS)
    await database.open()
    try:
        await refuse_without(database)
        async with working(settings, database, pace) as work:
            beside = [asyncio.create_task(one) for one in beside_work(settings, database, work)]
            log.info("The worker works.")
            await told_to_stop()
            await ended(beside)
    finally:
        await database.close()


def beside_work(settings: JobSettings, database: Database, work: Work) -> list[Coroutine[Any, Any, None]]:
    """What a worker does beside its rounds: it keeps the timetable, and hears from Redis that there is news."""
    entries = timetable(Store(settings.exports))
    if settings.redis_url is None:
        return [by_itself(database, entries)]
    wakeups = Wakeups(Redis.from_url(settings.redis_url))
    return [by_redis(settings.redis_url, database, entries), wakeups.listen(work.wake)]


async def told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


async def ended(tasks: list[asyncio.Task[None]]) -> None:
    """End tasks, and wait until they are."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
