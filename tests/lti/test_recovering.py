"""Grades whatever dies in between: none is lost, none stands twice, and operators see what waits."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from db.connections.database import connect
from gateway.__main__ import cli
from jobs.lti.forgetting import forget_grades
from jobs.settings import JobSettings, read_settings
from jobs.timetable import timetable
from jobs.webhooks.dispatcher import Pace
from resolvers.settings import WrongSetting
from tests.lti.gradebook import Gradebook
from tests.lti.grading import LINK, RIGHT, WRONG, Grading, at_work
from tests.webhooks.hooks import until
from tests.webhooks.test_worker import variables


async def kakehashi(of: Grading, *arguments: str) -> tuple[int, str]:
    """What the terminal says on the database of an app."""
    env = variables(str(of.running.settings.database_url), of.running.settings.data_dir)
    ended = await asyncio.to_thread(CliRunner().invoke, cli, arguments, env=env, prog_name="kakehashi")
    return ended.exit_code, ended.output


def slow(seconds: float) -> Callable[[str], Awaitable[None]]:
    """A gradebook that takes its time over scores."""

    async def wait(request: str) -> None:
        if "/scores" in request:
            await asyncio.sleep(seconds)

    return wait


async def test_what_a_worker_had_sent_when_it_died_is_sent_again_and_stands_once(
    idle: Grading, gradebook: Gradebook
) -> None:
    await idle.launched(line_item_url=gradebook.made())
    await idle.complete(RIGHT, WRONG)
    async with at_work(idle):
        (row,) = await idle.finished()
    # As a worker leaves it that is killed between the answer and the record: held, until the lease runs out.
    until_then = datetime.now(UTC) + timedelta(seconds=2)
    held = {"status": "pending", "finished_at": None, "response_code": None, "next_attempt_at": row.created_at}
    await idle.set(row.id, **held, lease_token="dead", lease_until=until_then)
    async with at_work(idle):
        (row,) = await idle.finished()
    assert datetime.now(UTC) > until_then
    assert (row.status, row.response_code, row.attempt_count) == ("delivered", 409, 2)
    assert gradebook.sent[0] == gradebook.sent[1]
    assert gradebook.posted() == [204, 409]
    assert len(gradebook.taken) == 1


async def test_whoever_lost_a_grade_records_nothing_of_it(idle: Grading, gradebook: Gradebook) -> None:
    gradebook.gate = slow(1.0)
    await idle.launched(line_item_url=gradebook.made())
    await idle.complete(RIGHT, WRONG)
    async with at_work(idle):
        (row,) = await idle.when(lambda found: bool(found) and found[0].lease_token is not None)
        later = datetime.now(UTC) + timedelta(hours=1)
        await idle.set(row.id, lease_token="another", lease_until=later)

        async def is_sent() -> bool:
            return bool(gradebook.taken)

        await until(is_sent)
    (row,) = await idle.scores()
    assert (row.status, row.lease_token, row.response_code) == ("pending", "another", None)


async def test_two_workers_send_everything_once(idle: Grading, gradebook: Gradebook) -> None:
    address, learners = gradebook.made(), await idle.learners(12)
    for id_ in learners:
        await idle.launched(id_, line_item_url=address)
    another = connect(str(idle.running.settings.database_url))
    await another.open()
    async with at_work(idle), at_work(idle, database=another):
        await idle.finish(learners, 0.5)
        await idle.finished(12)
        await idle.finish(learners, 0.75)
        rows = await idle.finished(24)
    await another.close()
    assert {row.status for row in rows} == {"delivered"}
    assert [row.attempt_count for row in rows] == [1] * 24
    for id_ in learners:
        assert [one["scoreGiven"] for _, one in gradebook.taken if one["userId"] == f"u{id_}"] == [50, 75]
    assert len(gradebook.sent) == 24
    assert gradebook.early == []


async def test_a_line_is_made_once_by_however_many(idle: Grading, gradebook: Gradebook) -> None:
    """Twelve learners of one link, whose line nobody knows, and two workers: who asks first makes it."""

    async def wait(request: str) -> None:
        if "/lines?" in request:
            await asyncio.sleep(0.2)

    gradebook.gate = wait
    learners = await idle.learners(12)
    for id_ in learners:
        await idle.launched(id_, line_items_url=gradebook.lines_url)
    await idle.finish(learners, 0.5)
    another = connect(str(idle.running.settings.database_url))
    await another.open()
    async with at_work(idle), at_work(idle, database=another):
        rows = await idle.finished(12)
    await another.close()
    assert {(row.status, row.line) for row in rows} == {("delivered", gradebook.line_url(1))}
    asked = [request for request, _ in gradebook.exchanges if "/lines?" in request]
    assert [request.split()[0] for request in asked] == ["GET", "POST"]
    assert len(gradebook.lines) == 1
    assert {subject for _, subject in gradebook.grades} == {f"u{id_}" for id_ in learners}


async def test_a_line_that_was_made_and_not_kept_is_found_again(idle: Grading, gradebook: Gradebook) -> None:
    cuts = iter([True])
    gradebook.cuts = lambda request: request.startswith("POST /lines?") and next(cuts, False)
    await idle.launched(line_items_url=gradebook.lines_url)
    await idle.complete(RIGHT, WRONG)
    async with at_work(idle):
        (row,) = await idle.finished()
    assert (row.status, row.line, row.attempt_count) == ("delivered", gradebook.line_url(1), 2)
    assert [one["resourceLinkId"] for one in gradebook.lines.values()] == [LINK]


async def test_a_platform_is_sent_some_at_once_however_much_is_due(idle: Grading, gradebook: Gradebook) -> None:
    under_way = most = 0

    async def wait(request: str) -> None:
        nonlocal under_way, most
        if "/scores" in request:
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.3)
            under_way -= 1

    gradebook.gate = wait
    address, learners = gradebook.made(), await idle.learners(20)
    for id_ in learners:
        await idle.launched(id_, line_item_url=address)
    await idle.finish(learners, 0.5)
    async with at_work(idle):
        await idle.finished(len(learners))
    # Five, and a batch may be taken while the last of the one before is under way.
    assert 1 < most < 10
    assert len(gradebook.taken) == len(learners) > 10


async def test_a_lease_is_kept_while_a_platform_takes_long(idle: Grading, gradebook: Gradebook) -> None:
    gradebook.gate = slow(2.5)
    await idle.launched(line_item_url=gradebook.made())
    await idle.complete(RIGHT, WRONG)
    another = connect(str(idle.running.settings.database_url))
    await another.open()
    pace = Pace(lease_s=1.0)
    async with at_work(idle, pace=pace), at_work(idle, pace=pace, database=another):
        (row,) = await idle.finished()
    await another.close()
    assert (row.status, row.attempt_count) == ("delivered", 1)
    assert len(gradebook.sent) == 1


async def test_a_worker_that_stops_finishes_what_is_under_way(idle: Grading, gradebook: Gradebook) -> None:
    gradebook.gate = slow(1.0)
    address, learners = gradebook.made(), await idle.learners(20)
    for id_ in learners:
        await idle.launched(id_, line_item_url=address)
    await idle.finish(learners, 0.5)
    async with at_work(idle):
        await idle.when(lambda found: any(row.lease_token is not None for row in found))
    rows = await idle.scores()
    done = [row for row in rows if row.status == "delivered"]
    assert len(done) == len(gradebook.taken)
    assert 0 < len(done) < len(learners)
    assert {row.lease_token for row in rows} == {None}
    gradebook.gate = slow(0.0)
    async with at_work(idle):
        await idle.finished(len(learners))
    assert len(gradebook.sent) == len(learners)


async def test_nobody_has_to_wake_a_worker(graded: Grading, gradebook: Gradebook) -> None:
    await graded.launched(line_item_url=gradebook.made())
    # Whoever commits dies before it can tell.
    told_of_news, graded.database.after_news = graded.database.after_news, []
    await graded.complete(RIGHT, WRONG)
    (row,) = await graded.finished()
    graded.database.after_news = told_of_news
    assert row.status == "delivered"


async def test_what_ends_whoever_sends_it_is_given_up(idle: Grading, gradebook: Gradebook) -> None:
    await idle.launched(line_item_url=gradebook.made())
    await idle.complete(RIGHT, WRONG)
    async with at_work(idle, delays=(3600.0,)):
        gradebook.trouble = lambda _request: (503, {}, "busy")
        (row,) = await idle.tried()
        await idle.set(row.id, attempt_count=7, next_attempt_at=datetime.now(UTC))
        (row,) = await idle.finished()
    assert (row.status, row.error) == ("failed", "It was begun 7 times, and never came to its end.")
    assert len(await idle.given_up()) == 1


async def test_finished_grades_are_forgotten_after_a_school_year(idle: Grading, gradebook: Gradebook) -> None:
    address, learners = gradebook.made(), await idle.learners(3)
    for id_ in learners:
        await idle.launched(id_, line_item_url=address)
    await idle.finish(learners)
    async with at_work(idle):
        rows = await idle.finished(3)
    old = datetime.now(UTC) - timedelta(days=400, minutes=1)
    await idle.set(rows[0].id, finished_at=old)
    await idle.set(rows[1].id, finished_at=old + timedelta(minutes=2))
    waiting = {"status": "pending", "finished_at": None, "next_attempt_at": old, "created_at": old}
    await idle.set(rows[2].id, **waiting)
    entries = {entry.name: entry.work for entry in timetable(JobSettings(data_dir=idle.running.settings.data_dir))}
    assert entries["forget_grades"] is forget_grades
    assert await forget_grades(idle.database) == 1
    assert [row.id for row in await idle.scores()] == [rows[1].id, rows[2].id]


async def test_the_command_line_shows_what_waits_and_sends_what_failed_again(
    idle: Grading, gradebook: Gradebook
) -> None:
    assert (await kakehashi(idle, "jobs"))[1] == "Nothing waits, and nothing was given up.\n"
    first, second = (await idle.learners(2))[:2]
    for id_ in (first, second):
        await idle.launched(id_, line_item_url=gradebook.made(), resource_link_id=f"link-{id_}")
    gradebook.trouble = lambda request: (404, {}, "[gone]") if "/scores" in request else None
    async with at_work(idle, delays=(3600.0,)):
        await idle.finish([first])
        (failed,) = await idle.finished()
        gradebook.trouble = lambda _request: (503, {}, "busy")
        await idle.finish([second])
        await idle.tried()
        await idle.when(lambda found: len(found) == 2 and found[1].attempt_count and not found[1].lease_token)
    shown = (await kakehashi(idle, "jobs"))[1].splitlines()
    assert shown[0].split() == ["lti", "waits", "due", "runs", "tried", "failed", "waits", "since"]
    assert shown[1].split() == [str(idle.platform), "on", "1", "0", "0", "1", "1"]
    dead = (await kakehashi(idle, "jobs", "dead"))[1].splitlines()
    assert dead[-2].split()[:4] == ["grade", "lti", "attempts", "answer"]
    assert dead[-1].split()[:5] == [str(failed.id), str(idle.platform), "1", "404", '"[gone]"']
    code, said = await kakehashi(idle, "jobs", "retry", "--lti", "999999")
    assert (code, said) == (1, "0 of 1 grades are queued again; the others are not there.\n")
    assert await kakehashi(idle, "jobs", "retry", "--lti", str(failed.id)) == (0, "Queued again: 1.\n")
    gradebook.trouble = lambda _request: None
    async with at_work(idle):
        await idle.set((await idle.scores())[1].id, next_attempt_at=datetime.now(UTC))
        rows = await idle.finished(2)
    assert [row.status for row in rows] == ["delivered", "delivered"]
    assert rows[0].scored_at == failed.scored_at
    assert {subject for _, subject in gradebook.grades} == {f"u{first}", f"u{second}"}


async def test_what_failed_is_not_sent_again_behind_something_newer(idle: Grading, gradebook: Gradebook) -> None:
    await idle.launched(line_item_url=gradebook.made())
    gradebook.trouble = lambda request: (404, {}, "gone") if "/scores" in request else None
    async with at_work(idle):
        await idle.complete(RIGHT, WRONG)
        (failed,) = await idle.finished()
        gradebook.trouble = lambda _request: None
        await idle.complete(RIGHT, RIGHT, name="b")
        await idle.finished(2)
    assert (await kakehashi(idle, "jobs", "retry", "--lti", str(failed.id)))[0] == 1
    assert [row.status for row in await idle.scores()] == ["failed", "delivered"]


@pytest.mark.parametrize("value", ["soon", "-1", "700000"])
def test_wrong_delays_stop_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("KAKEHASHI_LTI_RETRY_DELAYS", value)
    with pytest.raises(WrongSetting, match=r"^KAKEHASHI_LTI_RETRY_DELAYS: "):
        read_settings()


def test_delays_replace_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    assert JobSettings().lti_retry_delays == (30, 300, 1800, 7200, 28_800, 86_400, 86_400)
    monkeypatch.setenv("KAKEHASHI_LTI_RETRY_DELAYS", "1, 2.5")
    assert read_settings().lti_retry_delays == (1, 2.5)
