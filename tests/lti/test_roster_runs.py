"""A roster is read whole or tried again: platforms that are away, processes that die, courses that are great."""

import asyncio
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from db.accounts import users
from db.connections.database import Database
from db.lti.tables import lti_launches, lti_people, lti_platforms, lti_roster_members, lti_rosters
from db.students import student, student_sections, students
from jobs.lti.rosters import PART
from tests.lti.filling import KAKEHASHI, NOW, Filling, other_filler
from tests.lti.membership_service import at_once, member, members
from tests.webhooks.hooks import until
from tests.webhooks.test_worker import worker as worker_process

DAY_S = 86_400


async def test_a_platform_that_is_away_is_asked_again_by_the_schedule_and_then_the_next_day(fills: Filling) -> None:
    fills.service.members = members(1)
    await fills.asked()
    fills.service.trouble = lambda _page: (503, {}, "down: taro@example.jp")
    for number, delay in enumerate((30, 300), 1):
        shown = await fills.again()
        told = [shown[name] for name in ("status", "attemptCount", "responseCode", "error")]
        # Nothing of what was answered is repeated.
        assert told == ["PENDING", number, 503, "The platform answered 503."]
        assert delay * 0.8 - 60 < await wait_s(fills) <= delay * 1.2
    shown = await fills.again()
    assert [shown[name] for name in ("status", "attemptCount")] == ["FAILED", 0]
    assert DAY_S - 60 < await wait_s(fills) <= DAY_S
    fills.service.trouble = lambda _page: (429, {"Retry-After": "1234"}, {})
    assert (await fills.again())["status"] == "PENDING"
    assert 1234 - 60 < await wait_s(fills) <= 1234
    fills.service.trouble = lambda _page: None
    shown = await fills.again()
    assert [shown[name] for name in ("status", "attemptCount", "error")] == ["COMPLETED", 0, None]


async def wait_s(fills: Filling) -> float:
    """In how many seconds the roster is read next."""
    return float(((await fills.row()).next_run_at - datetime.now(UTC)).total_seconds())


async def test_a_token_that_is_refused_is_asked_for_anew(fills: Filling) -> None:
    fills.service.members = members(1)
    await fills.asked()
    await fills.filled()
    # The platform has forgotten it.
    fills.service.tokens.append("another")
    fills.service.members = members(2)
    assert (await fills.again())["memberCount"] == 2
    assert (len(fills.service.tokens), fills.service.pages) == (3, [1, 1, 1])
    fills.service.trouble = lambda _page: (401, {}, {"error": "no"})
    shown = await fills.again()
    assert [shown[name] for name in ("status", "responseCode")] == ["PENDING", 401]
    assert len(fills.service.tokens) == 4


async def test_without_a_token_nothing_is_asked(fills: Filling) -> None:
    fills.service.members = members(1)
    await fills.set(lti_platforms, client_id="nobody")
    await fills.asked()
    await fills.set(lti_platforms, token_url=f"{fills.service.token_url}s")
    shown = await fills.filled()
    assert [shown[name] for name in ("status", "responseCode")] == ["PENDING", 404]
    assert shown["error"].startswith("No access token: the platform answered 404.")
    assert fills.service.pages == []


async def test_addresses_that_may_not_be_reached_are_not(fills: Filling) -> None:
    await fills.set(lti_launches, memberships_url="https://10.1.2.3/memberships")
    await fills.asked()
    shown = await fills.filled()
    assert [shown[name] for name in ("status", "responseCode", "attemptCount")] == ["PENDING", None, 1]
    assert shown["error"] == "The address leads into a network that may not be reached."


async def test_what_somebody_reads_who_dies_is_read_by_another_from_the_beginning(fills: Filling) -> None:
    fills.service.per_page = 2
    fills.service.members = members(4)
    gate = await at_the_second_page(fills)
    assert await fills.subjects() == ["u1", "u2"]
    other = other_filler(fills)
    await other.round()
    assert not other.tasks
    # Who held it is not heard of any more.
    await fills.set(lti_rosters, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    fills.service.gate = at_once
    await other.round()
    await asyncio.gather(*other.tasks)
    shown = await fills.shown()
    told = [shown[name] for name in ("status", "memberCount", "createdCount", "skippedCount")]
    assert told == ["COMPLETED", 4, 4, 0]
    assert await fills.subjects() == ["u1", "u2", "u3", "u4"]
    # Back again, the first one changes nothing.
    kept = await fills.row()
    gate.release()
    await asyncio.gather(*fills.filler.tasks)
    assert await fills.row() == kept


class Gate:
    """Lets the first page pass, and nothing more until it is released."""

    def __init__(self) -> None:
        self.asked = 0
        self.released = asyncio.Event()

    async def __call__(self) -> None:
        """Wait, unless this is the first page."""
        self.asked += 1
        if self.asked > 1:
            await self.released.wait()

    def release(self) -> None:
        """Let everything pass."""
        self.released.set()


async def at_the_second_page(fills: Filling) -> Gate:
    """Begin with a roster, and wait until its second page is asked for."""
    gate = Gate()
    fills.service.gate = gate
    await fills.asked()
    await fills.filler.round()
    await until(lambda: is_at_second(gate))
    return gate


async def is_at_second(gate: Gate) -> bool:
    """Whether the second page was asked for."""
    return gate.asked > 1


async def test_a_worker_that_is_killed_is_followed_by_another(url: str, data_dir: Path, fills: Filling) -> None:
    fills.service.per_page = 2
    fills.service.members = members(5)
    gate = Gate()
    fills.service.gate = gate
    await fills.asked()
    async with worker_process(url, data_dir) as process:
        await until(lambda: is_at_second(gate))
        process.kill()
        await process.wait()
    assert await fills.subjects() == ["u1", "u2"]
    gate.release()
    await fills.set(lti_rosters, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    async with worker_process(url, data_dir):

        async def is_read() -> bool:
            return bool((await fills.row()).status == "completed")

        await until(is_read)
    shown = await fills.shown()
    assert [shown[name] for name in ("memberCount", "createdCount", "error")] == [5, 5, None]
    assert await fills.subjects() == ["u1", "u2", "u3", "u4", "u5"]


async def test_whoever_ends_lets_go_and_the_next_begins_at_once(fills: Filling) -> None:
    fills.service.per_page = 2
    fills.service.members = members(3)
    gate = await at_the_second_page(fills)
    await fills.filler.aclose()
    assert (await fills.row()).lease_token is None
    gate.release()
    shown = await fills.filled()
    assert [shown[name] for name in ("status", "memberCount", "createdCount")] == ["COMPLETED", 3, 3]


async def test_asked_for_again_meanwhile_it_is_read_anew(fills: Filling) -> None:
    fills.service.per_page = 2
    fills.service.members = members(3)
    gate = await at_the_second_page(fills)
    first = next(iter(fills.filler.tasks))
    await fills.asked()
    gate.release()
    await first
    assert (await fills.shown())["status"] == "PENDING"
    assert await fills.subjects() == ["u1", "u2"]
    assert (await fills.filled())["status"] == "COMPLETED"
    assert fills.service.pages == [1, 2, 1, 2]


async def test_a_platform_that_is_switched_off_is_not_asked(fills: Filling) -> None:
    fills.service.per_page = 2
    fills.service.members = members(3)
    await fills.asked()
    await fills.set(lti_platforms, is_active=False)
    assert (await fills.filled())["status"] == "PENDING"
    assert fills.service.pages == []
    await fills.set(lti_platforms, is_active=True)
    # In the middle of it, too.
    gate = await at_the_second_page(fills)
    await fills.set(lti_platforms, is_active=False)
    gate.release()
    await asyncio.gather(*fills.filler.tasks)
    assert (await fills.shown())["status"] == "PENDING"
    assert await fills.subjects() == ["u1", "u2"]


async def test_what_nobody_expected_is_tried_by_the_schedule_and_names_nobody(
    fills: Filling, caplog: pytest.LogCaptureFixture
) -> None:
    fills.service.members = [member("u1", family_name="Himitsu")]
    await fills.asked()
    # A row that stands in the way of the one that is to be made.
    await fills.executed(insert(users).values(uid=uid_of(fills, "u1"), created_at=NOW))
    shown = await fills.filled()
    told = [shown[name] for name in ("status", "attemptCount", "error")]
    assert told == ["PENDING", 1, "It could not be read because of an error of ours, of which the log tells."]
    assert "IntegrityError" in caplog.text
    assert "Himitsu" not in caplog.text


def uid_of(fills: Filling, subject: str) -> str:
    """The uid that a new student has whom the platform calls so."""
    return f"lti|{fills.platform}|student|{sha256(subject.encode()).hexdigest()[:32]}"


class Crowd(Sequence[dict[str, Any]]):
    """A course that is told of without being kept: its members are made as they are asked for."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401  # a number or a slice
        return [member(f"u{number}") for number in range(1, self.size + 1)[at]]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements of transactions while the block runs."""
    run: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        run.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield run
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def known_already(fills: Filling, count: int) -> None:
    """Let the platform have launched for so many students."""
    rows = []
    for number in range(1, count + 1):
        names = ("山田", str(number), "ヤマダ", "")
        row = student(uid=f"u{number}", code=f"c{number}", external_id="x", names=names, years=[2026])
        row |= {"start_at": NOW, "end_at": NOW, "updated_at": NOW, "id": 100_000 + number, "organization_id": KAKEHASHI}
        rows.append(row)
    accounts = [{"id": row["id"], "uid": row["uid"], "created_at": NOW} for row in rows]
    people = [
        {
            "platform_id": fills.platform,
            "subject": row["uid"],
            "kind": "student",
            "user_id": row["id"],
            "created_at": NOW,
        }
        for row in rows
    ]
    async with fills.database.writing() as transaction:
        for table, values in ((users, accounts), (students, rows), (lti_people, people)):
            await transaction.execute(insert(table), values)


async def test_ten_thousand_members_need_no_more_memory_than_some_and_few_statements(fills: Filling) -> None:
    await known_already(fills, 10_000)
    await fills.asked()
    peaks, statements = [], []
    for size in (1000, 10_000, 10_000):
        fills.service.members, fills.service.per_page = Crowd(size), 500  # type: ignore[assignment]  # read like a list
        tracemalloc.start()
        with counted(fills.database) as run:
            shown = await fills.again()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        statements.append(len([one for one in run if not one.startswith(("begin", "BEGIN"))]))
        assert [shown[name] for name in ("memberCount", "createdCount", "skippedCount")] == [size, 0, 0]
    assert len(await fills.subjects()) == 10_000
    assert peaks[1] < peaks[0] * 1.5, peaks
    # Of a run: when it is due, taken (2), and at its end the lock, how many go, both tables, and what came of it. Of
    # each hundred: the lock, who they are, their year, how they stand to the section, whom the roster has told of, the
    # lease; and the rows of those who are new there. The first run makes the key by which we ask for tokens.
    own, key, each, new = 8, 2, 6, 1
    few, many = 1000 // PART, 10_000 // PART
    assert statements == [own + key + few * (each + new), own + many * each + (many - few) * new, own + many * each]


async def test_who_is_new_costs_some_statements_each(fills: Filling) -> None:
    counts = []
    for size in (10, 20):
        fills.service.members = members(size, 1000 * size)
        await fills.asked()
        with counted(fills.database) as run:
            await fills.filled()
        counts.append(len(run))
        await fills.executed(update(lti_rosters).values(removals="stopped"))
    assert (counts[1] - counts[0]) / 10 <= 12
    place = select(student_sections.c.student_id).where(student_sections.c.section_id == fills.section)
    async with fills.database.engine.connect() as connection:
        there = set((await connection.execute(place)).scalars())
    assert there >= {row.student_id for row in await fills.rows(lti_roster_members)}
