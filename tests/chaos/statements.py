"""xAPI through kills: every statement of what was committed is in every store, once, in each learner's order."""

import asyncio
import itertools
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import asyncpg
import httpx2

from resolvers.xapi.statements import NAMESPACE
from tests.accounts.calling import OWNER
from tests.chaos.killing import LEAST_S, MOST_S, Killer, keep_alive
from tests.chaos.programs import Installation
from tests.chaos.webhooks import DRAIN_S, Run, headers_of
from tests.egress.receiver import Receiver
from tests.progress.asking import RECORD, completed
from tests.xapi.lrs import Lrs, recording

STORES, LEARNERS = 4, 3
# One answer in so many is a failure, one is never heard though all was stored, and one takes long.
FAILS, CUTS, SLOW = 30, 40, 25
HOME = "https://kakehashi.localhost/xapi"
# Who learns, and what.
PASS = 0.6
NEAR = f"""select uid from students where organization_id = (
  select organization_id from memberships join staff on staff.id = staff_id where uid = '{OWNER}' limit 1)
  and locked_at is null and not demo order by id limit {LEARNERS}"""
TRAININGS = """select trainings.id from trainings join courses on courses.id = course_id
  where published_at < now() order by trainings.id limit 40"""
TOLD = """select uid, event_id, type, body, score from outbox join students on students.id = subject_id
  left join progress_events on progress_events.id = fact_id
  where subject_type = 'Student' order by transaction_id, seq"""
LEFT = """select (select count(*) from xapi_statements where status <> 'delivered')
  + (select sum(waiting) from xapi_endpoints)"""


class Expected(NamedTuple):
    """A statement that must be there: whose it is, and its id."""

    uid: str
    id: str


@dataclass(slots=True)
class StatementVerdict:
    """What came of a run, over all stores together."""

    events: int
    acknowledged: int
    expected: int
    lost: int
    phantom: int
    again: int
    changed: int
    disordered: int
    kills: Counter[str]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether what must hold did."""
        return not (self.lost or self.phantom or self.changed or self.disordered) and self.acknowledged <= self.events

    def __str__(self) -> str:
        kills = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kills.items()))
        return (
            f"{self.events} events ({self.acknowledged} requests acknowledged), {self.expected} statements: "
            f"{self.lost} lost, {self.phantom} phantom, {self.again} sent again under their id, "
            f"{self.changed} with other content, {self.disordered} learners out of order; "
            f"killed {kills}; {self.seconds:.0f} s"
        )


@dataclass(slots=True)
class StatementRun(Run):
    """One run: so many statements, so many kills, decided by a seed."""

    stores: list[Lrs] = field(default_factory=list)

    async def forward(self) -> StatementVerdict:
        """Start everything, let learners learn, kill, wait until all is quiet, and count."""
        started = time.monotonic()
        self.installation = Installation("127.0.0.0/8")
        try:
            await asyncio.to_thread(self.installation.start)
            async with AsyncExitStack() as stack:
                for number in range(STORES):
                    self.stores.append(await stack.enter_async_context(recording(flaky_store(self.seed + number))))
                return await self.gone_through(started)
        finally:
            self.installation.end()

    async def gone_through(self, started: float) -> StatementVerdict:
        """The run itself, with everything up."""
        await self.register()
        killer = Killer(self.installation, self.seed, self.kills, lambda: self.acknowledged / self.wanted)
        keeping = asyncio.create_task(keep_alive(self.installation.programs))
        watching = asyncio.create_task(self.watch(killer, Receiver()))
        await asyncio.gather(killer.run(), self.learn())
        self.tell("The killing is over, and everything has happened; now the rest has to arrive.")
        await self.arrived()
        for task in (watching, keeping):
            task.cancel()
        await asyncio.gather(watching, keeping, return_exceptions=True)
        return await self.counted(killer, started)

    @property
    def wanted(self) -> int:
        """How many requests make so many statements: each completes a training, which is two of them at least."""
        return -(-self.deliveries // (2 * STORES))

    async def register(self) -> None:
        """The stores, as endpoints."""
        headers = await headers_of(self.installation, OWNER)
        async with httpx2.AsyncClient(base_url=self.installation.url, headers=headers, trust_env=False) as client:
            for store in self.stores:
                answer = await client.post("/api/integrations/xapi-endpoints", json={"url": store.url, "token": "t"})
                answer.raise_for_status()

    async def learn(self) -> None:
        """Have learners complete trainings, by turns, until as much as is wanted was acknowledged."""
        headers = [await headers_of(self.installation, str(uid)) for uid in await self.asked(NEAR)]
        trainings = itertools.cycle(await self.asked(TRAININGS))
        turns = itertools.cycle(headers)
        async with httpx2.AsyncClient(base_url=self.installation.url, trust_env=False) as client:
            for number in itertools.count():
                if self.acknowledged >= self.wanted:
                    return
                event = completed(f"chaos-{number}", int(str(next(trainings))))
                body = {"query": RECORD, "variables": {"events": [event]}}
                with suppress(httpx2.HTTPError):
                    answer = await client.post("/graphql", json=body, headers=next(turns), timeout=15)
                    if answer.status_code == httpx2.codes.OK and "errors" not in answer.json():
                        self.acknowledged += 1
                # So that it goes on as long as the killing does.
                await asyncio.sleep(self.kills * (LEAST_S + MOST_S) / 2 / self.wanted)

    async def arrived(self) -> None:
        """Wait until every event was read, and nothing waits any more."""
        async with asyncio.timeout(DRAIN_S):
            while True:
                with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    expected = await self.expected()
                    queued = await self.asked("select count(*) from xapi_statements")
                    if queued == [len(expected) * STORES] and await self.asked(LEFT) == [0]:
                        return
                await asyncio.sleep(0.5)

    async def expected(self) -> list[Expected]:
        """The statements of what was committed, in its order."""
        connection = await asyncpg.connect(self.installation.database_url)
        try:
            await connection.set_type_codec("json", encoder=str, decoder=json.loads, schema="pg_catalog")
            rows = await connection.fetch(TOLD)
        finally:
            await connection.close()
        return [
            Expected(row["uid"], str(uuid.uuid5(NAMESPACE, f"{row['event_id']} {verb} {HOME}/{about}")))
            for row in rows
            for verb, about in said_of(row["type"], row["body"], row["score"])
        ]

    async def counted(self, killer: Killer, started: float) -> StatementVerdict:
        """What the stores have, held against what was committed."""
        expected, events = await self.expected(), await self.asked("select event_id from outbox")
        wanted = {one.id for one in expected}
        return StatementVerdict(
            len(events),
            self.acknowledged,
            len(expected) * STORES,
            sum(len(wanted - set(store.ids)) for store in self.stores),
            sum(len(set(store.ids) - wanted) for store in self.stores),
            sum(store.again for store in self.stores),
            sum(store.changed for store in self.stores),
            sum(disordered(store, expected) for store in self.stores),
            killer.done,
            time.monotonic() - started,
        )


def said_of(type_: str, body: dict[str, Any], score: float | None) -> Iterator[tuple[str, str]]:
    """The verbs and activities of an event's statements."""
    match type_:
        case "enrollment.created":
            yield "registered", f"courses/{body['course']}"
        case "enrollment.completed":
            yield "completed", f"courses/{body['course']}"
        case "training.completed":
            yield "completed", f"trainings/{body['training']}"
            # Of what was answered before, in the demo.
            if score is not None:
                yield "passed" if score >= PASS else "failed", f"trainings/{body['training']}"
        case "lesson.completed":
            yield "completed", f"lessons/{body['lesson']}"
        case "achievement.unlocked":
            yield "earned", f"achievements/{body['achievement']}"
        case "progress.updated":
            yield from (("progressed", f"lessons/{lesson}") for lesson in body["lessons"])
        case _:
            raise ValueError(f"Nothing is known of {type_}.")


def disordered(store: Lrs, expected: list[Expected]) -> int:
    """How many learners whose statements are not in the order of what happened."""
    by_learner: dict[str, list[str]] = {}
    for one in expected:
        by_learner.setdefault(one.uid, []).append(one.id)
    stored: dict[str, list[str]] = {}
    for statement in store.stored:
        stored.setdefault(statement["actor"]["account"]["name"], []).append(statement["id"])
    return sum(stored.get(uid) != ids for uid, ids in by_learner.items())


def flaky_store(seed: int) -> Lrs:
    """A store that fails, is not heard and takes its time now and then; every other one says 409 to what it knows."""
    dice = random.Random(seed)
    store = Lrs(authorization="Bearer t", conflicts=bool(seed % 2))
    store.trouble = lambda: (dice.choice((500, 503)), {}) if not dice.randrange(FAILS) else None
    store.cuts = lambda: not dice.randrange(CUTS)
    store.slow = lambda: 0.2 if not dice.randrange(SLOW) else 0.0
    return store
