"""Per-lesson progress for a course: GET /api/courses/{course}/lesson-progress."""

import pytest

from tests.talktiko.asking import ADMINISTRATOR, BEGINNER, COACH, NO_COURSE, STUDENT, Api, Case, with_query
from tests.talktiko.learning import SECOND, at, event, printed, record

PATH = "/courses/{course}/lesson-progress"
LESSONS = ["Hello! 自己紹介", "My Family 家族と持ち物", "My Day 毎日の生活", "I Like It! 好きなもの"]
TRAVEL = [
    *("At the Airport 空港で", "At the Hotel ホテルで"),
    *("At the Restaurant レストランで", "Asking the Way 道をたずねる"),
]
CASES = (
    Case("course", {"course": 501}, LESSONS),
    Case("course", {"course": "EN-A1-01"}, LESSONS),
    Case("course", {"course": "first-steps-a1"}, LESSONS),
    Case("course", {"course": "first-trip-a1"}, TRAVEL),
    Case("course", {"course": "110A01"}, []),
    Case("user_id", {"course": 501, "user_id": 1}, LESSONS),
)


def begun(number: int, name: str, **said: object) -> dict[str, object]:
    """A row, of a lesson that was not begun unless told."""
    untouched = {"state": "not_started", "percent": 0.0, "best_score": None, "attempts": 0, "completed_at": None}
    return {"lesson": {"id": number, "name": name}, **untouched, **said}


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_the_course_is_named_by_number_code_or_slug(api: Api, case: Case) -> None:
    rows = await api.rows(PATH, case.given)
    assert [row["lesson"]["name"] for row in rows] == case.expected


async def test_a_row_has_its_keys_in_order_and_says_how_far_the_learner_is(learned: Api) -> None:
    rows = await learned.rows("/courses/501/lesson-progress", uid=BEGINNER)
    done = printed(at(SECOND, "20:00", 9))
    assert [list(row) for row in rows] == [
        ["lesson", "state", "percent", "best_score", "attempts", "completed_at"] for _ in range(4)
    ]
    assert list(rows[0]["lesson"]) == ["id", "name"]
    # The mean of 0.75, 1 and 0.75.
    first = begun(50101, LESSONS[0], state="passed", percent=100.0, best_score=0.8333, attempts=3, completed_at=done)
    assert rows == [first, *(begun(50100 + number, LESSONS[number - 1]) for number in (2, 3, 4))]


async def test_staff_see_the_same_by_the_learners_number(learned: Api) -> None:
    mine = await learned.rows("/courses/501/lesson-progress", uid=BEGINNER)
    given = {"user_id": await learned.id_of(BEGINNER)}
    for uid in (COACH, ADMINISTRATOR):
        assert await learned.rows("/courses/501/lesson-progress", given, uid=uid) == mine


async def test_a_lesson_is_in_progress_once_one_of_its_trainings_is_completed(own_api: Api) -> None:
    await record(own_api, [event("Training", 5010201, "COMPLETED", at(SECOND, "20:00", 0))])
    rows = await own_api.rows("/courses/501/lesson-progress", uid=BEGINNER)
    assert rows[1] == begun(50102, LESSONS[1], state="in_progress", percent=33.33, attempts=1)


@pytest.mark.parametrize("course", ["nothing", "0", "99999999999999999999", "en-a1-01", "501 ", "501.0", "EN-B2-02"])
async def test_a_course_that_is_not_in_sight_is_not_found(api: Api, course: str) -> None:
    answer = await api.get(f"/courses/{course}/lesson-progress", uid=STUDENT)
    assert (answer.status_code, answer.json()) == (404, NO_COURSE)


async def test_staff_see_lessons_of_a_course_that_is_not_published(api: Api) -> None:
    rows = await api.rows("/courses/EN-B2-02/lesson-progress", {"user_id": 1}, uid=ADMINISTRATOR)
    assert rows == [begun(50701, "Negotiating Terms 条件を話し合う")]


async def test_what_stands_in_the_path_counts(api: Api) -> None:
    answer = await api.get(f"{with_query(PATH, {'course': 502})}?course=501")
    assert [row["lesson"]["name"] for row in answer.json()["data"]] == TRAVEL
