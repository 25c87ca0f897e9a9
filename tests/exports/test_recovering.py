"""Whatever dies, a file is whole or is not there; and nobody makes what is not theirs any more."""

import asyncio
import csv
import io
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from db.accounts import staff
from db.connections.database import connect
from db.operations import outbox
from db.organizations import organizations
from db.students import students
from jobs.exports.clearing import clear
from jobs.exports.maker import MOST_LOST, Pace
from jobs.settings import JobSettings
from jobs.worker import working
from resolvers.exports.store import STALE_S, Store
from tests.accounts.calling import COACH, by_auth0
from tests.exports.exporting import BRISK, Exports, exporting
from tests.exports.slow import Slow
from tests.webhooks.hooks import until

SLOW = Pace(lease_s=30.0, told_s=30.0)


async def told(exports: Exports) -> list[tuple[str, int, object]]:
    """What was told of exports."""
    found = select(outbox.c.type, outbox.c.subject_id, outbox.c.body).where(outbox.c.subject_type == "Export")
    async with exports.running.database.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(found.order_by(outbox.c.seq))]


def worker(url: str, folder: Path) -> JobSettings:
    """The settings of a worker beside an app."""
    return JobSettings(database_url=url, data_dir=folder)


async def test_what_somebody_died_over_is_made_by_the_next(idle: Exports, url: str, folder: Path) -> None:
    number = await idle.asked("completions")
    gone = datetime.now(UTC) - timedelta(seconds=1)
    await idle.set(number, status="processing", lease_token="dead", lease_until=gone, attempt_count=1, row_count=7)
    async with working(worker(url, folder), idle.running.database, exports=BRISK):
        done = await idle.finished(number)
    assert done["status"] == "completed"
    assert (await idle.row(number)).attempt_count == 2
    assert await told(idle) == [("export.completed", number, {"rows": done["row_count"]})]


async def test_what_somebody_still_holds_is_left_alone(idle: Exports, url: str, folder: Path) -> None:
    held, free = await idle.asked("completions"), await idle.asked("completions")
    later = datetime.now(UTC) + timedelta(hours=1)
    await idle.set(held, status="processing", lease_token="alive", lease_until=later, attempt_count=1)
    async with working(worker(url, folder), idle.running.database, exports=BRISK):
        await idle.finished(free)
    row = await idle.row(held)
    assert (row.status, row.lease_token, row.attempt_count) == ("processing", "alive", 1)


async def test_who_lost_an_export_says_nothing_of_it_and_leaves_no_file(url: str, folder: Path, slow: Slow) -> None:
    async with exporting(url, folder, store=slow.url) as made:
        number = await made.asked("activity")
        await slow.begun.wait()
        await made.set(number, lease_token="another", lease_until=datetime.now(UTC) + timedelta(hours=1))
        await until(nobody_works)
        slow.go_on.set()
        row = await made.row(number)
        assert (row.status, row.lease_token, row.file_name) == ("processing", "another", None)
        assert await told(made) == []
    assert slow.kept == []


async def test_canceled_while_it_is_made(url: str, folder: Path, slow: Slow) -> None:
    async with exporting(url, folder, store=slow.url) as made:
        number = await made.asked("activity")
        await slow.begun.wait()
        assert (await made.owner.delete(f"/api/integrations/exports/{number}")).status_code == 204
        await until(nobody_works)
        slow.go_on.set()
        assert (await made.row(number)).status == "canceled"
        assert await told(made) == []
    assert slow.kept == []


async def test_a_worker_that_stops_leaves_what_it_makes_to_the_next_at_once(
    idle: Exports, url: str, folder: Path, slow: Slow
) -> None:
    wanted = JobSettings(database_url=url, data_dir=folder, export_store=slow.url)
    async with working(wanted, idle.running.database, exports=SLOW):
        number = await idle.asked("activity")
        await slow.begun.wait()
        assert (await idle.row(number)).status == "processing"
    row = await idle.row(number)
    assert (row.status, row.lease_token) == ("pending", None)
    async with working(worker(url, folder), idle.running.database, exports=SLOW):
        assert (await idle.finished(number))["status"] == "completed"


async def test_two_workers_make_each_once(url: str, folder: Path) -> None:
    async with exporting(url, folder) as made:
        another = connect(url)
        await another.open()
        async with working(worker(url, folder), another, exports=BRISK):
            numbers = [await made.asked("completions") for _ in range(8)]
            done = [await made.finished(number) for number in numbers]
        await another.close()
        assert {one["status"] for one in done} == {"completed"}
        assert len({one["sha256"] for one in done}) == 1
        assert len(made.files()) == 8
        assert sorted(one[1] for one in await told(made)) == numbers


async def test_an_export_that_ends_whoever_makes_it_is_given_up(idle: Exports, url: str, folder: Path) -> None:
    poison, well = await idle.asked("completions"), await idle.asked("completions")
    await idle.set(poison, attempt_count=BRISK.attempts + MOST_LOST)
    async with working(worker(url, folder), idle.running.database, exports=BRISK):
        done = await idle.finished(well)
        given_up = await idle.finished(poison)
    assert done["status"] == "completed"
    assert given_up["error"] == "It was begun 10 times, and never came to its end."
    assert sorted(await told(idle)) == [
        ("export.completed", well, {"rows": done["row_count"]}),
        ("export.failed", poison, {}),
    ]


async def test_the_owner_as_of_then_counts(idle: Exports, url: str, folder: Path) -> None:
    coach = Exports(idle.running, await by_auth0(idle.running, COACH))
    document = "{ students { nodes { uid } } }"
    gone, fewer = await coach.asked("activity"), await idle.asked("document", document=document)
    async with idle.running.database.writing() as transaction:
        await transaction.execute(update(staff).where(staff.c.uid == COACH).values(locked_at=datetime.now(UTC)))
        asked = await idle.owner.data("{ students(first: 100) { totalCount nodes { uid } } }")
        (first, *_) = [one["uid"] for one in asked["students"]["nodes"]]
        await transaction.execute(update(students).where(students.c.uid == first).values(locked_at=datetime.now(UTC)))
    async with working(worker(url, folder), idle.running.database, exports=BRISK):
        await until(lambda: is_status(idle, gone, "failed"))
        await idle.finished(fewer)
    assert (await idle.row(gone)).error == "Whoever asked for it may not come in any more."
    answer = await idle.fetched(fewer)
    found = [row["uid"] for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))]
    assert len(found) == asked["students"]["totalCount"] - 1
    assert first not in found


async def test_an_organization_that_left_the_owners_reach_is_not_exported(
    idle: Exports, url: str, folder: Path
) -> None:
    document = '{ students(organizationCode: "kakehashi-ueno") { nodes { code } } }'
    number = await idle.asked("document", document=document)
    async with idle.running.database.writing() as transaction:
        ueno = organizations.c.code == "kakehashi-ueno"
        await transaction.execute(update(organizations).where(ueno).values(parent_id=None))
    async with working(worker(url, folder), idle.running.database, exports=BRISK):
        done = await idle.finished(number)
    assert (done["status"], done["error"]) == ("failed", "This organization is not within your reach.")
    assert idle.files() == []


async def test_a_full_disk_puts_it_off_and_nothing_of_it_is_there(url: str, folder: Path) -> None:
    if not url.startswith("postgresql"):
        pytest.skip("A limit on files would hold for SQLite's own file too.")
    async with exporting(url, folder) as made:
        with files_of_at_most(50_000):
            number = await made.asked("activity")
            await until(lambda: is_status(made, number, "failed"))
        assert (await made.row(number)).attempt_count == BRISK.attempts
        assert (await made.shown(number))["error"] == "The file could not be kept."
        assert made.files() == []
        assert await told(made) == [("export.failed", number, {})]
        again = await made.asked("activity")
        assert (await made.finished(again))["status"] == "completed"


async def test_the_store_is_cleared_of_what_nobody_wants(made: Exports) -> None:
    kept, over, let_go = [await made.asked("completions") for _ in range(3)]
    for number in (kept, over, let_go):
        await made.finished(number)
    names = {number: (await made.row(number)).file_name for number in (kept, over, let_go)}
    store = Store(made.running.settings.exports)
    folder = made.running.settings.data_dir / "exports"
    (folder / f"{kept}-0123.csv").write_text("left by somebody who died")
    (folder / f"{kept}-0124.csv#1").write_text("left half written")
    (folder / "README").write_text("none of ours")
    await made.owner.delete(f"/api/integrations/exports/{let_go}")
    await made.set(over, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert await clear(made.running.database, store) == 0
    assert len(made.files()) == 6
    for path in folder.iterdir():
        os.utime(path, (path.stat().st_mtime - STALE_S - 10,) * 2)
    assert await clear(made.running.database, store) == 3
    assert made.files() == sorted([names[kept], "README"])
    assert (await made.row(over)).status == "expired"
    assert (await made.fetched(kept)).status_code == 200


async def is_status(exports: Exports, number: int, status: str) -> bool:
    """Whether an export has a status."""
    return bool((await exports.row(number)).status == status)


async def nobody_works() -> bool:
    """Whether no task makes an export."""
    return not [one for one in asyncio.all_tasks() if "Maker.make" in repr(one)]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file may become larger: the system says so to whoever writes, as it does where a disk is full."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
