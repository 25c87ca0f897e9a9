"""CEFR skill-level report: GET /api/cefr/report."""

from itertools import pairwise

import pytest
from sqlalchemy import select

from db.progress.events import progress_events
from tests.talktiko.asking import ADMINISTRATOR, BEGINNER, COACH, OWNER, STUDENT, Api, Case
from tests.talktiko.learning import THIRD, at, printed

PATH = "/cefr/report"
KEYS = ["overall", "skills", "history"]
SKILL_KEYS = ["skill", "level", "score", "assessed_at"]
CASES = (Case("user_id", {"user_id": 1}), Case("user_id", {}))
SKILLS = ["grammar", "listening", "reading", "speaking", "vocabulary", "writing"]


async def test_a_beginner_has_a_level_after_five_answers_in_a_skill(learned: Api) -> None:
    answer = await learned.get(PATH, uid=BEGINNER)
    content = answer.json()
    fifth = {"skill": "vocabulary", "level": "A1", "score": 80.0, "assessed_at": printed(at(THIRD, "06:30", 1))}
    assert content == {"data": {"overall": "A1", "skills": [fifth], "history": [fifth]}}
    assert (list(content), list(content["data"])) == (["data"], KEYS)
    assert [list(row) for row in (*content["data"]["skills"], *content["data"]["history"])] == [SKILL_KEYS] * 2


async def test_who_answered_nothing_has_no_level(api: Api) -> None:
    answer = await api.get(PATH, uid=BEGINNER)
    assert (answer.status_code, answer.json()) == (200, {"data": {"overall": None, "skills": [], "history": []}})


async def test_a_year_of_a_learner_shows_every_skill_and_each_change_in_its_time(api: Api) -> None:
    content = (await api.get(PATH)).json()["data"]
    skills, history = content["skills"], content["history"]
    assert [row["skill"] for row in skills] == SKILLS
    levels = sorted(row["level"] for row in skills)
    assert content["overall"] == levels[(len(levels) - 1) // 2]
    assert [row["assessed_at"] for row in history] == sorted(row["assessed_at"] for row in history)
    for now in skills:
        changes = [row["level"] for row in history if row["skill"] == now["skill"]]
        assert changes[-1] == now["level"]
        assert all(before != after for before, after in pairwise(changes))
        assert 0 <= now["score"] <= 100
        assert now["assessed_at"] == await last_answer(api, now["skill"])


async def last_answer(api: Api, skill: str) -> str:
    """When the student last answered an item of a skill."""
    events = progress_events.c
    mine = select(events.occurred_at).where(events.student_id == await api.id_of(STUDENT), events.skill == skill)
    return max(printed(row[0]) for row in await api.rows_of(mine))


async def test_staff_see_the_same_by_the_learners_number(learned: Api) -> None:
    mine = (await learned.get(PATH, uid=BEGINNER)).json()
    given = {"user_id": await learned.id_of(BEGINNER)}
    for uid in (COACH, OWNER, ADMINISTRATOR):
        assert (await learned.get(PATH, given, uid=uid)).json() == mine


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_learner_sees_the_own_report_by_number_too(api: Api, case: Case) -> None:
    answer = await api.get(PATH, case.given)
    assert (answer.status_code, answer.json()) == (200, (await api.get(PATH)).json())
