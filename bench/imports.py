"""How long an import of so many members takes, and how much memory the process has at its peak.

Run on an empty folder: `python -m bench.imports [ROWS]`. The same file is imported twice.
"""

import asyncio
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from db.connections.database import Database, connect
from db.imports.tables import imports
from db.migrate import upgrade
from jobs.settings import JobSettings
from jobs.worker import working
from resolvers.accounts import EVERY_PRIVILEGE, Admission, Claimed
from resolvers.context import Request
from resolvers.demo.fill import fill_demo
from resolvers.imports.commands import Wanted, start_import
from resolvers.uploads import File

ORGANIZATION, OWNER = 2002, "auth0|demo-owner-parent"
HEADING = "role,external_id,email,last_name,first_name,last_name_kana,first_name_kana,section_codes,school_grade"


def members(rows: int) -> bytes:
    """A list of so many students."""
    lines = [f"student,S-{n},s{n}@school.example,姓{n},名{n},セイ,メイ,A01,高1" for n in range(rows)]
    return "\n".join([HEADING, *lines]).encode()


async def imported(database: Database, content: bytes) -> float:
    """Import a file; gives how many seconds that takes, from the upload to the last row."""
    began, now = time.perf_counter(), datetime.now(UTC)
    viewer = await Admission(database).viewer(Claimed(OWNER, EVERY_PRIVILEGE, None), now)
    wanted = Wanted(ORGANIZATION, File(content), dry_run=False)
    number = await start_import(Request(viewer, database, now), wanted, "bench")
    found = select(imports.c.status).where(imports.c.id == number)
    status = "pending"
    while status not in ("completed", "failed", "blocked"):
        await asyncio.sleep(0.1)
        async with database.engine.connect() as connection:
            status = (await connection.execute(found)).scalar_one()
    if status != "completed":
        raise SystemExit(f"The import is {status}.")
    return time.perf_counter() - began


async def measure(folder: Path, rows: int) -> None:
    """Print what an import takes, twice."""
    settings = JobSettings(data_dir=folder)
    database = connect(settings.database)
    await database.open()
    await fill_demo(database, datetime.now(UTC))
    before, content = peak_mib(), members(rows)
    async with working(settings, database):
        for what in ("made", "unchanged"):
            seconds = await imported(database, content)
            print(
                f"{rows} members {what}: {seconds:.1f} s, {peak_mib() - before} MiB more than before"
            )  # a program of its own
    await database.close()


def peak_mib() -> int:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Measure in a folder that is gone afterwards."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        upgrade(JobSettings(data_dir=Path(folder)).database)
        asyncio.run(measure(Path(folder), rows))


if __name__ == "__main__":
    main()
