"""The parts of a worker meet here: as a process of its own, or inside a web process on a developer's machine."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from db.connections.database import Database, connect
from db.errors import DatabaseUnavailable
from db.wall import refuse_without
from jobs.clocks import by_itself, by_redis
from jobs.exports.maker import Maker
from jobs.exports.maker import Pace as ExportPace
from jobs.imports.importer import Importer
from jobs.lti import queueing as grades
from jobs.lti.dispatcher import Dispatcher as GradeDispatcher
from jobs.lti.lines import Lines
from jobs.lti.rosters import Filler
from jobs.lti.sender import Sender as GradeSender
from jobs.relay import Relay
from jobs.roster.teller import Teller
from jobs.rounds import Rounds
from jobs.settings import JobSettings
from jobs.timetable import timetable
from jobs.upstreams.collector import Collector
from jobs.webhooks import queueing as webhooks
from jobs.webhooks.dispatcher import Dispatcher, Pace
from jobs.webhooks.documents import switch_off_misfits
from jobs.webhooks.recorder import Recorder
from jobs.webhooks.sender import Sender
from jobs.xapi import queueing as xapi
from jobs.xapi.forwarder import Forwarder
from jobs.xapi.sender import Sender as StatementSender
from resolvers.accesses.log import AccessLog
from resolvers.accounts import Admission
from resolvers.egress.client import Egress
from resolvers.exports.store import Store
from resolvers.lti.services import Services
from resolvers.wakeups import Wakeups
from resolvers.witness import Witness
from schema.execution import Execution
from schema.root import graph_of

WRITERS = 4
# An attempt takes 15 seconds at most, and has to be recorded.
DRAIN_S = 20.0
# Leases are renewed so often while they last.
LEASE_PARTS = 3
# A roster is read once a day.
ROSTER_INTERVAL_S = 86_400.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Paces:
    """How fast each kind of work goes; tests make some of it faster."""

    webhooks: Pace
    exports: ExportPace


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of work: its rounds, which end first; how it comes to its end; and what goes on until it has."""

    rounds: Sequence[Rounds]
    drain: Callable[[], Awaitable[None]]
    beside: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that a worker does, on one database."""

    parts: Sequence[Part]

    def wake(self) -> None:
        """Something happened, or was queued."""
        for part in self.parts:
            for rounds in part.rounds:
                rounds.wake()

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Work until the end of the block; then nothing new is begun, and what is under way comes to its end."""
        rounds = [asyncio.create_task(one.run()) for part in self.parts for one in part.rounds]
        beside = [asyncio.create_task(run()) for part in self.parts for run in part.beside]
        try:
            yield
        finally:
            await ended(rounds)
            try:
                await self.drained()
            finally:
                await ended(beside)

    async def drained(self) -> None:
        """Let each part come to its end, also where another one cannot; whatever is left has leases that run out."""
        left = "What is under way still is left: its leases run out by themselves."
        try:
            async with asyncio.timeout(DRAIN_S):
                ends = await asyncio.gather(*[part.drain() for part in self.parts], return_exceptions=True)
        except TimeoutError:
            log.warning(left)
            return
        for end in ends:
            if isinstance(end, DatabaseUnavailable):
                log.warning("%s %s", left, end)
            elif isinstance(end, BaseException):
                raise end


def work_on(
    database: Database,
    execution: Execution,
    egress: Egress,
    store: Store,
    settings: JobSettings,
    paces: Paces,
    witness: Witness,
) -> Work:
    """The work of one process."""
    admission, pace = Admission(database), paces.webhooks
    every_s = settings.worker_interval_s
    return Work(
        (
            webhook_part(database, admission, execution, egress, settings, pace, witness),
            xapi_part(database, admission, egress, settings, pace),
            grade_part(database, egress, settings, pace),
            export_part(database, execution, admission, store, paces.exports, every_s),
            upstream_part(database, egress, settings),
            roster_part(database, every_s),
            lti_roster_part(database, egress, settings),
            import_part(database, admission, settings),
        )
    )


def webhook_part(
    database: Database,
    admission: Admission,
    execution: Execution,
    egress: Egress,
    settings: JobSettings,
    pace: Pace,
    witness: Witness,
) -> Part:
    """Webhooks: what happened is delivered."""
    recorder, delays = Recorder(database), settings.webhook_retry_delays
    sender = Sender(database, execution, egress, admission, settings.sealer(), delays, pace.attempt_s, witness)
    dispatcher = Dispatcher(database, sender, recorder, pace)
    dispatch = Rounds("Delivering", dispatcher.round, settings.worker_interval_s)
    dispatcher.wake, recorder.after = dispatch.wake, dispatcher.recorded
    queue = webhooks.Queueing(database, admission).queue
    relay = Relay(database, webhooks.READER, queue, dispatch.wake)
    relaying = Rounds("Queueing", relay.round, settings.worker_interval_s)
    renewal = Rounds("Leases", dispatcher.renew, pace.lease_s / LEASE_PARTS)
    return Part((relaying, dispatch), dispatcher.drain, (renewal.run, recorder.run))


def xapi_part(database: Database, admission: Admission, egress: Egress, settings: JobSettings, pace: Pace) -> Part:
    """xAPI: what learners did is forwarded."""
    sender = StatementSender(egress, settings.sealer(), settings.xapi_retry_delays, pace.attempt_s)
    forwarder = Forwarder(database, sender, pace.lease_s)
    forward = Rounds("Forwarding", forwarder.round, settings.worker_interval_s)
    queue = xapi.Queueing(database, admission).queue
    relay = Relay(database, xapi.READER, queue, forward.wake)
    relaying = Rounds("Making statements", relay.round, settings.worker_interval_s)
    renewal = Rounds("Leases of xAPI endpoints", forwarder.renew, pace.lease_s / LEASE_PARTS)
    return Part((relaying, forward), forwarder.drain, (renewal.run,))


def grade_part(database: Database, egress: Egress, settings: JobSettings, pace: Pace) -> Part:
    """Grades: what learners completed is told to the LTI platforms that launched it."""
    services = Services(database, egress, settings.sealer())
    sender = GradeSender(services, Lines(database, services), settings.lti_retry_delays)
    dispatcher = GradeDispatcher(database, sender, pace.lease_s)
    sending = Rounds("Sending grades", dispatcher.round, settings.worker_interval_s)
    dispatcher.wake = sending.wake
    relay = Relay(database, grades.READER, grades.queue, sending.wake)
    relaying = Rounds("Queueing grades", relay.round, settings.worker_interval_s)
    renewal = Rounds("Leases of grades", dispatcher.renew, pace.lease_s / LEASE_PARTS)
    return Part((relaying, sending), dispatcher.drain, (renewal.run,))


def export_part(
    database: Database, execution: Execution, admission: Admission, store: Store, pace: ExportPace, every_s: float
) -> Part:
    """Exports: lists become files."""
    maker = Maker(database, execution, admission, store, pace)
    exporting = Rounds("Exporting", maker.round, every_s)
    maker.wake = exporting.wake
    return Part((exporting,), maker.drain)


def upstream_part(database: Database, egress: Egress, settings: JobSettings) -> Part:
    """Upstreams: what others measured is collected."""
    collector = Collector(database, egress, settings.sealer(), interval_s=settings.upstream_interval_s)
    return Part((Rounds("Collecting", collector.round, settings.worker_interval_s),), collector.aclose)


def roster_part(database: Database, every_s: float) -> Part:
    """Rosters: what changed is told, by looking for it. Nobody wakes it, for what wakes is seldom of rosters."""
    return Part((), nothing, (Rounds("Telling", Teller(database).round, every_s).run,))


def lti_roster_part(database: Database, egress: Egress, settings: JobSettings) -> Part:
    """Rosters of LTI platforms: sections are filled from there."""
    services = Services(database, egress, settings.sealer())
    filler = Filler(database, services, delays=settings.lti_roster_retry_delays, interval_s=ROSTER_INTERVAL_S)
    return Part((Rounds("Filling", filler.round, settings.worker_interval_s),), filler.aclose)


def import_part(database: Database, admission: Admission, settings: JobSettings) -> Part:
    """Imports: lists of members are planned and applied."""
    importer = Importer(database, admission, most_percent=settings.import_max_deactivations)
    return Part((Rounds("Importing", importer.round, settings.worker_interval_s),), importer.aclose)


async def nothing() -> None:
    """There is nothing to wait for at the end: what was not told yet is told by the next one."""


@asynccontextmanager
async def working(
    settings: JobSettings, database: Database, pace: Pace | None = None, exports: ExportPace | None = None
) -> AsyncIterator[Work]:
    """Do the work until the end of the block, on a database that is open; news that is written there wakes it."""
    execution, egress = Execution(graph_of(stepwise=False)), Egress(settings.egress_allow)
    store, paces, access_log = (
        Store(settings.exports),
        Paces(pace or Pace(), exports or ExportPace()),
        AccessLog(database),
    )
    work = work_on(database, execution, egress, store, settings, paces, access_log)
    await switch_off_misfits(database, execution)
    database.after_news.append(work.wake)
    access_log.start()
    try:
        async with work.going_on():
            yield work
    finally:
        database.after_news.remove(work.wake)
        await access_log.aclose()
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
    entries = timetable(settings)
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
