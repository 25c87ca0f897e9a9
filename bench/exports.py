"""`python -m bench.exports`: an export of a million rows beside PostgreSQL's own COPY of the same query, in one run."""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from sqlalchemy import select

from bench.cpu import PROC, process_s
from bench.database import measured_database
from db import exports
from db.accounts import users
from db.connections.database import Database, connect
from db.connections.postgresql import SETTINGS, STREAMED
from db.sight import LOOK, ROLE
from resolvers.accounts import Admission
from resolvers.context import Request
from resolvers.owners import owner_of
from schema.exports.listing import Listing, listing
from schema.root import graph_of

OWNER = "auth0|bench-operator"
KAKEHASHI = Path(sys.executable).with_name("kakehashi")
ROWS = 1_100_000
# As many days as it takes, of each of the fixture's 100,000 students.
FILL = """
insert into activity (student_id, course_id, granularity, period, duration_ms, xp, lessons_completed,
  courses_completed, items_answered, items_correct)
select students.id, null, 'day', date '2026-01-01' + day, 60000 * day, 10 * day, day % 3, 0, day, day / 2
from students, generate_series(1, $1::int / 100000) day
where not exists (select from activity where granularity = 'day') order by day, students.id
"""
FLAT = "{ learnerActivity { nodes { period minutes xp itemsAnswered itemsCorrect } } }"


@dataclass(frozen=True, slots=True)
class Case:
    """An export that is measured."""

    name: str
    type: str
    format: str
    document: str | None = None


CASES = (
    Case("activity, csv", "activity", "csv"),
    Case("activity, jsonl", "activity", "jsonl"),
    Case("five columns, csv", "document", "csv", FLAT),
)


@dataclass(frozen=True, slots=True)
class Took:
    """What an export took: seconds, seconds of the worker's CPU, rows and bytes."""

    seconds: float
    cpu_s: float
    rows: int
    size: int


@contextmanager
def worker(url: str, folder: Path) -> Iterator[int]:
    """A worker in a process of its own; gives its number."""
    variables = {"KAKEHASHI_DATABASE_URL": url, "KAKEHASHI_DATA_DIR": str(folder)}
    with (folder / "worker.log").open("wb") as log:
        program = subprocess.Popen([KAKEHASHI, "worker"], env={**os.environ, **variables}, stdout=log, stderr=log)
        try:
            yield program.pid
        finally:
            program.terminate()
            program.wait()


def peak_mb(pid: int) -> float:
    """The most memory that a process ever had, in MB."""
    lines = (PROC / str(pid) / "status").read_text().splitlines()
    (peak,) = [line for line in lines if line.startswith("VmHWM")]
    return int(peak.split()[1]) / 1024


async def exported(database: Database, case: Case, pid: int) -> Took:
    """Ask for an export, and wait until it is there."""
    async with database.writing() as transaction:
        owner = (await transaction.execute(select(users.c.id).where(users.c.uid == OWNER))).scalar_one()
        values = {"owner_id": owner, "type": case.type, "document": case.document, "variables": {}}
        encoding = "utf-8" if case.format == "jsonl" else "utf-8-sig"
        values |= {"format": case.format, "encoding": encoding}
        number, before = await exports.add(transaction, values, now=datetime.now(UTC)), process_s(pid)
    while True:
        await asyncio.sleep(0.2)
        row = (await database.read(STATE, [number]))[0]
        if row[0] == "completed":
            return Took(row[1], process_s(pid) - before, row[2], row[3])
        if row[0] == "failed":
            raise RuntimeError(f"{case.name} failed: {row[4]}")


STATE = """
select status, extract(epoch from finished_at - started_at)::float, row_count, file_size, error
from exports where id = $1
"""


async def copied(url: str, database: Database, case: Case, to: Path) -> float:
    """How many seconds COPY takes for the same query, as the same viewer, into a file."""
    listed = await listed_for(database, case)
    values = database.bound(listed.streaming.rows, listed.streaming.values(listed.request))
    connection = await asyncpg.connect(url, server_settings={**SETTINGS, **STREAMED, "role": ROLE})
    try:
        await connection.fetch(LOOK, *listed.request.sight.settings)
        started = time.perf_counter()
        await connection.copy_from_query(listed.streaming.rows.sql, *values, output=to)
        return time.perf_counter() - started
    finally:
        await connection.close()


async def listed_for(database: Database, case: Case) -> Listing:
    """What the worker would list."""
    now = datetime.now(UTC)
    viewer = await owner_of(Admission(database), OWNER, None, now)
    request = Request(viewer, database, now)
    return await listing(graph_of(stepwise=False).schema, case.type, case.document, {}, request)


async def measure(url: str, folder: Path, rounds: int, rows: int) -> None:
    """Measure each case so many times, export and COPY by turns, and print the medians."""
    database = connect(url)
    await database.open()
    connection = await asyncpg.connect(url)
    await connection.execute(f"prepare fill(int) as {FILL}; execute fill({rows})", timeout=600)
    await connection.execute("vacuum analyze activity", timeout=600)
    await connection.close()
    print(f"{'':20}{'rows':>10}{'MB':>8}{'export s':>10}{'COPY s':>9}{'ratio':>8}{'CPU us/row':>12}{'peak MB':>9}")
    for case in CASES:
        # A worker of its own for each, so that each has a peak of its own.
        with worker(url, folder) as pid:
            found = [
                (await exported(database, case, pid), await copied(url, database, case, folder / "copy"))
                for _ in range(rounds)
            ]
            print(line(case, found, peak_mb(pid)), flush=True)
    await database.close()


def line(case: Case, found: list[tuple[Took, float]], peak: float) -> str:
    """A line of the table; the ratio is the median of those of each round."""
    took, copies = [one for one, _ in found], [seconds for _, seconds in found]
    ratio = statistics.median(one.seconds / seconds for one, seconds in found)
    cpu = statistics.median(one.cpu_s for one in took) / took[0].rows * 1e6
    seconds, copy = statistics.median(one.seconds for one in took), statistics.median(copies)
    numbers = f"{took[0].rows:>10}{took[0].size / 1e6:>8.0f}{seconds:>10.1f}{copy:>9.1f}{ratio:>8.2f}"
    return f"{case.name:20}{numbers}{cpu:>12.1f}{peak:>9.0f}"


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m bench.exports", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=ROWS)
    given = parser.parse_args()
    with measured_database() as url, tempfile.TemporaryDirectory(prefix="kakehashi-bench-") as folder:
        asyncio.run(measure(url, Path(folder), given.rounds, given.rows))


if __name__ == "__main__":
    main()
