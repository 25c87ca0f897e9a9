"""Whose progress may be asked for by user_id: one's own, staff's learners, and nobody else's."""

import pytest

from tests.talktiko.asking import (
    ADMINISTRATOR,
    BEGINNER,
    COACH,
    FREE,
    NAMBA,
    NO_LEARNER,
    OWNER,
    STUDENT,
    SUNDAI_OWNER,
    Api,
)

DOORS = (
    "/courses/501/lesson-progress",
    "/progress-history",
    "/gamification/stats",
    "/cefr/report",
    "/learning-insights",
)
# Locked, of the head office, out of the period of use, of the demo.
U014, HQ001, U013, DEMO = "auth0|demo-u014", "auth0|demo-k001", "auth0|demo-u013", "auth0|demo-u015"


@pytest.mark.parametrize(
    ("uid", "learner"),
    [
        (STUDENT, STUDENT),
        (FREE, FREE),
        (COACH, STUDENT),
        (COACH, BEGINNER),
        (COACH, U013),
        (OWNER, STUDENT),
        (OWNER, NAMBA),
        (OWNER, HQ001),
        (ADMINISTRATOR, STUDENT),
        (ADMINISTRATOR, FREE),
        (ADMINISTRATOR, DEMO),
    ],
)
@pytest.mark.parametrize("path", DOORS)
async def test_a_learner_in_reach_is_shown(api: Api, path: str, uid: str, learner: str) -> None:
    answer = await api.get(path, {"user_id": await api.id_of(learner)}, uid=uid)
    own = await api.get(path, uid=learner)
    assert answer.status_code == 200
    # Out of the period nobody comes in, and a demo person sees demo courses only.
    if learner not in (U013, DEMO):
        assert answer.json()["data"] == own.json()["data"]


@pytest.mark.parametrize(
    ("uid", "learner"),
    [
        (STUDENT, BEGINNER),
        (STUDENT, NAMBA),
        (STUDENT, COACH),
        (COACH, NAMBA),
        (COACH, HQ001),
        (COACH, U014),
        (COACH, COACH),
        (OWNER, FREE),
        (OWNER, U014),
        (SUNDAI_OWNER, STUDENT),
        (SUNDAI_OWNER, FREE),
        (ADMINISTRATOR, COACH),
        (ADMINISTRATOR, U014),
    ],
)
@pytest.mark.parametrize("path", DOORS)
async def test_a_learner_out_of_reach_is_as_unknown_as_one_who_is_not_there(
    api: Api, path: str, uid: str, learner: str
) -> None:
    for number in (await api.id_of(learner), 999_999, 0, -1):
        answer = await api.get(path, {"user_id": number}, uid=uid)
        assert (answer.status_code, answer.json()) == (404, NO_LEARNER)


@pytest.mark.parametrize("uid", [COACH, OWNER, SUNDAI_OWNER, ADMINISTRATOR])
@pytest.mark.parametrize("path", DOORS)
async def test_staff_must_say_whose_progress_they_want(api: Api, path: str, uid: str) -> None:
    answer = await api.get(path, uid=uid)
    assert answer.status_code == 422
    assert list(answer.json()) == ["message", "errors"]
    assert list(answer.json()["errors"].values()) == [[answer.json()["message"]]]
