"""What is derived of the demo's learners, and what the graph shows of it, is what a plain model makes of events."""

import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.progress.derived import learners
from resolvers.demo.learners import PROFILES
from tests.progress.asking import (
    ADMINISTRATOR,
    FRESH,
    STUDENT,
    Graph,
    answered,
    derived,
    forget,
    rows,
)
from tests.progress.content import CHOICE
from tests.progress.model import learner

UIDS = [profile.uid for profile in PROFILES]
LEARNER = """query($id: Int) { learner(studentLegacyId: $id) {
  xp level currentStreak longestStreak lastActiveOn cefrLevel } }"""


@pytest.mark.parametrize("uid", UIDS)
async def test_every_number_of_the_demo_is_what_the_model_makes_of_the_events(graph: Graph, uid: str) -> None:
    student_id = await graph.student(uid)
    expected = (await learner(graph.database, student_id)).tables()
    found = await derived(graph.database, student_id)
    assert found.keys() == expected.keys()
    for name, derived_rows in found.items():
        assert derived_rows == expected[name], name


async def test_nobody_else_has_anything_derived(graph: Graph) -> None:
    ids = {await graph.student(uid) for uid in UIDS}
    assert {row["student_id"] for row in await rows(graph.database, learners)} == ids


@pytest.mark.parametrize("uid", UIDS)
async def test_the_graph_shows_these_numbers_and_no_streak_that_has_lapsed(graph: Graph, uid: str) -> None:
    student_id = await graph.student(uid)
    row = (await learner(graph.database, student_id)).learner_row()
    lapsed = row["streak_until"] <= datetime.now(UTC)
    shown = (await graph.data(LEARNER, {"id": student_id}, uid=ADMINISTRATOR))["learner"]
    assert shown == {
        "xp": row["xp"],
        "level": row["level"],
        "currentStreak": 0 if lapsed else row["streak"],
        "longestStreak": row["longest_streak"],
        "lastActiveOn": str(row["last_active_on"]),
        "cefrLevel": row["cefr_level"],
    }


@pytest.mark.parametrize("time_zone", ["America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize(("days_ago", "streak"), [((2,), 0), ((1,), 1), ((0,), 1), ((3, 2, 1), 3), ((2, 1, 0), 3)])
async def test_a_streak_stands_until_a_whole_day_of_the_learner_went_by(
    taught: Graph, time_zone: str, days_ago: tuple[int, ...], streak: int
) -> None:
    student_id = await forget(taught.database, FRESH, time_zone=time_zone)
    zone = ZoneInfo(time_zone)
    today = datetime.now(zone).date()
    begins = {ago: datetime.combine(today - timedelta(days=ago), time(), zone).isoformat() for ago in days_ago}
    await taught.results(*[answered(f"{ago}", CHOICE, 1, occurredAt=at) for ago, at in begins.items()])
    shown = (await taught.data(LEARNER, {"id": student_id}, uid=ADMINISTRATOR))["learner"]
    assert (shown["currentStreak"], shown["longestStreak"]) == (streak, len(days_ago))
    assert await derived(taught.database, student_id) == (await learner(taught.database, student_id)).tables()
    await forget(taught.database, FRESH)


async def test_a_streak_ends_at_the_very_instant_at_which_it_lapses(graph: Graph) -> None:
    (row,) = await rows(graph.database, learners, student_id=await graph.student(STUDENT))
    execution = graph.running.app.state.parts.execution
    for delta, streak in ((-1, row["streak"]), (0, 0), (1, 0)):
        request = await graph.request(STUDENT, row["streak_until"] + timedelta(microseconds=delta))
        answer = await execution.run("{ learner { currentStreak longestStreak } }", request)
        shown = json.loads(answer.body())["data"]["learner"]
        assert shown == {"currentStreak": streak, "longestStreak": row["longest_streak"]}


async def test_the_demo_student_is_in_the_middle_of_a_run_of_days(graph: Graph) -> None:
    shown = (await graph.data(LEARNER, uid=STUDENT))["learner"]
    row = (await learner(graph.database, await graph.student(STUDENT))).learner_row()
    assert shown["currentStreak"] == row["streak"] >= 9
