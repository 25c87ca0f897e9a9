"""What recording refuses: each with the event and the member that is wrong, and then nothing at all is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.progress.asking import (
    ADMINISTRATOR,
    COACH_CHILD,
    DEMO_OWNER,
    FRESH,
    OWNER_PARENT,
    RECORD,
    Graph,
    answered,
    completed,
    forget,
    standing,
    told,
)
from tests.progress.conftest import Fresh
from tests.progress.content import (
    ALONE,
    CHOICE,
    DRAFT_ITEM,
    DRAFT_LESSON,
    DRAFT_TRAINING,
    FIRST,
    GAP,
    LATER_ITEM,
    SAY,
    SECOND,
    TALK,
    TEXT,
    TINY,
)

DAY_MS = 24 * 60 * 60 * 1000
GOOD = (answered("good 1", CHOICE, 1), completed("good 2", FIRST))
UNKNOWN, KIND, FORM = ("subject", "SUBJECT_UNKNOWN"), ("subject", "SUBJECT_KIND"), ("answer", "ANSWER_FORM")
NOT_TAKEN, MISSING = ("score", "SCORE_NOT_TAKEN"), ("score", "SCORE_MISSING")
DURATION, AT, CLIENT = ("durationMs", "DURATION"), ("occurredAt", "OCCURRED_AT"), ("clientId", "CLIENT_ID")


def away(**delta: float) -> str:
    """An instant so far from now."""
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


def about(subject: str, verb: str = "STARTED", **more: object) -> dict[str, Any]:
    """An event about whatever a text names."""
    return {"clientId": "x", "verb": verb, "subject": subject, **more}


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, the event, and the member and code by which it is refused; `at` is made when it is asked."""

    name: str
    event: Mapping[str, Any]
    expected: tuple[str, str]
    at: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


CASES = (
    Wrong("no id", about("lesson"), UNKNOWN),
    Wrong("empty id", about(""), UNKNOWN),
    Wrong("no base64", about("é"), UNKNOWN),
    Wrong("no UTF-8", about("/////w=="), UNKNOWN),
    Wrong("no number", about("TGVzc29uOg=="), UNKNOWN),
    Wrong("foreign digits", about("TGVzc29uOu+8me+8kO+8ke+8kO+8kQ=="), UNKNOWN),
    Wrong("huge number", told("x", "STARTED", "Lesson", 10**30), UNKNOWN),
    Wrong("largest number", told("x", "STARTED", "Lesson", 10**18 - 1), UNKNOWN),
    Wrong("negative number", told("x", "STARTED", "Lesson", -TALK), UNKNOWN),
    Wrong("no such lesson", told("x", "STARTED", "Lesson", 1), UNKNOWN),
    Wrong("no such training", told("x", "STARTED", "Training", TALK), UNKNOWN),
    Wrong("no such item", answered("x", FIRST, 1), UNKNOWN),
    Wrong("a course", told("x", "STARTED", "Course", TINY), UNKNOWN),
    Wrong("a student", told("x", "STARTED", "Student", 1), UNKNOWN),
    Wrong("a draft's item", answered("x", DRAFT_ITEM, 1), UNKNOWN),
    Wrong("a draft's training", completed("x", DRAFT_TRAINING), UNKNOWN),
    Wrong("a draft's lesson", told("x", "STARTED", "Lesson", DRAFT_LESSON), UNKNOWN),
    Wrong("an item of tomorrow", answered("x", LATER_ITEM, 1), UNKNOWN),
    Wrong("a draft of the demo", answered("x", 507010101, 1), UNKNOWN),
    Wrong("a lesson answered", told("x", "ANSWERED", "Lesson", ALONE), KIND),
    Wrong("a training answered", told("x", "ANSWERED", "Training", FIRST), KIND),
    Wrong("an item begun", told("x", "STARTED", "TrainingItem", CHOICE), KIND),
    Wrong("an item completed", told("x", "COMPLETED", "TrainingItem", CHOICE), KIND),
    Wrong("trainings left", told("x", "COMPLETED", "Lesson", TALK), ("subject", "LESSON_HAS_TRAININGS")),
    Wrong("no answer", answered("x", CHOICE), FORM),
    Wrong("a text for a choice", answered("x", CHOICE, "1"), FORM),
    Wrong("a number for a gap", answered("x", GAP, 1), FORM),
    Wrong("a choice too few", answered("x", TEXT, [0, 1]), FORM),
    Wrong("a text too long", answered("x", GAP, "x" * 2001), FORM),
    Wrong("a score for a choice", answered("x", CHOICE, 1, score=1.0), NOT_TAKEN),
    Wrong("a score for a training", completed("x", FIRST, score=1.0), NOT_TAKEN),
    Wrong("a score for a lesson", told("x", "STARTED", "Lesson", TALK, score=0.0), NOT_TAKEN),
    Wrong("speaking without score", answered("x", SAY), MISSING),
    Wrong("speaking with an answer", answered("x", SAY, "Hello.", score=1.0), MISSING),
    Wrong("a score above 1", answered("x", SAY, score=1.0001), MISSING),
    Wrong("a score below 0", answered("x", SAY, score=-0.0001), MISSING),
    Wrong("less than no time", told("x", "STARTED", "Lesson", TALK, durationMs=-1), DURATION),
    Wrong("more than a day", told("x", "STARTED", "Lesson", TALK, durationMs=DAY_MS + 1), DURATION),
    Wrong("in the future", told("x", "STARTED", "Lesson", TALK), AT, {"minutes": 5.5}),
    Wrong("far in the future", told("x", "STARTED", "Lesson", TALK, occurredAt="9999-12-31T23:59:59Z"), AT),
    Wrong("too long ago", told("x", "STARTED", "Lesson", TALK), AT, {"days": -366, "minutes": -1}),
    Wrong("in the year 1", told("x", "STARTED", "Lesson", TALK, occurredAt="0001-01-01T00:00:00Z"), AT),
    Wrong("no client id", told("", "STARTED", "Lesson", TALK), CLIENT),
    Wrong("a long client id", told("x" * 65, "STARTED", "Lesson", TALK), CLIENT),
    Wrong("everything", told("", "ANSWERED", "Lesson", 1, score=2, durationMs=-1), CLIENT),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_one_event_that_makes_no_sense_is_named_and_nothing_is_written(fresh: Fresh, case: Wrong) -> None:
    event = {**case.event, "occurredAt": away(**case.at)} if case.at else dict(case.event)
    before = await standing(fresh.graph.database, fresh.id)
    member, code = case.expected
    assert await fresh.graph.mistakes(GOOD[0], event, GOOD[1]) == [(f"events.1.{member}", code)]
    assert await standing(fresh.graph.database, fresh.id) == before


async def test_every_event_that_makes_no_sense_is_named(fresh: Fresh) -> None:
    before = await standing(fresh.graph.database, fresh.id)
    wrong = [answered("1", CHOICE, "?"), told("2", "STARTED", "Lesson", 1), GOOD[0], completed("3", FIRST, score=1)]
    assert await fresh.graph.mistakes(*wrong) == [
        ("events.0.answer", "ANSWER_FORM"),
        ("events.1.subject", "SUBJECT_UNKNOWN"),
        ("events.3.score", "SCORE_NOT_TAKEN"),
    ]
    assert await standing(fresh.graph.database, fresh.id) == before


@pytest.mark.parametrize("number", [0, 101])
async def test_none_and_too_many_events_are_refused(fresh: Fresh, number: int) -> None:
    before = await standing(fresh.graph.database, fresh.id)
    events = [told(f"{index}", "STARTED", "Lesson", TALK) for index in range(number)]
    assert await fresh.graph.mistakes(*events) == [("events", "EVENTS_NUMBER")]
    assert await standing(fresh.graph.database, fresh.id) == before


async def test_a_hundred_events_and_what_lies_just_within_the_bounds_are_taken(fresh: Fresh) -> None:
    def begun(client_id: str, **more: object) -> dict[str, Any]:
        return told(client_id, "STARTED", "Lesson", TALK, **more)

    results = await fresh.graph.results(
        begun("x" * 64, durationMs=DAY_MS),
        begun("é" * 64, durationMs=0),
        begun(" ", occurredAt=away(minutes=4.5)),
        begun("long ago", occurredAt=away(days=-366, minutes=1)),
        answered("silence", SAY, score=0),
        answered("longest", GAP, "x" * 2000),
        *[begun(f"{index}") for index in range(94)],
    )
    assert [result["duplicate"] for result in results] == [False] * 100


@pytest.mark.parametrize("client_id", ["\x00", "a\x00b"])
async def test_a_client_id_that_no_database_keeps_is_refused(fresh: Fresh, client_id: str) -> None:
    before = await standing(fresh.graph.database, fresh.id)
    events = [GOOD[0], told(client_id, "STARTED", "Lesson", TALK)]
    assert await fresh.graph.refusal(RECORD, {"events": events}, uid=FRESH) == ("BAD_USER_INPUT", "text_characters")
    assert await standing(fresh.graph.database, fresh.id) == before


@pytest.mark.parametrize("at", ["2026-11-20T10:00:00", "2026-11-20", "now", "2026-02-30T00:00:00Z"])
async def test_a_time_without_offset_or_of_no_calendar_is_refused(fresh: Fresh, at: str) -> None:
    before = await standing(fresh.graph.database, fresh.id)
    events = [told("x", "STARTED", "Lesson", TALK, occurredAt=at)]
    (error,) = (await fresh.graph.ask(RECORD, {"events": events}, uid=FRESH))["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert await standing(fresh.graph.database, fresh.id) == before


@pytest.mark.parametrize("uid", [COACH_CHILD, OWNER_PARENT, ADMINISTRATOR, DEMO_OWNER])
async def test_staff_cannot_record_progress(taught: Graph, uid: str) -> None:
    student_id = await forget(taught.database, FRESH)
    before = await standing(taught.database, student_id)
    assert await taught.refusal(RECORD, {"events": [*GOOD]}, uid=uid) == ("FORBIDDEN", "operation_not_allowed")
    assert await standing(taught.database, student_id) == before


async def test_without_a_token_nothing_is_recorded(taught: Graph) -> None:
    student_id = await forget(taught.database, FRESH)
    before = await standing(taught.database, student_id)
    body = {"query": RECORD, "variables": {"events": [*GOOD]}}
    answer = await taught.running.client.post("/graphql", json=body)
    assert (answer.status_code, answer.json()["data"]) == (401, None)
    assert await standing(taught.database, student_id) == before


async def test_a_wrong_event_after_others_were_recorded_changes_nothing_of_these(fresh: Fresh) -> None:
    await fresh.graph.results(*GOOD)
    before = await standing(fresh.graph.database, fresh.id)
    wrong = [answered("more", TEXT, [0, 1, 2]), completed("end", SECOND), completed("no", DRAFT_TRAINING)]
    assert await fresh.graph.mistakes(*wrong) == [("events.2.subject", "SUBJECT_UNKNOWN")]
    assert await standing(fresh.graph.database, fresh.id) == before
    assert [result["duplicate"] for result in await fresh.graph.results(*wrong[:2])] == [False, False]
