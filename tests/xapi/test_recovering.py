"""What must hold whatever dies in between: nothing is lost, nothing is invented, what comes twice has one id."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from db.connections.database import connect
from db.xapi.tables import xapi_statements
from gateway.__main__ import cli
from jobs.settings import JobSettings, read_settings
from jobs.timetable import forget_statements
from jobs.webhooks.dispatcher import Pace
from jobs.worker import working
from resolvers.settings import WrongSetting
from tests.webhooks.test_worker import variables
from tests.xapi.forwarding import Forwarding, forwarding, job_settings
from tests.xapi.lrs import Lrs, recording
from tests.xapi.test_forwarding import ids_of


async def test_what_a_worker_had_begun_when_it_died_is_sent_by_another(idle: Forwarding, lrs: Lrs) -> None:
    made = await idle.made(lrs)
    events = await idle.happen(await idle.learners(2), 3)
    # As a worker leaves it that is killed: held, until the lease runs out.
    await idle.set(made["id"], lease_token="dead", lease_until=datetime.now(UTC) + timedelta(seconds=2))
    async with working(job_settings(idle), idle.running.database):
        await idle.queued(made["id"], 6)
        await asyncio.sleep(0.3)
        assert lrs.exchanges == []
        await idle.finished(made["id"], 6)
    assert lrs.ids == ids_of(events, lrs)


async def test_whoever_lost_an_endpoint_records_nothing_of_it(forward: Forwarding, lrs: Lrs) -> None:
    lrs.delay_s = 1.0
    made = await forward.made(lrs)
    await forward.happen(await forward.learners(2))
    async with asyncio.timeout(60):
        while not lrs.exchanges:
            await asyncio.sleep(0.02)
    # Somebody else holds the endpoint now, and will send the same again.
    await forward.set(made["id"], lease_token="another", lease_until=datetime.now(UTC) + timedelta(hours=1))
    await asyncio.sleep(2)
    assert {row.status for row in await forward.statements(made["id"])} == {"pending"}
    shown = await forward.shown(made["id"])
    assert (shown["lag"], shown["last_delivered_at"]) == (2, None)


async def test_two_workers_forward_everything_once_and_in_order(url: str, data_dir: Path, lrs: Lrs) -> None:
    async with recording() as other, forwarding(url, data_dir) as forward:
        another = connect(url)
        await another.open()
        async with working(job_settings(forward), another):
            made = [await forward.made(one) for one in (lrs, other)]
            events = await forward.happen(await forward.learners(4), 40)
            for one in made:
                await forward.finished(one["id"], 160)
        await another.close()
    assert lrs.ids == ids_of(events, lrs)
    assert other.ids == ids_of(events, other)
    assert sum(count for _, count in lrs.exchanges) == len(events)


async def test_a_lease_is_kept_while_a_store_takes_long(idle: Forwarding, lrs: Lrs) -> None:
    lrs.delay_s = 2.5
    made = await idle.made(lrs)
    events = await idle.happen(await idle.learners(2))
    another = connect(str(idle.running.settings.database_url))
    await another.open()
    pace = Pace(lease_s=1.0, attempt_s=10.0)
    async with (
        working(job_settings(idle), idle.running.database, pace),
        working(job_settings(idle), another, pace),
    ):
        await idle.finished(made["id"], 2)
    await another.close()
    assert lrs.ids == ids_of(events, lrs)
    assert len(lrs.exchanges) == 1


async def test_a_worker_that_stops_finishes_what_is_under_way(idle: Forwarding, lrs: Lrs) -> None:
    lrs.delay_s = 1.0
    made = await idle.made(lrs)
    events = await idle.happen(await idle.learners(2), 70)
    async with working(job_settings(idle), idle.running.database):
        await idle.queued(made["id"], 140)
        async with asyncio.timeout(60):
            while not lrs.exchanges:
                await asyncio.sleep(0.02)
    # It waited for the answer, recorded it, and let go.
    rows = await idle.statements(made["id"])
    done = [row for row in rows if row.status == "delivered"]
    assert [row.statement_id for row in done] == lrs.ids
    assert 0 < len(done) < len(events)
    lrs.delay_s = 0.0
    async with working(job_settings(idle), idle.running.database):
        await idle.finished(made["id"], 140)
    assert lrs.ids == ids_of(events, lrs)
    assert set(lrs.statuses) == {200}


async def test_nobody_has_to_wake_a_worker(forward: Forwarding, lrs: Lrs) -> None:
    made = await forward.made(lrs)
    database = forward.running.database
    # Whoever commits dies before it can tell.
    told_of_news, database.after_news = database.after_news, []
    events = await forward.happen(await forward.learners(1), 3)
    await forward.finished(made["id"], 3)
    database.after_news = told_of_news
    assert lrs.ids == ids_of(events, lrs)


async def test_a_removed_endpoint_is_sent_nothing_more(forward: Forwarding, lrs: Lrs) -> None:
    lrs.trouble = lambda: (503, {})
    made = await forward.made(lrs)
    learners = await forward.learners(1)
    await forward.happen(learners)
    await forward.failing(made["id"])
    assert (await forward.owner.delete(f"/api/integrations/xapi-endpoints/{made['id']}")).status_code == 204
    lrs.trouble = lambda: None
    sent = len(lrs.exchanges)
    await forward.happen(learners)
    await forward.read()
    assert await forward.statements(made["id"]) == []
    assert (len(lrs.exchanges) - sent, lrs.stored) == (0, [])


async def test_what_is_finished_is_forgotten_after_thirty_days(idle: Forwarding, lrs: Lrs) -> None:
    made = await idle.made(lrs)
    learners = await idle.learners(3)
    await idle.happen(learners)
    async with working(job_settings(idle), idle.running.database):
        rows = await idle.finished(made["id"], 3)
        lrs.trouble = lambda: (500, {})
        await idle.happen(learners)
        await idle.failing(made["id"])
    old = datetime.now(UTC) - timedelta(days=30, minutes=1)
    async with idle.running.database.writing() as transaction:
        first = update(xapi_statements).where(xapi_statements.c.id == rows[0].id)
        await transaction.execute(first.values(finished_at=old))
        waiting = xapi_statements.c.status == "pending"
        await transaction.execute(update(xapi_statements).where(waiting).values(created_at=old))
    assert await forget_statements(idle.running.database) == 1
    left = await idle.statements(made["id"])
    assert [row.status for row in left] == ["delivered"] * 2 + ["pending"] * 3
    # What waits for an endpoint that nobody mends is given up.
    await idle.set(made["id"], is_active=False, disabled_reason="failing")
    assert await forget_statements(idle.running.database) == 0
    assert [row.status for row in await idle.statements(made["id"])] == ["delivered"] * 2 + ["skipped"] * 3
    assert (await idle.shown(made["id"]))["lag"] == 0


async def test_the_command_line_shows_what_waits_and_sends_what_was_rejected_again(idle: Forwarding, lrs: Lrs) -> None:
    made, rejected = await with_a_rejected_one(idle, lrs)
    shown = (await kakehashi(idle, "jobs"))[1].splitlines()
    assert shown[0].split() == ["xapi", "waits", "runs", "rejected", "fails", "since", "it", "says"]
    assert shown[1].split()[:5] == [str(made), "on", "1", "no", "1"]
    assert '"in trouble"' in shown[1]
    dead = (await kakehashi(idle, "jobs", "dead"))[1].splitlines()
    assert dead[-1].split()[:4] == [str(rejected.id), str(made), "registered", "400"]
    assert f'"statement {rejected.statement_id} is bad"' in dead[-1]
    assert await kakehashi(idle, "jobs", "retry", "--xapi", str(rejected.id)) == (0, "Queued again: 1.\n")
    assert (await idle.shown(made))["lag"] == 2
    code, said = await kakehashi(idle, "jobs", "retry", "--xapi", "999999")
    assert (code, said) == (1, "0 of 1 statements are queued again; the others are not there.\n")
    lrs.refuses, lrs.trouble = lambda _: False, lambda: None
    async with working(job_settings(idle), idle.running.database):
        rows = await idle.finished(made, 3)
    assert {row.status for row in rows} == {"delivered"}


async def with_a_rejected_one(idle: Forwarding, lrs: Lrs) -> tuple[int, Any]:
    """An endpoint that took one statement and rejected another, and fails by now; and the rejected one."""
    made = await idle.made(lrs)
    learners = await idle.learners(1)
    await idle.happen(learners)
    async with working(job_settings(idle), idle.running.database):
        await idle.finished(made["id"], 1)
        lrs.refuses = lambda _: True
        await idle.happen(learners)
        _, rejected = await idle.finished(made["id"], 2)
        lrs.trouble = lambda: (503, {})
        await idle.happen(learners)
        await idle.failing(made["id"])
    return made["id"], rejected


async def kakehashi(idle: Forwarding, *arguments: str) -> tuple[int, str]:
    """What the terminal says on the database of an app."""
    env = variables(str(idle.running.settings.database_url), idle.running.settings.data_dir)
    ended = await asyncio.to_thread(CliRunner().invoke, cli, arguments, env=env, prog_name="kakehashi")
    return ended.exit_code, ended.output


@pytest.mark.parametrize("value", ["soon", "-1", ""])
def test_wrong_delays_stop_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("KAKEHASHI_XAPI_RETRY_DELAYS", value)
    with pytest.raises(WrongSetting, match=r"^KAKEHASHI_XAPI_RETRY_DELAYS: "):
        read_settings()


def test_delays_replace_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    assert JobSettings().xapi_retry_delays == (5, 30, 60, 300, 900, 1800)
    monkeypatch.setenv("KAKEHASHI_XAPI_RETRY_DELAYS", "1, 2.5")
    assert read_settings().xapi_retry_delays == (1, 2.5)
