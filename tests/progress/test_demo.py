"""The demo's learners have a plausible year behind them, the same whoever fills the database, when and how often."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from db.connections.database import Database, connect
from db.courses import enrollments
from db.demo import learning
from db.demo.load import load
from db.migrate import upgrade
from db.operations import outbox
from db.progress.derived import lesson_progress, training_progress
from db.progress.events import progress_events
from resolvers.demo.fill import fill_demo
from resolvers.demo.learners import PROFILES, Profile, year_of
from tests.db.contents import contents, counts
from tests.gateway.test_cli import kakehashi
from tests.progress.asking import STUDENT, Graph, Row, derived, rows
from tests.progress.crowd import JAPAN
from tests.services.postgresql import Server, create_database, drop_database

UIDS = [profile.uid for profile in PROFILES]
DAY = timedelta(days=1)


async def events_of(graph: Graph, uid: str) -> list[Row]:
    """What somebody did with courses, in the order in which it was written."""
    found = await rows(graph.database, progress_events, student_id=await graph.student(uid))
    return [event for event in found if event["course_id"] is not None]


@pytest.mark.parametrize("profile", PROFILES, ids=UIDS)
async def test_a_year_lies_within_its_span_and_in_order(graph: Graph, profile: Profile) -> None:
    events = await events_of(graph, profile.uid)
    filled_at = events[0]["created_at"]
    today = filled_at.astimezone(JAPAN).date()
    assert {event["created_at"] for event in events} == {filled_at}
    days = {event["local_day"] for event in events}
    assert today - profile.since * DAY <= min(days) <= max(days) <= today - max(profile.until, 1) * DAY
    assert [event["occurred_at"] for event in events] == sorted(event["occurred_at"] for event in events)
    assert all(event["occurred_at"] < filled_at for event in events)
    assert all(event["occurred_at"].astimezone(JAPAN).date() == event["local_day"] for event in events)
    assert all(0 <= event["score"] <= 1 for event in events if event["score"] is not None)
    assert all(event["score"] is not None for event in events if event["verb"] == "answered" or event["training_id"])
    share = len(days) / (profile.since - profile.until)
    assert profile.a_week / 7 - 0.25 < share < profile.a_week / 7 + 0.25


@pytest.mark.parametrize("uid", UIDS)
async def test_what_was_completed_was_completed_in_order(graph: Graph, uid: str) -> None:
    database, student_id = graph.database, await graph.student(uid)
    trained = await rows(database, training_progress, student_id=student_id)
    lessons = {row["lesson_id"]: row for row in await rows(database, lesson_progress, student_id=student_id)}
    for row in lessons.values():
        ends = [one["completed_at"] for one in trained if one["lesson_id"] == row["lesson_id"]]
        if row["completed_at"] is not None:
            assert row["completed_at"] == max(ends)
    for course in await rows(database, enrollments, student_id=student_id):
        if course["completed_at"] is not None:
            ends = [row["completed_at"] for row in lessons.values() if row["course_id"] == course["course_id"]]
            assert None not in ends
            assert course["enrolled_at"] < course["completed_at"] == max(ends)


async def test_everyone_began_at_the_beginning_and_enrolled_with_the_first_event(graph: Graph) -> None:
    for uid in UIDS:
        events = await events_of(graph, uid)
        assert events[0]["training_id"] == 5010101
        taken = {
            row["course_id"]: row for row in await rows(graph.database, enrollments, student_id=events[0]["student_id"])
        }
        for course_id in {event["course_id"] for event in events}:
            first = min(event["occurred_at"] for event in events if event["course_id"] == course_id)
            assert taken[course_id]["enrolled_at"] == first


async def test_the_demo_student_has_a_streak_achievements_and_a_history_of_levels(graph: Graph) -> None:
    document = """{ learner { xp level currentStreak cefrLevel skills { skillCode } cefrHistory { level }
      achievements { code } } }"""
    found = (await graph.data(document, uid=STUDENT))["learner"]
    assert found["currentStreak"] >= 9
    assert found["cefrLevel"] is not None
    assert len(found["skills"]) == 6
    assert len(found["cefrHistory"]) > 6
    earned = {one["code"] for one in found["achievements"]}
    assert earned >= {"first_lesson", "lessons_10", "first_course", "streak_3", "streak_7", "xp_500", "xp_2000"}
    assert found["xp"] > 2000
    assert found["level"] > 5


async def test_the_demo_tells_nobody_what_is_long_past(graph: Graph) -> None:
    assert await rows(graph.database, outbox) == []


@pytest.mark.parametrize("ahead", range(7))
async def test_the_year_is_plausible_on_whichever_day_the_demo_is_filled(graph: Graph, ahead: int) -> None:
    async with graph.database.writing() as transaction:
        items = await learning.items_by_training(transaction)
    today = date(2027, 2, 28) + ahead * DAY
    years = {profile.uid: year_of(profile, items, today) for profile in PROFILES}
    assert years[STUDENT] == year_of(PROFILES[0], items, today)
    assert all(len({fact.local_day for fact in facts}) >= 5 for facts in years.values())
    assert all(fact.local_day < today for facts in years.values() for fact in facts)
    own = {fact.local_day for fact in years[STUDENT]}
    assert {today - back * DAY for back in range(1, 10)} <= own
    courses = [fact for fact in years[STUDENT] if fact.verb == "completed" and fact.lesson_id is None]
    assert courses


async def test_filling_again_changes_nothing(written: Graph) -> None:
    before = await contents(written.database)
    for later in (timedelta(0), timedelta(days=1), timedelta(days=40)):
        await fill_demo(written.database, datetime.now(UTC) + later)
    assert await contents(written.database) == before


async def test_what_a_learner_did_since_stays_when_the_demo_is_filled_again(written: Graph) -> None:
    event = {"clientId": "1", "verb": "STARTED", "subject": "TGVzc29uOjUwMTAx"}
    for uid in (STUDENT, "auth0|demo-u007"):
        await written.results(event, uid=uid)
    before = await contents(written.database)
    await fill_demo(written.database, datetime.now(UTC))
    assert await contents(written.database) == before


@pytest.fixture
async def empty(kind: str, postgresql_server: Server, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated database without rows."""
    name = f"demo_{tmp_path.name}".lower().replace("-", "_")[:60]
    url = create_database(postgresql_server, name) if kind == "postgresql" else f"sqlite:///{tmp_path}/demo.db"
    await asyncio.to_thread(upgrade, url)
    database = connect(url)
    await database.open()
    yield database
    await database.close()
    if kind == "postgresql":
        drop_database(postgresql_server, name)


async def test_a_fill_that_was_stopped_is_completed_by_the_next(empty: Database, graph: Graph) -> None:
    (event, *_) = await events_of(graph, STUDENT)
    now: datetime = event["created_at"]
    await load(empty, now)
    assert (await counts(empty))["learners"] == 0
    # Stopped again, after facts were written and before anything was derived of them.
    async with empty.writing() as transaction:
        ids = await learning.without_facts(transaction, UIDS)
        items = await learning.items_by_training(transaction)
        for profile in PROFILES[:1]:
            facts = year_of(profile, items, now.astimezone(JAPAN).date())
            await learning.add(transaction, ids[profile.uid], facts, now)
    await fill_demo(empty, now)
    assert await counts(empty) == await counts(graph.database)
    for uid in UIDS:
        student_id = await graph.student(uid)
        assert await derived(empty, student_id) == await derived(graph.database, student_id)


def test_the_command_derives_the_demo_anew_and_tells_how_many(tmp_path: Path) -> None:
    assert kakehashi(tmp_path, "seed").returncode == 0
    url = f"sqlite:///{tmp_path}/kakehashi.db"
    before = asyncio.run(held(url))
    done = kakehashi(tmp_path, "rebuild-progress")
    assert (done.returncode, done.stdout) == (0, f"The progress of {len(PROFILES)} learners is derived anew.\n")
    assert asyncio.run(held(url)) == before
    assert kakehashi(tmp_path, "rebuild-progress", "--help").returncode == 0


async def held(url: str) -> dict[str, list[str]]:
    """What a database holds, less the numbers of rows that are derived anew."""
    database = connect(url)
    found = await contents(database)
    await database.close()
    renumbered = {"activity", "cefr_changes"}
    return {name: sorted(str(row[1:] if name in renumbered else row) for row in table) for name, table in found.items()}
