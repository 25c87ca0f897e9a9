"""Grades that somebody sends: over REST and over the graph, for whom, with what, and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from db.lti.tables import lti_scores
from db.operations import idempotency_keys, outbox
from tests.accounts.calling import Caller, by_auth0, by_token
from tests.lti.gradebook import Gradebook
from tests.lti.grading import RIGHT, WRONG, Grading
from tests.progress.asking import FRESH

COACH, OTHER_COACH = "auth0|demo-coach-child", "auth0|demo-coach-parent"
WITHIN = (
    *(COACH, OTHER_COACH, "auth0|demo-owner-child", "auth0|demo-owner-parent"),
    *("auth0|demo-clerk-child", "auth0|demo-clerk-parent", "auth0|demo-administrator"),
)
KEYS = [
    *("id", "launch", "status", "score_given", "score_maximum"),
    *("activity_progress", "grading_progress", "created_at"),
]
PUSH = """
mutation ($launch: Int!, $given: Float, $maximum: Float, $comment: String, $activity: LtiActivityProgress! = COMPLETED,
          $grading: LtiGradingProgress! = FULLY_GRADED) {
  pushGrade(launchLegacyId: $launch, scoreGiven: $given, scoreMaximum: $maximum, comment: $comment,
            activityProgress: $activity, gradingProgress: $grading) {
    score {
      legacyId launchLegacyId status scoreGiven scoreMaximum comment activityProgressCode gradingProgressCode source
    }
    userErrors { field code message }
  }
}"""
SHOWN = """
query ($launch: Int!) {
  ltiLaunch(legacyId: $launch) {
    scores { nodes {
      legacyId status statusCode scoreGiven scoreMaximum comment activityProgressCode gradingProgressCode
      source attemptCount responseCode error finishedAt
    } }
  }
}"""
NOT_IN_REACH = {"message": "There is no such thing within your reach."}
NO_SERVICE = "No grade can be sent for this launch: it was not a learner's, or offered none."
SWITCHED_OFF = "The platform of this launch is switched off."


def at(launch: int) -> str:
    """The address of the door."""
    return f"/api/lti/grade-passback/{launch}"


async def kept(of: Grading) -> tuple[int, int, int]:
    """How much there is of what a grade may leave behind."""
    async with of.database.engine.connect() as connection:
        counts = [select(func.count()).select_from(table) for table in (lti_scores, outbox, idempotency_keys)]
        return tuple([(await connection.execute(one)).scalar_one() for one in counts])  # type: ignore[return-value]  # three


async def as_(of: Grading, uid: str) -> Caller:
    """A person."""
    return await by_auth0(of.running, uid)


@pytest.mark.parametrize("uid", WITHIN)
async def test_whoever_has_the_learner_in_reach_sends_a_grade_by_both_doors(idle: Grading, uid: str) -> None:
    student, organization = await idle.learner()
    launch, caller = await idle.launched(line_item_url="https://lms.example.jp/lines/1"), await as_(idle, uid)
    before = datetime.now(UTC)
    answer = await caller.post(at(launch), {"score_given": 8.5, "score_maximum": 10, "comment": "よし"})
    assert answer.status_code == 202, answer.text
    made = answer.json()["data"]
    assert list(made) == KEYS
    (row,) = await idle.scores()
    assert made == {
        "id": row.id,
        "launch": launch,
        "status": "pending",
        "score_given": 8.5,
        "score_maximum": 10,
        "activity_progress": "Completed",
        "grading_progress": "FullyGraded",
        "created_at": row.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    assert (row.student_id, row.organization_id, row.subject, row.line) == (
        *(student, organization),
        *(f"u{student}", "https://lms.example.jp/lines/1"),
    )
    assert (row.source, row.comment, row.attempt_count) == ("request", "よし", 0)
    assert before.replace(microsecond=0) <= row.scored_at <= datetime.now(UTC)
    variables = {"launch": launch, "given": 9, "maximum": 10, "activity": "IN_PROGRESS", "grading": "PENDING_MANUAL"}
    pushed = (await caller.data(PUSH, variables))["pushGrade"]
    assert pushed["userErrors"] == []
    assert pushed["score"] == {
        "legacyId": row.id + 1,
        "launchLegacyId": launch,
        "status": "PENDING",
        "scoreGiven": 9,
        "scoreMaximum": 10,
        "comment": None,
        "activityProgressCode": "InProgress",
        "gradingProgressCode": "PendingManual",
        "source": "request",
    }
    # The second one takes the place of the first, which waited still.
    assert [row.status for row in await idle.scores()] == ["superseded", "pending"]
    shown = (await caller.data(SHOWN, {"launch": launch}))["ltiLaunch"]["scores"]["nodes"]
    assert [(one["legacyId"], one["statusCode"], one["scoreGiven"]) for one in shown] == [
        (row.id + 1, "pending", 9),
        (row.id, "superseded", 8.5),
    ]


async def test_what_is_sent_arrives_and_both_doors_say_so(graded: Grading, gradebook: Gradebook) -> None:
    launch = await graded.launched(line_item_url=gradebook.made())
    caller = await as_(graded, COACH)
    given = {"score_given": 12, "score_maximum": 10, "comment": "More than all", "activity_progress": "Submitted"}
    assert (await caller.post(at(launch), given)).status_code == 202
    (row,) = await graded.finished()
    (told,) = [one for _, one in gradebook.taken]
    del told["timestamp"]
    assert told == {
        "scoreGiven": 12,
        "scoreMaximum": 10,
        "comment": "More than all",
        "activityProgress": "Submitted",
        "gradingProgress": "FullyGraded",
        "userId": row.subject,
    }
    (shown,) = (await caller.data(SHOWN, {"launch": launch}))["ltiLaunch"]["scores"]["nodes"]
    assert (shown["status"], shown["responseCode"], shown["attemptCount"]) == ("DELIVERED", 204, 1)
    # A learner sees the own ones, and sends none.
    assert (await (await as_(graded, FRESH)).data(SHOWN, {"launch": launch}))["ltiLaunch"]["scores"]["nodes"] == [shown]


async def test_progress_without_a_score_has_no_score_in_it(graded: Grading, gradebook: Gradebook) -> None:
    launch = await graded.launched(line_item_url=gradebook.made())
    caller = await as_(graded, COACH)
    body = {"activity_progress": "Started", "grading_progress": "NotReady"}
    assert (await caller.post(at(launch), body)).status_code == 202
    await graded.finished()
    ((_, told),) = gradebook.taken
    assert sorted(told) == ["activityProgress", "gradingProgress", "timestamp", "userId"]


async def test_what_was_sent_by_hand_stands_until_the_lesson_itself_changes(
    graded: Grading, gradebook: Gradebook
) -> None:
    launch = await graded.launched(line_item_url=gradebook.made())
    await graded.complete(RIGHT, WRONG)
    await graded.finished()
    caller = await as_(graded, COACH)
    assert (await caller.post(at(launch), {"score_given": 95})).status_code == 202
    await graded.finished(2)
    await graded.complete(WRONG, WRONG, name="b")
    await graded.read()
    assert [one["scoreGiven"] for _, one in gradebook.taken] == [50, 95]
    await graded.complete(RIGHT, RIGHT, name="c")
    await graded.finished(3)
    assert [one["scoreGiven"] for _, one in gradebook.taken] == [50, 95, 100]


@pytest.mark.parametrize(
    ("uid", "status"),
    [(FRESH, 403), ("auth0|demo-student", 403), ("auth0|demo-demo", 403), ("auth0|demo-sundai-owner", 404)],
)
async def test_nobody_else_sends_a_grade(idle: Grading, uid: str, status: int) -> None:
    launch, caller = await idle.launched(line_item_url="https://lms.example.jp/lines/1"), await as_(idle, uid)
    before = await kept(idle)
    answer = await caller.post(at(launch), {"score_given": 100})
    refused = {"message": "This action is unauthorized."} if status == 403 else NOT_IN_REACH
    assert (answer.status_code, answer.json()) == (status, refused)
    told = (await caller.graph(PUSH, {"launch": launch, "given": 100})).json()
    if status == 403:
        assert [error["extensions"]["code"] for error in told["errors"]] == ["FORBIDDEN"]
    else:
        assert told["data"]["pushGrade"] == {"score": None, "userErrors": []}
    assert await kept(idle) == before


async def test_a_coach_of_another_child_does_not_reach_the_launch(idle: Grading) -> None:
    namba, organization = await idle.learner("auth0|demo-n001")
    launch = await idle.launched(namba, organization_id=organization)
    before = await kept(idle)
    answer = await (await as_(idle, COACH)).post(at(launch), {"score_given": 100})
    assert (answer.status_code, answer.json()) == (404, NOT_IN_REACH)
    assert await kept(idle) == before
    assert (await (await as_(idle, OTHER_COACH)).post(at(launch), {"score_given": 100})).status_code == 202


async def test_tokens_need_the_ability(idle: Grading) -> None:
    launch = await idle.launched(line_item_url="https://lms.example.jp/lines/1")
    before = await kept(idle)
    reading = await by_token(idle.running, COACH, ["lti:read"])
    answer = await reading.post(at(launch), {"score_given": 1})
    assert (answer.status_code, answer.json()) == (403, {"message": "Invalid ability provided."})
    (error,) = (await reading.graph(PUSH, {"launch": launch, "given": 1})).json()["errors"]
    assert error["extensions"]["reason"] == "ability_missing"
    assert await kept(idle) == before
    nobody = await idle.running.client.post(at(launch), json={"score_given": 1})
    assert (nobody.status_code, nobody.json()) == (401, {"message": "Unauthenticated."})
    assert await kept(idle) == before
    writing = await by_token(idle.running, COACH, ["lti:write"])
    assert (await writing.post(at(launch), {"score_given": 1})).status_code == 202


@pytest.mark.parametrize(
    ("launch", "message"),
    [
        ({"has_grade_service": False}, NO_SERVICE),
        ({"student_id": None}, NO_SERVICE),
        ({"message_type": "deep_linking"}, NO_SERVICE),
        ({"resource_link_id": None}, NO_SERVICE),
        ({}, SWITCHED_OFF),
    ],
    ids=str,
)
async def test_a_launch_that_takes_no_grade_is_a_conflict(idle: Grading, launch: dict[str, Any], message: str) -> None:
    if message == SWITCHED_OFF:
        await idle.set_platform(is_active=False)
    number, caller = await idle.launched(**launch), await as_(idle, COACH)
    before = await kept(idle)
    answer = await caller.post(at(number), {"score_given": 1})
    assert (answer.status_code, answer.json()) == (409, {"message": message})
    pushed = (await caller.data(PUSH, {"launch": number, "given": 1}))["pushGrade"]
    code = "PLATFORM_OFF" if message == SWITCHED_OFF else "GRADE_SERVICE_MISSING"
    assert pushed == {
        "score": None,
        "userErrors": [{"field": ["launchLegacyId"], "code": code, "message": message}],
    }
    assert await kept(idle) == before


@pytest.mark.parametrize("number", ["999999", "2147483647"])
async def test_a_launch_that_is_not_there_is_not_found(idle: Grading, number: str) -> None:
    answer = await (await as_(idle, COACH)).post(at(int(number)), {"score_given": 1})
    assert (answer.status_code, answer.json()) == (404, NOT_IN_REACH)


@pytest.mark.parametrize(
    ("given", "fields", "code"),
    [
        ({"score_given": -0.5}, ["score_given"], "SCORE_RANGE"),
        ({"score_given": 1, "score_maximum": 0}, ["score_maximum"], "MAXIMUM_RANGE"),
        ({"score_given": 1, "score_maximum": -1}, ["score_maximum"], "MAXIMUM_RANGE"),
        ({"score_maximum": 10}, ["score_maximum"], "SCORE_MISSING"),
        ({"score_given": 1, "comment": "é" * 2001}, ["comment"], "COMMENT_LENGTH"),
        ({"score_given": -1, "comment": "é" * 2001}, ["score_given", "comment"], "SCORE_RANGE"),
    ],
)
async def test_a_grade_that_cannot_be_is_refused(
    idle: Grading, given: dict[str, Any], fields: list[str], code: str
) -> None:
    launch, caller = await idle.launched(line_item_url="https://lms.example.jp/lines/1"), await as_(idle, COACH)
    before = await kept(idle)
    answer = await caller.post(at(launch), given)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == fields
    names = {"score_given": "given", "score_maximum": "maximum", "comment": "comment"}
    told = await caller.data(PUSH, {"launch": launch, **{names[name]: value for name, value in given.items()}})
    assert told["pushGrade"]["score"] is None
    assert told["pushGrade"]["userErrors"][0]["code"] == code
    assert await kept(idle) == before


async def test_an_idempotency_key_lets_a_grade_be_sent_once(idle: Grading) -> None:
    launch, caller = await idle.launched(line_item_url="https://lms.example.jp/lines/1"), await as_(idle, COACH)
    key = {"Idempotency-Key": "once"}
    first = await caller.post(at(launch), {"score_given": 1}, **key)
    second = await caller.post(at(launch), {"score_given": 1}, **key)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    other = await caller.post(at(launch), {"score_given": 2}, **key)
    assert other.status_code == 422
    assert len(await idle.scores()) == 1


async def test_a_launch_of_no_course_takes_a_grade_by_hand(graded: Grading, gradebook: Gradebook) -> None:
    """Who was shown a list of courses may still be graded, in a line that is called as the link is."""
    launch = await graded.launched(course_id=None, lesson_id=None, line_items_url=gradebook.lines_url)
    assert (await (await as_(graded, COACH)).post(at(launch), {"score_given": 1})).status_code == 202
    (row,) = await graded.finished()
    assert row.status == "delivered"
    assert (gradebook.lines[1]["label"], "resourceId" in gradebook.lines[1]) == ("English", False)
