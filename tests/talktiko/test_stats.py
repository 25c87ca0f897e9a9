"""Platform-wide statistics: GET /api/stats, over the caller's reach."""

from datetime import date

import pytest
from sqlalchemy import select

from db.progress.events import progress_events
from db.students import students
from tests.talktiko.asking import (
    ADMINISTRATOR,
    BEGINNER,
    COACH,
    FREE,
    NAMBA,
    OWNER,
    STUDENT,
    SUNDAI_OWNER,
    Api,
)
from tests.talktiko.learning import days_ago, learn

PATH = "/stats"
KEYS = ["learners", "courses", "lessons", "completions", "minutes", "active_30d"]
COACH_OF_PARENT, EVERYWHERE = "auth0|demo-coach-parent", None
UENO, KAKEHASHI = [2002], [2001, 2002, 2003]


async def counted(api: Api, *, uid: str | None = None, places: list[int] | None = None) -> dict[str, int]:
    """What the database has of one person, of some organizations, or of everyone, counted one by one."""
    people = select(students.c.id).where(students.c.locked_at.is_(None))
    if uid is not None:
        people = people.where(students.c.uid == uid)
    if places is not None:
        people = people.where(students.c.organization_id.in_(places))
    ids = {row[0] for row in await api.rows_of(people)}
    events = progress_events.c
    learned = select(
        *(events.student_id, events.verb, events.lesson_id, events.training_id, events.duration_ms, events.local_day)
    ).where(events.course_id.is_not(None))
    rows = [row for row in await api.rows_of(learned) if row[0] in ids]
    since: date = days_ago(29)
    return {
        "learners": len(ids),
        "courses": 6,
        "lessons": 27,
        "completions": sum(
            verb == "completed" and bool(lesson) and not training for _, verb, lesson, training, *_ in rows
        ),
        "minutes": sum(row[4] for row in rows) // 60_000,
        "active_30d": len({row[0] for row in rows if row[5] >= since}),
    }


@pytest.mark.parametrize(
    ("uid", "places", "learners"),
    [
        (COACH, UENO, 16),
        (COACH_OF_PARENT, KAKEHASHI, 34),
        (OWNER, KAKEHASHI, 34),
        (SUNDAI_OWNER, [1, 2, 3], 0),
        (ADMINISTRATOR, EVERYWHERE, 35),
    ],
)
async def test_staff_see_numbers_over_their_reach(api: Api, uid: str, places: list[int] | None, learners: int) -> None:
    answer = await api.get(PATH, uid=uid)
    content = answer.json()
    assert answer.status_code == 200
    assert (list(content), list(content["data"])) == (["data"], KEYS)
    assert content["data"] == await counted(api, places=places)
    assert content["data"]["learners"] == learners


@pytest.mark.parametrize("uid", [STUDENT, BEGINNER, NAMBA, FREE])
async def test_a_student_sees_the_own_numbers(api: Api, uid: str) -> None:
    answer = await api.get(PATH, uid=uid)
    assert (answer.status_code, answer.json()) == (200, {"data": await counted(api, uid=uid)})
    assert answer.json()["data"]["learners"] == 1


async def test_what_is_learned_is_counted_at_once(own_api: Api) -> None:
    before = (await own_api.get(PATH, uid=BEGINNER)).json()["data"]
    assert before == {**dict.fromkeys(KEYS, 0), "learners": 1, "courses": 6, "lessons": 27}
    await learn(own_api)
    after = (await own_api.get(PATH, uid=BEGINNER)).json()["data"]
    assert after == {**before, "completions": 1, "minutes": 11, "active_30d": 1}
