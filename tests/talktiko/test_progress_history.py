"""Historical progress data: GET /api/progress-history."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from db.progress.events import progress_events
from tests.talktiko.asking import ADMINISTRATOR, BEGINNER, COACH, NO_COURSE, STUDENT, Api, Case
from tests.talktiko.learning import FIRST, SECOND, THIRD, days_ago

PATH = "/progress-history"
KEYS = ["date", "minutes", "xp", "lessons_completed", "items_answered", "items_correct"]
TODAY = days_ago(0)
MONTHS_AGO = TODAY - timedelta(days=60)
# `expected` names the granularity, the first and last day, and the course, by which the test counts for itself.
CASES = (
    Case("granularity", {}, ("day", None, None, None)),
    Case("granularity", {"granularity": "day"}, ("day", None, None, None)),
    Case("granularity", {"granularity": "week"}, ("week", None, None, None)),
    Case("granularity", {"granularity": "month"}, ("month", None, None, None)),
    Case("from", {"from": MONTHS_AGO}, ("day", MONTHS_AGO, None, None)),
    Case("to", {"to": MONTHS_AGO}, ("day", None, MONTHS_AGO, None)),
    Case("to", {"from": MONTHS_AGO, "to": MONTHS_AGO + timedelta(days=9)}, ("day", MONTHS_AGO, 9, None)),
    Case("from", {"from": MONTHS_AGO, "granularity": "week"}, ("week", MONTHS_AGO, None, None)),
    Case("from", {"from": TODAY, "to": MONTHS_AGO}, ("day", TODAY, MONTHS_AGO, None)),
    Case("course_id", {"course_id": 501}, ("day", None, None, 501)),
    Case("course_id", {"course_id": "first-trip-a1", "granularity": "month"}, ("month", None, None, 502)),
    Case("course_id", {"course": "EN-A2-01"}, ("day", None, None, 503)),
    Case("course_id", {"filter[course]": "EN-A2-01"}, ("day", None, None, 503)),
    Case("course_id", {"filter[course_id]": "EN-A1-01", "granularity": "week"}, ("week", None, None, 501)),
    Case("course_id", {"course_id": "110A01"}, ("day", None, None, 1)),
    Case("user_id", {"user_id": 1}, ("day", None, None, None)),
)


def first_day(day: date, granularity: str) -> date:
    """The first day of the day's week or month, or the day."""
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[granularity]


async def counted(
    api: Api, granularity: str, since: date | None, until: date | int | None, course_id: int | None
) -> list[dict[str, Any]]:
    """What the student's events say, counted one by one."""
    events = progress_events.c
    found = select(
        *(events.local_day, events.duration_ms, events.xp, events.verb, events.score),
        *(events.lesson_id, events.training_id, events.course_id),
    )
    mine = found.where(events.student_id == await api.id_of(STUDENT), events.course_id.is_not(None))
    periods: dict[date, list[int]] = {}
    last = since + timedelta(days=until) if isinstance(until, int) and since else until
    for day, duration, xp, verb, score, lesson, training, course in await api.rows_of(mine):
        if course_id not in (None, course):
            continue
        sums = periods.setdefault(first_day(day, granularity), [0] * 5)
        completed = verb == "completed" and training is None and lesson is not None
        added = (duration, xp, completed, verb == "answered", verb == "answered" and score >= 0.6)
        periods[first_day(day, granularity)] = [total + more for total, more in zip(sums, added, strict=True)]
    return [
        dict(zip(KEYS, (str(day), sums[0] // 60_000, *sums[1:]), strict=True))
        for day, sums in sorted(periods.items())
        if (since is None or day >= since) and (not isinstance(last, date) or day <= last)
    ]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_periods_are_the_sums_of_what_was_done_in_them(api: Api, case: Case) -> None:
    assert isinstance(case.expected, tuple)
    rows: list[dict[str, Any]] = []
    for page in (1, 2, 3):
        rows += await api.rows(PATH, {**case.given, "per_page": 100, "page": page})
    assert rows == await counted(api, *case.expected)
    assert all(list(row) == KEYS for row in rows)
    assert bool(rows) == (case.given.get("course_id") != "110A01" and case.given.get("from") != TODAY)


async def test_three_days_of_a_beginner_are_three_rows(learned: Api) -> None:
    expected = [
        (str(days_ago(FIRST)), 4, 16, 0, 4, 3),
        (str(days_ago(SECOND)), 4, 52, 1, 8, 6),
        (str(days_ago(THIRD)), 3, 4, 0, 2, 2),
    ]
    rows = [dict(zip(KEYS, values, strict=True)) for values in expected]
    mine = await learned.get(PATH, uid=BEGINNER)
    assert mine.json()["data"] == rows
    assert [list(row) for row in mine.json()["data"]] == [KEYS] * 3
    given: dict[str, object] = {"user_id": await learned.id_of(BEGINNER)}
    assert await learned.rows(PATH, given, uid=COACH) == rows
    assert await learned.rows(PATH, {"course_id": 501, **given}, uid=ADMINISTRATOR) == rows
    assert await learned.rows(PATH, {"course_id": 502, **given}, uid=ADMINISTRATOR) == []
    one = {"from": days_ago(SECOND), "to": days_ago(SECOND), **given}
    assert await learned.rows(PATH, one, uid=COACH) == [rows[1]]


async def test_who_did_nothing_has_no_history(api: Api) -> None:
    assert await api.rows(PATH, uid=BEGINNER) == []


@pytest.mark.parametrize("course", ["nothing", "EN-B2-02", "0"])
async def test_a_course_that_is_not_in_sight_is_not_found(api: Api, course: str) -> None:
    answer = await api.get(PATH, {"course_id": course})
    assert (answer.status_code, answer.json()) == (404, NO_COURSE)
