"""Exports through kills: every one that was asked for is made once, and whatever can be fetched is whole."""

import asyncio
import csv
import hashlib
import io
import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx2

from tests.chaos.killing import LEAST_S, MOST_S, Killer, keep_alive
from tests.chaos.programs import Installation
from tests.chaos.webhooks import headers_of
from tests.clients.server import KAKEHASHI, environment

EXPORTS = "/api/integrations/exports"
STUDENTS = 2000
DRAIN_S = 300.0
# The owner of the students that are seeded.
SEEDED_OWNER = "auth0|large-owner"
DOCUMENT = "{ students { nodes { code lastName organization { code } school { name } sections { code } } } }"
PAGE = f"""query($after: String) {{ students(first: 100, after: $after) {{ pageInfo {{ hasNextPage endCursor }}
{DOCUMENT.removeprefix("{ students {").removesuffix("} }")} }} }}"""
CASES: tuple[Mapping[str, str], ...] = (
    {"format": "csv"},
    {"format": "jsonl"},
    {"format": "csv", "encoding": "cp932"},
)
TOLD = "select subject_id from outbox where type = 'export.completed'"
LEFT = "select count(*) from exports where finished_at is null"
ROWS = "select id, status, error, sha256 from exports order by id"


@dataclass(slots=True)
class Verdict:
    """What came of a run: `wrong` are files that were other than they must be, whenever they were fetched."""

    asked: int
    made: int
    acknowledged: int
    lost: int
    wrong: int
    told_wrongly: int
    fetched_early: int
    kills: Counter[str]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether what must hold did."""
        return not (self.lost or self.wrong or self.told_wrongly) and self.acknowledged <= self.made == self.asked


@dataclass(slots=True)
class Run:
    """One run: so many exports, so many kills, decided by a seed."""

    exports: int
    kills: int
    seed: int
    tell: Callable[[str], None] = lambda _: None
    installation: Installation = field(init=False)
    asked: dict[int, Mapping[str, str]] = field(default_factory=dict)
    # What was fetched while everything was being killed: which export, and the digest of its bytes.
    early: list[tuple[int, str]] = field(default_factory=list)

    async def run(self) -> Verdict:
        """Start everything, ask for exports, kill, wait until all is quiet, and hold every file against the graph."""
        started = time.monotonic()
        self.installation = Installation("127.0.0.0/8")
        try:
            await asyncio.to_thread(self.start)
            headers = await headers_of(self.installation, SEEDED_OWNER)
            async with httpx2.AsyncClient(
                base_url=self.installation.url, headers=headers, trust_env=False, timeout=30
            ) as client:
                return await self.tried(client, started)
        finally:
            self.installation.end()

    def start(self) -> None:
        """Start everything, and add students, so that an export takes a while."""
        self.installation.start()
        begin = environment(self.installation.variables(0))
        subprocess.run([*begin, KAKEHASHI, "seed", "--students", str(STUDENTS)], check=True, stdout=subprocess.DEVNULL)

    async def tried(self, client: httpx2.AsyncClient, started: float) -> Verdict:
        """The run itself, with everything up."""
        killer = Killer(self.installation, self.seed, self.kills, lambda: len(self.asked) / self.exports)
        keeping = asyncio.create_task(keep_alive(self.installation.programs))
        fetching = asyncio.create_task(self.fetch_early(client))
        watching = asyncio.create_task(self.watch(killer))
        await asyncio.gather(killer.run(), self.ask(client))
        self.tell("The killing is over, and everything was asked for; now the rest has to be made.")
        await self.drained()
        for task in (watching, fetching, keeping):
            task.cancel()
        await asyncio.gather(watching, fetching, keeping, return_exceptions=True)
        return await self.verdict(client, killer, started)

    async def ask(self, client: httpx2.AsyncClient) -> None:
        """Ask for exports until so many were acknowledged."""
        dice = random.Random(self.seed)
        while len(self.asked) < self.exports:
            case = dice.choice(CASES)
            with suppress(httpx2.HTTPError):
                answer = await client.post(EXPORTS, json={"type": "document", "document": DOCUMENT, **case})
                if answer.status_code == httpx2.codes.ACCEPTED:
                    self.asked[answer.json()["data"]["id"]] = case
            # So that it goes on as long as the killing does.
            await asyncio.sleep(self.kills * (LEAST_S + MOST_S) / 2 / self.exports)

    async def fetch_early(self, client: httpx2.AsyncClient) -> None:
        """Fetch any export at any moment: there is either all of it, or nothing."""
        dice = random.Random(self.seed)
        while True:
            await asyncio.sleep(0.2)
            if not self.asked:
                continue
            number = dice.choice(list(self.asked))
            with suppress(httpx2.HTTPError):
                answer = await client.get(f"{EXPORTS}/{number}/download")
                if answer.status_code == httpx2.codes.OK:
                    self.early.append((number, hashlib.sha256(answer.content).hexdigest()))

    async def watch(self, killer: Killer) -> None:
        """Tell how far it is."""
        while True:
            await asyncio.sleep(10)
            kills = sum(killer.done.values())
            self.tell(f"{kills} of {self.kills} kills, {len(self.asked)} exports, {len(self.early)} fetched on the way")

    async def drained(self) -> None:
        """Wait until every export is finished."""
        async with asyncio.timeout(DRAIN_S):
            while True:
                with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    if (await self.rows(LEFT))[0][0] == 0:
                        return
                await asyncio.sleep(0.5)

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement gives."""
        connection = await asyncpg.connect(self.installation.database_url)
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    async def verdict(self, client: httpx2.AsyncClient, killer: Killer, started: float) -> Verdict:
        """Every file, held against what the graph shows page by page."""
        nodes = await shown(client)
        digests = {json.dumps(case): hashlib.sha256(written(nodes, case)).hexdigest() for case in CASES}
        rows = await self.rows(ROWS)
        # An export whose acknowledgement was lost is an export all the same.
        wanted = {number: digests[json.dumps(case)] for number, case in self.asked.items()}
        wrong, made = 0, 0
        for number, status, error, sha256 in rows:
            if status != "completed":
                self.tell(f"Export {number} is {status}: {error}")
                continue
            made += 1
            content = (await client.get(f"{EXPORTS}/{number}/download")).content
            known = {wanted[number]} if number in wanted else set(digests.values())
            wrong += hashlib.sha256(content).hexdigest() not in known or sha256 not in known
        wrong += sum(digest != wanted[number] for number, digest in self.early)
        told = Counter(row[0] for row in await self.rows(TOLD))
        completed = Counter(row[0] for row in rows if row[1] == "completed")
        return Verdict(
            len(rows),
            made,
            len(self.asked),
            len(self.asked.keys() - completed.keys()),
            wrong,
            (told - completed).total() + (completed - told).total(),
            len(self.early),
            killer.done,
            time.monotonic() - started,
        )


async def shown(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """The students as the graph shows them, page by page."""
    found: list[dict[str, Any]] = []
    after, goes_on = None, True
    while goes_on:
        answer = await client.post("/graphql", json={"query": PAGE, "variables": {"after": after}})
        if answer.status_code != httpx2.codes.OK:
            await asyncio.sleep(1)
            continue
        page = answer.json()["data"]["students"]
        found += page["nodes"]
        after, goes_on = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


def written(nodes: list[dict[str, Any]], case: Mapping[str, str]) -> bytes:
    """The file that these students make, written by other means than the product's."""
    if case["format"] == "jsonl":
        return "".join(f"{compact(node)}\n" for node in nodes).encode()
    text = io.StringIO(newline="")
    lines = csv.writer(text, dialect="excel")
    lines.writerow(["code", "lastName", "organization.code", "school.name", "sections"])
    for node in nodes:
        school = "" if node["school"] is None else node["school"]["name"]
        lines.writerow(
            [node["code"], node["lastName"], node["organization"]["code"], school, compact(node["sections"])]
        )
    return text.getvalue().encode(case.get("encoding", "utf-8-sig"))


def compact(value: object) -> str:
    """JSON as the graph writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
