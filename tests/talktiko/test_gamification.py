"""Streaks, points, achievements and boards: GET /api/gamification/stats and /api/gamification/leaderboard."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from db.progress.events import progress_events
from db.students import students
from tests.talktiko.asking import ADMINISTRATOR, BEGINNER, COACH, NAMBA, OWNER, STUDENT, SUNDAI_OWNER, Api, Case
from tests.talktiko.learning import SECOND, THIRD, answers, days_ago, record
from tests.talktiko.learning import Answered as Answer

STATS, BOARD = "/gamification/stats", "/gamification/leaderboard"
STATS_KEYS = ["xp", "level", "current_streak", "longest_streak", "achievements"]
ACHIEVEMENT_KEYS = ["code", "name", "description", "earned_on"]
BOARD_KEYS = ["rank", "display_name", "xp", "is_me"]
FIRST_LESSON = {"code": "first_lesson", "name": "はじめの一歩", "description": "Complete a lesson."}
STREAK = {"code": "streak_3", "name": "3日連続", "description": "Learn on three days in a row."}
NOTHING = {"xp": 0, "level": 1, "current_streak": 0, "longest_streak": 0, "achievements": []}
UENO, NAMBA_SCHOOL, HEAD = 2002, 2003, 2001
WEEK, MONTH = days_ago(days_ago(0).weekday()), days_ago(0).replace(day=1)

# `expected` is the first day that counts and the organizations on the board, by which the test counts for itself.
STATS_CASES = (Case("user_id", {"user_id": 1}), Case("user_id", {}))
BOARD_CASES = (
    Case("period", {"scope": "institution"}, (WEEK, [UENO])),
    Case("period", {"period": "week"}, (WEEK, [UENO])),
    Case("period", {"period": "month"}, (MONTH, [UENO])),
    Case("period", {"period": "all"}, (None, [UENO])),
    Case("scope", {"period": "all", "scope": "institution"}, (None, [UENO])),
    Case("scope", {"period": "all", "scope": "platform"}, (None, [UENO, NAMBA_SCHOOL, HEAD])),
    Case("scope", {"period": "month", "scope": "platform"}, (MONTH, [UENO, NAMBA_SCHOOL, HEAD])),
)


async def points(api: Api, since: object, places: list[int]) -> list[tuple[str, str, int, int]]:
    """Uid, name, organization and points of everyone on a board, counted from the events."""
    events, people = progress_events.c, students.c
    found = (
        select(people.uid, people.last_name, people.first_name, people.organization_id, func.sum(events.xp))
        .join_from(progress_events, students, people.id == events.student_id)
        .where(events.course_id.is_not(None), people.locked_at.is_(None), people.organization_id.in_(places))
        .group_by(people.id)
    )
    if since is not None:
        found = found.where(events.local_day >= since)
    rows = [(uid, f"{last} {first}", place, int(xp)) for uid, last, first, place, xp in await api.rows_of(found)]
    return sorted((row for row in rows if row[3] > 0), key=lambda row: -row[3])


async def expected_board(api: Api, since: object, places: list[int], *, known: list[int], me: str) -> list[Any]:
    """The rows of a board; who is out of reach is expected under a pseudonym."""
    found = await points(api, since, places)
    return [
        [1 + sum(other[3] > xp for other in found), name if place in known else "Learner", xp, uid == me]
        for uid, name, place, xp in found
    ]


def seen(rows: list[dict[str, Any]]) -> list[Any]:
    """Rows of a board, pseudonyms without what tells them apart."""
    return [
        [row["rank"], re.sub("^Learner [0-9A-F]{8}$", "Learner", row["display_name"]), row["xp"], row["is_me"]]
        for row in rows
    ]


@pytest.mark.parametrize("case", STATS_CASES, ids=str)
async def test_a_learner_is_shown_alike_with_and_without_the_own_number(api: Api, case: Case) -> None:
    assert await api.id_of(STUDENT) == 1
    answer = await api.get(STATS, case.given)
    assert answer.status_code == 200
    (row,) = [row for row in await points(api, None, [UENO]) if row[0] == STUDENT]
    assert answer.json()["data"]["xp"] == row[3]
    assert answer.json() == (await api.get(STATS)).json()


async def test_three_days_of_a_beginner_are_points_and_a_streak(learned: Api) -> None:
    answer = await learned.get(STATS, uid=BEGINNER)
    content = answer.json()
    achievements = [
        {**FIRST_LESSON, "earned_on": str(days_ago(SECOND))},
        {**STREAK, "earned_on": str(days_ago(THIRD))},
    ]
    assert content == {"data": {**NOTHING, "xp": 72, "level": 2, "longest_streak": 3, "achievements": achievements}}
    assert (list(content), list(content["data"])) == (["data"], STATS_KEYS)
    assert [list(row) for row in content["data"]["achievements"]] == [ACHIEVEMENT_KEYS] * 2
    given = {"user_id": await learned.id_of(BEGINNER)}
    for uid in (COACH, OWNER, ADMINISTRATOR):
        assert (await learned.get(STATS, given, uid=uid)).json() == content


async def test_a_streak_goes_on_until_a_whole_day_is_missed(own_api: Api) -> None:
    answer = (Answer(501010101, 2),)
    for days in (3, 2, 1):
        await record(own_api, answers(days, "09:00", answer, 0))
    content = (await own_api.get(STATS, uid=BEGINNER)).json()["data"]
    assert (content["current_streak"], content["longest_streak"], content["xp"]) == (3, 3, 6)


async def test_who_did_nothing_has_no_points(api: Api) -> None:
    answer = await api.get(STATS, uid=BEGINNER)
    assert (answer.status_code, answer.json()) == (200, {"data": NOTHING})


@pytest.mark.parametrize("case", BOARD_CASES, ids=str)
async def test_a_board_ranks_the_points_of_its_period(api: Api, case: Case) -> None:
    assert isinstance(case.expected, tuple)
    rows = await api.rows(BOARD, case.given)
    since, places = case.expected
    assert seen(rows) == await expected_board(api, since, places, known=[UENO], me=STUDENT)
    assert all(list(row) == BOARD_KEYS for row in rows)


@pytest.mark.parametrize(
    ("uid", "places"),
    [
        (STUDENT, [UENO]),
        (COACH, [UENO]),
        (NAMBA, [NAMBA_SCHOOL]),
        (OWNER, [UENO, NAMBA_SCHOOL, HEAD]),
        (SUNDAI_OWNER, []),
        (ADMINISTRATOR, [UENO, NAMBA_SCHOOL, HEAD]),
    ],
)
@pytest.mark.parametrize("scope", ["institution", "platform"])
async def test_names_are_for_those_in_whose_reach_the_learner_is(
    api: Api, uid: str, places: list[int], scope: str
) -> None:
    rows = await api.rows(BOARD, {"period": "all", "scope": scope}, uid=uid)
    on_board = places if scope == "institution" else [UENO, NAMBA_SCHOOL, HEAD]
    assert seen(rows) == await expected_board(api, None, on_board, known=places, me=uid)


async def test_a_pseudonym_is_one_for_each_and_the_same_for_everyone(api: Api) -> None:
    given = {"period": "all", "scope": "platform"}
    boards = [await api.rows(BOARD, given, uid=uid) for uid in (STUDENT, COACH, SUNDAI_OWNER)]
    hidden = [row["display_name"] for row in boards[2]]
    assert (len(hidden), len(set(hidden))) == (12, 12)
    for board in boards[:2]:
        assert {row["display_name"] for row in board if row["display_name"].startswith("Learner ")} < set(hidden)


async def test_equals_share_a_rank_and_the_next_one_is_left_out(own_api: Api) -> None:
    for uid in (BEGINNER, "auth0|demo-u008"):
        await record(own_api, answers(0, "00:00", (Answer(501010101, 2),), 0), uid=uid)
    rows = await own_api.rows(BOARD, uid=BEGINNER)
    tied = [row for row in rows if row["xp"] == 2]
    assert len(tied) == 2
    assert tied[0]["rank"] == tied[1]["rank"] == len(rows) - 1
    assert sorted(row["is_me"] for row in tied) == [False, True]


async def test_points_of_today_are_in_the_week_the_month_and_the_whole(own_api: Api) -> None:
    await record(own_api, answers(0, "00:00", (Answer(501010101, 2),), 0))
    for period in ("week", "month", "all"):
        rows = await own_api.rows(BOARD, {"period": period}, uid=BEGINNER)
        assert [row["xp"] for row in rows if row["is_me"]] == [2]


async def test_points_of_last_month_are_not_in_this_one(own_api: Api) -> None:
    before = days_ago(0) - (MONTH - timedelta(days=1))
    await record(own_api, answers(before.days, "09:00", (Answer(501010101, 2),), 0))
    rows = await own_api.rows(BOARD, {"period": "month"}, uid=BEGINNER)
    assert [row["xp"] for row in rows if row["is_me"]] == []
