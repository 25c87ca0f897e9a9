"""Personalized learning analytics: GET /api/learning-insights."""

from datetime import timedelta

import pytest

from tests.talktiko.asking import ADMINISTRATOR, BEGINNER, COACH, OWNER, Api, Case
from tests.talktiko.learning import FIRST, SECOND, THIRD, days_ago

PATH = "/learning-insights"
KEYS = ["strengths", "weaknesses", "recommendations", "time_of_day"]
NOTHING: dict[str, object] = {"strengths": [], "weaknesses": [], "recommendations": [], "time_of_day": []}
VOCABULARY = {"skill": "vocabulary", "accuracy": 0.8, "answered": 5}
RECOMMENDED = {
    "skill": "vocabulary",
    "reason": "80 % of your 5 vocabulary answers were right; try this training again.",
    "training_id": 5010101,
}
MORNING = {"part": "morning", "answered": 6, "accuracy": 0.8333, "minutes": 7}
EVENING = {"part": "evening", "answered": 8, "accuracy": 0.875, "minutes": 4}
WHOLE = {"strengths": [VOCABULARY], "weaknesses": [], "recommendations": [RECOMMENDED]}
WHOLE |= {"time_of_day": [MORNING, EVENING]}
FIRST_DAY = {"part": "morning", "answered": 4, "accuracy": 0.75, "minutes": 4}
LAST_DAY = {"part": "morning", "answered": 2, "accuracy": 1.0, "minutes": 3}
CASES = (
    Case("from", {}, WHOLE),
    Case("from", {"from": days_ago(FIRST)}, WHOLE),
    Case("from", {"from": days_ago(THIRD)}, {**NOTHING, "time_of_day": [LAST_DAY]}),
    Case("from", {"from": days_ago(THIRD - 1)}, NOTHING),
    Case("to", {"to": days_ago(THIRD)}, WHOLE),
    Case("to", {"to": days_ago(FIRST)}, {**NOTHING, "time_of_day": [FIRST_DAY]}),
    Case("to", {"to": days_ago(FIRST + 1)}, NOTHING),
    Case("to", {"from": days_ago(SECOND), "to": days_ago(SECOND)}, {**NOTHING, "time_of_day": [EVENING]}),
    Case("from", {"from": days_ago(91)}, WHOLE),
)
BY_NUMBER = (Case("user_id", {"user_id": 1}), Case("user_id", {}))


@pytest.mark.parametrize("case", BY_NUMBER, ids=str)
async def test_a_learner_sees_the_own_insights_by_number_too(api: Api, case: Case) -> None:
    answer = await api.get(PATH, case.given)
    assert (answer.status_code, answer.json()) == (200, (await api.get(PATH)).json())


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_insights_are_those_of_the_days_that_are_asked_for(learned: Api, case: Case) -> None:
    answer = await learned.get(PATH, case.given, uid=BEGINNER)
    assert (answer.status_code, answer.json()) == (200, {"data": case.expected})


async def test_the_keys_stand_in_their_order(learned: Api) -> None:
    content = (await learned.get(PATH, uid=BEGINNER)).json()
    assert (list(content), list(content["data"])) == (["data"], KEYS)
    first = [list(content["data"][name][0]) for name in ("strengths", "recommendations", "time_of_day")]
    assert first == [
        ["skill", "accuracy", "answered"],
        ["skill", "reason", "training_id"],
        ["part", "answered", "accuracy", "minutes"],
    ]


async def test_who_answered_nothing_has_no_insights(api: Api) -> None:
    answer = await api.get(PATH, uid=BEGINNER)
    assert (answer.status_code, answer.json()) == (200, {"data": NOTHING})


@pytest.mark.parametrize(
    ("since", "until"),
    [(92, 0), (0, 1), (400, 200)],
    ids=["93 days", "the last before the first", "200 days"],
)
async def test_at_most_92_days_are_looked_at_and_the_last_is_not_before_the_first(
    api: Api, since: int, until: int
) -> None:
    answer = await api.get(PATH, {"from": days_ago(since), "to": days_ago(until)})
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "Ask for 1 to 92 days, from the first to the last.",
    )
    assert list(answer.json()) == ["message", "errors"]


@pytest.mark.parametrize(
    "given", [{"from": "0001-01-01", "to": "0001-01-02"}, {"to": "9999-12-31"}, {"to": "0001-01-01"}]
)
async def test_days_at_the_ends_of_the_calendar_are_refused(api: Api, given: dict[str, object]) -> None:
    answer = await api.get(PATH, given)
    assert (answer.status_code, answer.json()["message"]) == (422, "Ask for days from 1900-01-01 to 9998-12-31.")


async def test_92_days_are_looked_at(api: Api) -> None:
    first = days_ago(0) - timedelta(days=91)
    assert (await api.get(PATH, {"from": first, "to": days_ago(0)})).status_code == 200


async def test_staff_see_the_same_by_the_learners_number(learned: Api) -> None:
    given = {"user_id": await learned.id_of(BEGINNER)}
    for uid in (COACH, OWNER, ADMINISTRATOR):
        assert (await learned.get(PATH, given, uid=uid)).json() == {"data": WHOLE}
