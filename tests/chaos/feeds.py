"""Two gateways that collect each other's usage feed through kills: in the end each has what the other one serves."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import asyncpg
import httpx2

from db.errors import DatabaseUnavailable
from gateway.settings import Settings
from tests.accounts.calling import ADMINISTRATOR, CREATE
from tests.chaos.killing import Killer, keep_alive
from tests.chaos.programs import Installation
from tests.clients.server import made_token

DRAIN_S = 240.0
# What comes of a database that is killed meanwhile.
AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# Records that long transactions show later than others which are younger.
LATE, LATE_S = 10, 3.0
SOMEBODY = "select id from students order by id offset $1 limit 1"
PACKAGE = "select id from lesson_packages order by id limit 1"
RECORD = """
insert into progress_events (student_id, lesson_package_id, verb, created_at) values ($1, $2, 'completed', now())
returning id"""
SERVED = """
select progress_events.id::text, students.uid, lesson_packages.code, lesson_packages.name,
    date_trunc('second', progress_events.created_at)
from progress_events join students on students.id = student_id
join lesson_packages on lesson_packages.id = lesson_package_id"""
COLLECTED = (
    "select external_id, uid, package_code, package_name, created_at from collected_usage where source = 'other'"
)


@dataclass(slots=True)
class Verdict:
    """What came of a run: what each gateway served, and what the other one lacks of it or has beside it."""

    served: tuple[int, int]
    acknowledged: tuple[int, int]
    lost: int
    phantom: int
    kills: Counter[str]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether what must hold did."""
        return not (self.lost or self.phantom) and all(
            a <= s for a, s in zip(self.acknowledged, self.served, strict=True)
        )


@dataclass(slots=True)
class Side:
    """One of the two gateways, and what happens there."""

    installation: Installation
    happened: set[int] = field(default_factory=set)

    def progress(self, wanted: int) -> float:
        """Which part of what is to happen has happened."""
        return len(self.happened) / wanted

    async def fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """The rows that a statement gives."""
        connection = await asyncpg.connect(self.installation.database_url)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    async def happen(self, wanted: int, pause_s: float, dice: random.Random) -> None:
        """Let students use a package, one after the other, until so many uses were committed."""
        async with asyncio.TaskGroup() as late:
            for number in itertools.count():
                if len(self.happened) >= wanted:
                    return
                if number % LATE == 0:
                    late.create_task(self.record(number, LATE_S * dice.random()))
                else:
                    await self.record(number, 0)
                await asyncio.sleep(pause_s)

    async def record(self, number: int, open_s: float) -> None:
        """One use, in a transaction that stays open for so long."""
        with suppress(*AWAY):
            connection = await asyncpg.connect(self.installation.database_url)
            try:
                async with connection.transaction():
                    student = await connection.fetchval(SOMEBODY, number % 20)
                    package = await connection.fetchval(PACKAGE)
                    id_ = await connection.fetchval(RECORD, student, package)
                    await asyncio.sleep(open_s)
                self.happened.add(id_)
            finally:
                connection.terminate()


@dataclass(slots=True)
class Run:
    """One run: so many records on each side, so many kills on both together, decided by a seed."""

    records: int
    kills: int
    seed: int
    tell: Callable[[str], None] = lambda _: None
    sides: list[Side] = field(default_factory=list)

    async def run(self) -> Verdict:
        """Start both, let things happen, kill, wait until all is quiet, and compare."""
        started = time.monotonic()
        self.sides = [Side(Installation("127.0.0.0/8")) for _ in range(2)]
        try:
            await asyncio.gather(*[asyncio.to_thread(side.installation.start) for side in self.sides])
            for side, other in (self.sides, self.sides[::-1]):
                await self.register(side, other)
            return await self.tried(started)
        finally:
            for side in self.sides:
                side.installation.end()

    async def tried(self, started: float) -> Verdict:
        """The run itself, with everything up."""
        killers = [
            Killer(side.installation, self.seed + place, self.kills // 2, partial(side.progress, self.records))
            for place, side in enumerate(self.sides)
        ]
        keeping = [asyncio.create_task(keep_alive(side.installation.programs)) for side in self.sides]
        # So that things happen for as long as the killing goes on.
        pause_s = self.kills * 0.7 / self.records
        dice = random.Random(self.seed)
        happening = [side.happen(self.records, pause_s, dice) for side in self.sides]
        await asyncio.gather(*[killer.run() for killer in killers], *happening)
        self.tell("The killing is over, and everything has happened; now the rest has to arrive.")
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while any([await self.differs(side, other) for side, other in (self.sides, self.sides[::-1])]):
                    await asyncio.sleep(0.5)
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
        return await self.verdict(killers, started)

    async def register(self, side: Side, other: Side) -> None:
        """Let one gateway collect from the other, by an API token that may read the feed and nothing else."""
        token = {"name": "feed", "abilities": ["progress:feed"]}
        made = await self.asked(other, "/graphql", {"query": CREATE, "variables": token})
        credential = made["data"]["createApiToken"]["plainTextToken"]
        url = f"{other.installation.url}/api/v1/progresses"
        await self.asked(side, "/api/integrations/upstreams", {"name": "other", "url": url, "credential": credential})

    async def asked(self, side: Side, path: str, body: dict[str, object]) -> dict[str, dict[str, dict[str, str]]]:
        """What a system operator is answered."""
        one = side.installation
        settings = Settings(data_dir=one.folder, database_url=one.database_url)
        token = await asyncio.to_thread(lambda: asyncio.run(made_token(settings, ADMINISTRATOR)))
        async with httpx2.AsyncClient(base_url=one.url, trust_env=False) as client:
            answer = await client.post(path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30)
            answer.raise_for_status()
            return answer.json()  # type: ignore[no-any-return]  # JSON has no types

    async def differs(self, side: Side, other: Side) -> bool:
        """Whether something is still to be collected, or a database is away."""
        try:
            served, collected = await other.fetch(SERVED), await side.fetch(COLLECTED)
        except (*AWAY, DatabaseUnavailable):
            return True
        return Counter(map(tuple, served)) != Counter(map(tuple, collected))

    async def verdict(self, killers: list[Killer], started: float) -> Verdict:
        """What each side has, held against what the other serves."""
        lost = phantom = 0
        served: list[int] = []
        for side, other in (self.sides, self.sides[::-1]):
            wanted = Counter(map(tuple, await other.fetch(SERVED)))
            found = Counter(map(tuple, await side.fetch(COLLECTED)))
            lost, phantom = lost + (wanted - found).total(), phantom + (found - wanted).total()
            # In the order of the sides: what is collected here is served there.
            served.insert(0, wanted.total())
        first, second = (len(side.happened) for side in self.sides)
        kills = sum((killer.done for killer in killers), Counter[str]())
        return Verdict((served[0], served[1]), (first, second), lost, phantom, kills, time.monotonic() - started)
