"""Webhooks through kills: every event that was committed arrives at every webhook, under one id, and nothing else."""

import asyncio
import itertools
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

import asyncpg
import httpx2

from db.errors import DatabaseUnavailable
from gateway.settings import Settings
from tests.accounts.calling import OWNER, STUDENT
from tests.chaos.killing import LEAST_S, MOST_S, Killer, keep_alive
from tests.chaos.programs import Installation
from tests.clients.server import made_token
from tests.egress.receiver import ANSWER, Receiver, receiving

WEBHOOKS = 8
# One answer in so many is a failure, and one in so many takes long.
FAILS, SLOW = 40, 25
DRAIN_S = 240.0
FIRST_DAY = date(1950, 1, 1)
CHANGE = """mutation ($on: Date!) {
  updateMySchoolProfile(schoolCode: "01092J", dateOfBirth: $on) { userErrors { code } }
}"""
OUTBOX = "select event_id from outbox where type = 'student.updated'"
LEFT = "select count(*) from deliveries where finished_at is null"


@dataclass(slots=True)
class Verdict:
    """What came of a run."""

    events: int
    acknowledged: int
    expected: int
    lost: int
    phantom: int
    twice: int
    changed: int
    kills: Counter[str]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether what must hold did."""
        return not (self.lost or self.phantom or self.changed) and self.acknowledged <= self.events


@dataclass(slots=True)
class Run:
    """One run: so many deliveries, so many kills, decided by a seed."""

    deliveries: int
    kills: int
    seed: int
    tell: Callable[[str], None] = lambda _: None
    installation: Installation = field(init=False)
    acknowledged: int = 0

    async def run(self) -> Verdict:
        """Start everything, let things happen, kill, wait until all is quiet, and count."""
        started = time.monotonic()
        self.installation = Installation("127.0.0.0/8")
        try:
            await asyncio.to_thread(self.installation.start)
            async with receiving(flaky(self.seed)) as receiver:
                return await self.tried(receiver, started)
        finally:
            self.installation.end()

    async def tried(self, receiver: Receiver, started: float) -> Verdict:
        """The run itself, with everything up."""
        await self.make_webhooks(receiver.port)
        killer = Killer(self.installation, self.seed, self.kills, lambda: self.acknowledged / self.wanted)
        keeping = asyncio.create_task(keep_alive(self.installation.programs))
        happening = asyncio.create_task(self.happen())
        watching = asyncio.create_task(self.watch(killer, receiver))
        await asyncio.gather(killer.run(), happening)
        self.tell("The killing is over, and everything has happened; now the rest has to arrive.")
        await self.drained()
        watching.cancel()
        keeping.cancel()
        await asyncio.gather(watching, keeping, return_exceptions=True)
        return await self.verdict(receiver, killer, started)

    async def make_webhooks(self, port: int) -> None:
        """Some webhooks, of which one is told in order."""
        headers = await headers_of(self.installation, OWNER)
        async with httpx2.AsyncClient(base_url=self.installation.url, headers=headers, trust_env=False) as client:
            for number in range(WEBHOOKS):
                body = {"url": f"http://127.0.0.1:{port}/{number}", "events": ["student.*"], "ordered": number == 0}
                answer = await client.post("/api/integrations/webhooks", json=body)
                answer.raise_for_status()

    @property
    def wanted(self) -> int:
        """How many events make so many deliveries."""
        return -(-self.deliveries // WEBHOOKS)

    async def happen(self) -> None:
        """Have a student change the own profile, again and again, until as much as is wanted was acknowledged."""
        headers = await headers_of(self.installation, STUDENT)
        # Each attempt names another day than all before it: who asks for what is there already changes nothing.
        days = (FIRST_DAY + timedelta(days=number) for number in itertools.count())
        async with httpx2.AsyncClient(base_url=self.installation.url, headers=headers, trust_env=False) as client:
            while self.acknowledged < self.wanted:
                body = {"query": CHANGE, "variables": {"on": next(days).isoformat()}}
                with suppress(httpx2.HTTPError):
                    answer = await client.post("/graphql", json=body, timeout=15)
                    if answer.status_code == httpx2.codes.OK and "errors" not in answer.json():
                        self.acknowledged += 1
                # So that it goes on as long as the killing does.
                await asyncio.sleep(self.kills * (LEAST_S + MOST_S) / 2 / self.wanted)

    async def watch(self, killer: Killer, receiver: Receiver) -> None:
        """Tell how far it is."""
        while True:
            await asyncio.sleep(10)
            kills = sum(killer.done.values())
            self.tell(f"{kills} of {self.kills} kills, {self.acknowledged} events, {len(receiver.requests)} requests")

    async def drained(self) -> None:
        """Wait until every event has its deliveries and all of them are finished."""
        async with asyncio.timeout(DRAIN_S):
            while True:
                with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    events = await self.asked(OUTBOX)
                    queued = await self.asked("select count(*) from deliveries")
                    left = await self.asked(LEFT)
                    if queued[0] == len(events) * WEBHOOKS and left[0] == 0:
                        return
                await asyncio.sleep(0.5)

    async def asked(self, statement: str) -> list[object]:
        """The first column of what a statement gives."""
        connection = await asyncpg.connect(self.installation.database_url)
        try:
            return [row[0] for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    async def verdict(self, receiver: Receiver, killer: Killer, started: float) -> Verdict:
        """What the receiver got, held against what was committed."""
        events = set(await self.asked(OUTBOX))
        got: dict[str, Counter[str]] = defaultdict(Counter)
        bodies: dict[str, set[bytes]] = defaultdict(set)
        for head, body in receiver.requests:
            id_ = str(json.loads(body)["id"])
            got[head.split(" ")[1]][id_] += 1
            bodies[id_].add(body)
        expected = {f"/{number}": events for number in range(WEBHOOKS)}
        return Verdict(
            len(events),
            self.acknowledged,
            len(events) * WEBHOOKS,
            sum(len(ids - got[path].keys()) for path, ids in expected.items()),
            sum(len(ids.keys() - expected.get(path, set())) for path, ids in got.items()),
            sum(count - 1 for ids in got.values() for count in ids.values()),
            sum(len(different) > 1 for different in bodies.values()),
            killer.done,
            time.monotonic() - started,
        )


async def headers_of(installation: Installation, uid: str) -> dict[str, str]:
    """The headers of a person; asked for again while the database is away."""
    while True:
        try:
            token = await asyncio.to_thread(token_of, installation, uid)
        except (DatabaseUnavailable, OSError):
            await asyncio.sleep(0.5)
        else:
            return {"Authorization": f"Bearer {token}", "X-From": installation.folder.name}


def token_of(installation: Installation, uid: str) -> str:
    """A day's token."""
    settings = Settings(data_dir=installation.folder, database_url=installation.database_url)
    return asyncio.run(made_token(settings, uid))


def flaky(seed: int) -> Callable[[asyncio.StreamWriter], "asyncio.Future[None]"]:
    """A receiver that sometimes fails and sometimes takes its time."""
    dice = random.Random(seed)

    async def answer(writer: asyncio.StreamWriter) -> None:
        if not dice.randrange(SLOW):
            await asyncio.sleep(0.2)
        failing = not dice.randrange(FAILS)
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" if failing else ANSWER)
        await writer.drain()

    return answer  # type: ignore[return-value]  # a coroutine function is what receivers take
