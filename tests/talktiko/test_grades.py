"""Sending a grade: each parameter of POST /api/lti/grade-passback/{launch} is heeded."""

from typing import Any

import pytest
from sqlalchemy import select

from db.lti.tables import lti_scores
from tests.talktiko.asking import OWNER, Api, Case
from tests.talktiko.consuming import USED_LAUNCH, consume

BODY = {"score_given": 8, "score_maximum": 10}
PUSHING = (
    Case("launch", {"launch": USED_LAUNCH}, USED_LAUNCH),
    Case("score_given", {"score_given": 0}, 0),
    Case("score_given", {"score_given": "7.25"}, 7.25),
    Case("score_given", {"score_given": 10.5}, 10.5),
    Case("score_maximum", {"score_maximum": 8}, 8),
    Case("score_maximum", {"score_maximum": 0.5}, 0.5),
    Case("comment", {"comment": "よくできました"}, "よくできました"),
    Case("comment", {"comment": "é" * 2000}, "é" * 2000),
    *[
        Case("activity_progress", {"activity_progress": word}, word)
        for word in ("Initialized", "Started", "InProgress", "Submitted", "Completed")
    ],
    *[
        Case("grading_progress", {"grading_progress": word}, word)
        for word in ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")
    ],
)


async def pushed(api: Api, body: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """What is answered, and the row that was made."""
    await consume(api)
    answer = await api.ask("POST", f"/lti/grade-passback/{USED_LAUNCH}", uid=OWNER, json=body)
    assert answer.status_code == 202, answer.text
    (row,) = await api.rows_of(select(lti_scores))
    return answer.json()["data"], row


@pytest.mark.parametrize("case", PUSHING, ids=lambda case: str(case)[:60])
async def test_each_parameter_of_a_grade_is_heeded(own_api: Api, case: Case) -> None:
    given = {name: value for name, value in case.given.items() if name != "launch"}
    shown, row = await pushed(own_api, {**BODY, **given})
    column = "launch_id" if case.parameter == "launch" else case.parameter
    assert getattr(row, column) == case.expected
    if case.parameter != "comment":
        assert shown[case.parameter] == case.expected
    beside = {
        "score_given": 8,
        "score_maximum": 10,
        "activity_progress": "Completed",
        "grading_progress": "FullyGraded",
    }
    beside.pop(case.parameter, None)
    assert {name: shown[name] for name in beside} == beside


async def test_a_score_is_one_of_100_unless_told(own_api: Api) -> None:
    shown, row = await pushed(own_api, {"score_given": 42.5})
    assert (shown["score_given"], shown["score_maximum"]) == (42.5, 100)
    assert (row.score_given, row.score_maximum, row.source) == (42.5, 100, "request")


async def test_without_a_score_progress_alone_is_told(own_api: Api) -> None:
    shown, row = await pushed(own_api, {"activity_progress": "InProgress", "grading_progress": "NotReady"})
    assert (shown["score_given"], shown["score_maximum"], row.score_given, row.score_maximum) == (None,) * 4
