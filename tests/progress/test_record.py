"""Recording progress: scores and solutions come back, lessons and courses complete themselves, points are earned."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type

from db.courses import enrollments
from db.operations import outbox
from db.progress.derived import activity, lesson_progress, training_progress
from db.progress.events import progress_events
from schema.root import sdl
from tests.progress.asking import ADMINISTRATOR, FRESH, STUDENT, Graph, answered, completed, forget, rows, told
from tests.progress.conftest import Fresh
from tests.progress.content import (
    ALONE,
    CHOICE,
    FIRST,
    GAP,
    PLAIN,
    PLAIN_TRAININGS,
    SAY,
    SECOND,
    SOLUTIONS,
    TALK,
    TEXT,
    TINY,
    demo_items,
)

ITEMS = demo_items()
MEMBERS = {
    "multiple_choice": {"prompt", "choices"},
    "dictation": {"speech", "hint"},
    "speaking": {"prompt", "target"},
    "reading": {"passage", "questions"},
    "gap_fill": {"text", "hint"},
}
OF_TINY = (
    answered("a1", CHOICE, 1, durationMs=4_000),
    answered("a2", GAP, "gone", durationMs=5_000),
    completed("c1", FIRST),
    answered("a3", TEXT, [0, 1, 2]),
    answered("a4", SAY, score=0.8),
    completed("c2", SECOND),
)


async def points(fresh: Fresh) -> list[tuple[str, int]]:
    """The verb and the points of every event of the student."""
    found = await rows(fresh.graph.database, progress_events, student_id=fresh.id)
    return [(row["verb"], row["xp"]) for row in found]


@pytest.mark.parametrize("uid", [STUDENT, FRESH])
@pytest.mark.parametrize(
    ("item", "answer", "score"), [(501010101, 2, 1.0), (501010102, 1, 0.0), (501010104, "Fine", 1)]
)
async def test_an_answer_is_scored_and_the_solution_told(
    taught: Graph, uid: str, item: int, answer: object, score: float
) -> None:
    client_id = f"{item} of this test"
    (result,) = await taught.results(answered(client_id, item, answer), uid=uid)
    solution = ITEMS[item]["solution"]
    assert result == {"clientId": client_id, "duplicate": False, "score": score, "solution": solution}


async def test_what_was_begun_has_neither_score_nor_solution(fresh: Fresh) -> None:
    results = await fresh.graph.results(told("1", "STARTED", "Lesson", TALK), told("2", "STARTED", "Training", FIRST))
    nothing = {"duplicate": False, "score": None, "solution": None}
    assert results == [{"clientId": "1", **nothing}, {"clientId": "2", **nothing}]
    (lesson,) = await rows(fresh.graph.database, lesson_progress, student_id=fresh.id)
    assert (lesson["state"], lesson["percent"], lesson["attempts"]) == ("in_progress", 0.0, 0)


async def test_speaking_is_scored_as_the_client_heard_it(fresh: Fresh) -> None:
    results = await fresh.graph.results(answered("1", SAY, score=0.123456), answered("2", SAY, score=1))
    assert [(result["score"], result["solution"]) for result in results] == [
        (0.1235, {"text": "Hello."}),
        (1.0, {"text": "Hello."}),
    ]


def test_no_field_of_the_graph_but_the_result_of_an_answer_shows_a_solution() -> None:
    types = build_schema(sdl()).type_map.values()
    fields = [(t.name, name) for t in types if isinstance(t, GraphQLObjectType) for name in t.fields]
    assert [field for field in fields if "solution" in field[1].lower()] == [("ProgressResult", "solution")]
    items = build_schema(sdl()).get_type("TrainingItem")
    assert isinstance(items, GraphQLObjectType)
    scalars = {name for name, field in items.fields.items() if get_named_type(field.type).name == "JSON"}
    assert scalars == {"payload"}


async def test_no_payload_of_the_demo_holds_its_solution(graph: Graph) -> None:
    document = "{ trainingItems(first: 1) { totalCount } }"
    assert (await graph.data(document, uid=ADMINISTRATOR))["trainingItems"]["totalCount"] == len(ITEMS)
    shown = {node["legacyId"]: node for node in await every_item(graph)}
    assert shown.keys() == ITEMS.keys()
    for id_, node in shown.items():
        assert node["payload"].keys() <= MEMBERS[node["typeCode"]]
        assert ITEMS[id_]["solution"].get("explanation", "no such text") not in str(node["payload"])
        for question in node["payload"].get("questions", ()):
            assert question.keys() == {"prompt", "choices"}


async def every_item(graph: Graph) -> list[dict[str, Any]]:
    """All training items as the graph shows them to staff."""
    document = """query($after: String) { trainingItems(first: 100, after: $after) {
        nodes { legacyId typeCode payload } pageInfo { endCursor hasNextPage } } }"""
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"endCursor": None, "hasNextPage": True}
    while page["hasNextPage"]:
        answer = (await graph.data(document, {"after": page["endCursor"]}, uid=ADMINISTRATOR))["trainingItems"]
        found, page = found + answer["nodes"], answer["pageInfo"]
    return found


async def test_an_id_that_was_used_tells_no_solution_of_another_item(fresh: Fresh) -> None:
    within = await fresh.graph.results(
        answered("1", CHOICE, 0), answered("1", GAP, "?"), answered("2", TEXT, [0, 0, 0])
    )
    assert [result["solution"] for result in within] == [
        SOLUTIONS[CHOICE]["solution"],
        None,
        SOLUTIONS[TEXT]["solution"],
    ]
    (later,) = await fresh.graph.results(answered("1", SAY, score=1))
    assert later == {"clientId": "1", "duplicate": True, "score": 0.0, "solution": None}
    assert len(await rows(fresh.graph.database, progress_events, student_id=fresh.id)) == 2


async def test_a_training_has_the_mean_of_the_latest_answer_to_each_item(fresh: Fresh) -> None:
    ago = [(datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds") for hours in (3, 2)]
    first = await fresh.graph.results(
        answered("1", CHOICE, 0),
        answered("2", GAP, "went"),
        answered("3", CHOICE, 1),
        answered("4", CHOICE, 0),
        completed("5", FIRST),
    )
    assert first[-1] == {"clientId": "5", "duplicate": False, "score": 0.5, "solution": None}
    # The latest is the one that was told last, not the one that happened last.
    (_, second) = await fresh.graph.results(answered("6", CHOICE, 1, occurredAt=ago[0]), completed("7", FIRST))
    (third,) = await fresh.graph.results(completed("8", FIRST, occurredAt=ago[1]))
    assert (second["score"], third["score"]) == (1.0, 1.0)
    (training,) = await rows(fresh.graph.database, training_progress, student_id=fresh.id)
    assert (training["best_score"], training["attempts"]) == (1.0, 3)
    assert training["completed_at"] == datetime.fromisoformat(ago[1])


async def test_a_training_without_answers_has_no_score(fresh: Fresh) -> None:
    (result,) = await fresh.graph.results(completed("1", FIRST))
    assert (result["duplicate"], result["score"]) == (False, None)


async def test_a_lesson_completes_itself_with_the_last_of_its_trainings(fresh: Fresh) -> None:
    database = fresh.graph.database
    await fresh.graph.results(*OF_TINY[:3])
    (half,) = await rows(database, lesson_progress, student_id=fresh.id)
    assert (half["state"], half["percent"], half["completed_at"]) == ("in_progress", 50.0, None)
    await fresh.graph.results(*OF_TINY[3:])
    (whole,) = await rows(database, lesson_progress, student_id=fresh.id)
    # The trainings' means are 0.5 and 0.9.
    assert (whole["state"], whole["percent"], whole["best_score"]) == ("passed", 100.0, 0.7)
    assert whole["attempts"] == 2
    ended = await rows(database, progress_events, student_id=fresh.id, lesson_id=TALK, training_id=None)
    assert [(event["verb"], event["client_id"], event["occurred_at"]) for event in ended] == [
        ("completed", None, whole["completed_at"])
    ]
    (enrolled,) = await rows(database, enrollments, student_id=fresh.id, course_id=TINY)
    assert enrolled["completed_at"] is None


async def test_a_lesson_below_the_mark_has_failed_until_its_best_scores_pass(fresh: Fresh) -> None:
    await fresh.graph.results(answered("1", CHOICE, 0), answered("2", GAP, "?"), *OF_TINY[2:])
    (failed,) = await rows(fresh.graph.database, lesson_progress, student_id=fresh.id)
    assert (failed["state"], failed["best_score"]) == ("failed", 0.45)
    await fresh.graph.results(answered("3", CHOICE, 1), completed("4", FIRST))
    (passed,) = await rows(fresh.graph.database, lesson_progress, student_id=fresh.id)
    assert (passed["state"], passed["best_score"]) == ("passed", 0.7)
    assert passed["completed_at"] == failed["completed_at"]


async def test_the_mark_itself_passes(fresh: Fresh) -> None:
    await fresh.graph.results(*OF_TINY[:4], answered("a4", SAY, score=0.4), completed("c2", SECOND))
    (passed,) = await rows(fresh.graph.database, lesson_progress, student_id=fresh.id)
    assert (passed["state"], passed["best_score"]) == ("passed", 0.6)


async def test_a_course_completes_itself_with_the_last_of_its_lessons(fresh: Fresh) -> None:
    database = fresh.graph.database
    await fresh.graph.results(*OF_TINY, told("l", "COMPLETED", "Lesson", ALONE))
    (enrolled,) = await rows(database, enrollments, student_id=fresh.id, course_id=TINY)
    ended = await rows(database, progress_events, student_id=fresh.id, course_id=TINY, lesson_id=None)
    assert [(event["verb"], event["xp"], event["occurred_at"]) for event in ended] == [
        ("completed", 100, enrolled["completed_at"])
    ]
    lessons = {row["lesson_id"]: row for row in await rows(database, lesson_progress, student_id=fresh.id)}
    alone = lessons[ALONE]
    assert (alone["state"], alone["percent"], alone["best_score"], alone["attempts"]) == ("completed", 100.0, None, 1)
    assert lessons[TALK]["state"] == "passed"
    again = await fresh.graph.results(told("l2", "COMPLETED", "Lesson", ALONE), completed("c3", FIRST))
    assert [result["duplicate"] for result in again] == [True, False]
    assert await rows(database, enrollments, student_id=fresh.id, course_id=TINY) == [enrolled]
    assert len(await rows(database, progress_events, student_id=fresh.id, course_id=TINY, lesson_id=None)) == 1


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("order", ["first second alone", "alone second first", "second first alone begun"])
async def test_what_is_whole_was_completed_with_its_last_part_in_whatever_order_this_is_told(
    fresh: Fresh, order: str, at_once: bool
) -> None:
    now = datetime.now(UTC)
    ats = {name: now - timedelta(days=days) for name, days in (("first", 9), ("second", 5), ("alone", 2), ("begun", 1))}
    parts = {
        "first": completed("first", FIRST, occurredAt=ats["first"].isoformat()),
        "second": completed("second", SECOND, occurredAt=ats["second"].isoformat()),
        "alone": told("alone", "COMPLETED", "Lesson", ALONE, occurredAt=ats["alone"].isoformat()),
        "begun": told("begun", "STARTED", "Lesson", TALK, occurredAt=ats["begun"].isoformat()),
    }
    events = [parts[name] for name in order.split()]
    for request in [events] if at_once else [[event] for event in events]:
        await fresh.graph.results(*request)
    lessons = await rows(fresh.graph.database, lesson_progress, student_id=fresh.id)
    assert {row["lesson_id"]: row["completed_at"] for row in lessons} == {TALK: ats["second"], ALONE: ats["alone"]}
    (enrolled,) = await rows(fresh.graph.database, enrollments, student_id=fresh.id, course_id=TINY)
    assert enrolled["completed_at"] == ats["alone"]
    ended = await rows(fresh.graph.database, progress_events, student_id=fresh.id, client_id=None)
    assert {event["local_day"] for event in ended} == {
        ats[name].astimezone(ZoneInfo("Asia/Tokyo")).date() for name in ("second", "alone")
    }


async def test_the_first_event_enrolls_in_its_course_and_no_other_does(fresh: Fresh) -> None:
    database = fresh.graph.database
    before = await rows(database, enrollments, student_id=fresh.id)
    ago = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    await fresh.graph.results(told("1", "STARTED", "Lesson", TALK, occurredAt=ago))
    (enrolled,) = [row for row in await rows(database, enrollments, student_id=fresh.id) if row not in before]
    (event,) = await rows(database, progress_events, student_id=fresh.id)
    assert (enrolled["course_id"], enrolled["enrolled_at"]) == (TINY, event["created_at"])
    await fresh.graph.results(told("2", "STARTED", "Lesson", TALK), told("3", "STARTED", "Lesson", ALONE))
    assert await rows(database, enrollments, student_id=fresh.id, course_id=TINY) == [enrolled]
    await fresh.graph.results(answered("4", 902010101, 1))
    after = await rows(database, enrollments, student_id=fresh.id)
    assert [row["course_id"] for row in after if row not in before] == [TINY, PLAIN]


async def test_points_are_earned_by_the_rules(fresh: Fresh) -> None:
    await fresh.graph.results(
        told("s", "STARTED", "Lesson", TALK),
        answered("1", CHOICE, 0),
        answered("2", CHOICE, 1),
        answered("3", SAY, score=0.59),
        answered("4", SAY, score=0.6),
        completed("5", FIRST),
        completed("6", FIRST),
    )
    expected = [("started", 0), ("answered", 0), ("answered", 2), ("answered", 0), ("answered", 2)]
    expected += [("completed", 10), ("completed", 3)]
    assert await points(fresh) == expected
    answer = await fresh.graph.record(completed("7", FIRST), completed("8", SECOND))
    expected += [("completed", 3), ("completed", 10), ("completed", 20)]
    assert await points(fresh) == expected
    assert answer["learner"]["xp"] == 50
    assert answer["learner"]["level"] == 2
    answer = await fresh.graph.record(told("9", "COMPLETED", "Lesson", ALONE))
    assert await points(fresh) == [*expected, ("completed", 20), ("completed", 100)]
    assert answer["learner"]["xp"] == 170


async def test_the_answer_shows_the_learner_as_it_is_now(fresh: Fresh) -> None:
    answer = await fresh.graph.record(*OF_TINY)
    assert answer["learner"] == {
        "legacyId": fresh.id,
        "xp": 46,
        "level": 1,
        "currentStreak": 1,
        "longestStreak": 1,
        "cefrLevel": None,
        "achievements": [{"code": "first_lesson"}],
    }


async def test_what_was_done_is_told_in_thin_events_and_with_it(fresh: Fresh) -> None:
    database = fresh.graph.database
    await fresh.graph.results(*[event for event in OF_TINY if event["clientId"] != "a4"])
    lessons: dict[str, object] = {"lessons": [TALK]}
    expected: list[tuple[str, dict[str, object]]] = [
        ("enrollment.created", {"course": TINY}),
        ("training.completed", {"training": FIRST, "lesson": TALK}),
        ("training.completed", {"training": SECOND, "lesson": TALK}),
        ("progress.updated", lessons),
        ("lesson.completed", {"lesson": TALK, "course": TINY}),
        ("progress.updated", lessons),
        ("achievement.unlocked", {"achievement": "first_lesson"}),
    ]
    found = await rows(database, outbox, subject_id=fresh.id)
    assert [(row["type"], row["body"]) for row in found] == expected
    assert {(row["organization_id"], row["subject_type"]) for row in found} == {(2002, "Student")}
    assert len({row["event_id"] for row in found}) == len(expected)
    recorded = await rows(database, progress_events, student_id=fresh.id)
    assert {row["occurred_at"] for row in found} == {row["created_at"] for row in recorded}
    answers = [answered(f"s{number}", SAY, score=1) for number in range(5)]
    await fresh.graph.results(*answers, told("l", "COMPLETED", "Lesson", ALONE))
    found = (await rows(database, outbox, subject_id=fresh.id))[len(expected) :]
    assert [(row["type"], row["body"]) for row in found] == [
        ("lesson.completed", {"lesson": ALONE, "course": TINY}),
        ("progress.updated", {"lessons": [TALK, ALONE]}),
        ("cefr.level_changed", {"skill": "speaking"}),
        ("enrollment.completed", {"course": TINY}),
        ("achievement.unlocked", {"achievement": "first_course"}),
    ]


async def test_two_courses_in_one_request_are_completed_both(fresh: Fresh) -> None:
    ends = [completed(f"{training}", training) for training in (*PLAIN_TRAININGS, FIRST, SECOND)]
    await fresh.graph.results(told("l", "COMPLETED", "Lesson", ALONE), *ends)
    found = await rows(fresh.graph.database, enrollments, student_id=fresh.id)
    assert {row["course_id"] for row in found if row["completed_at"] is not None} == {TINY, PLAIN}


async def test_a_clock_that_is_a_little_ahead_is_taken_for_now(fresh: Fresh) -> None:
    ahead = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    await fresh.graph.results(told("1", "STARTED", "Lesson", TALK, occurredAt=ahead))
    (event,) = await rows(fresh.graph.database, progress_events, student_id=fresh.id)
    assert event["occurred_at"] == event["created_at"]


@pytest.mark.parametrize(("time_zone", "days"), [("America/New_York", 1), ("Asia/Tokyo", 0), ("Pacific/Kiritimati", 0)])
async def test_a_day_is_the_learners_own(taught: Graph, time_zone: str, days: int) -> None:
    student_id = await forget(taught.database, FRESH, time_zone=time_zone)
    midnight = datetime.combine(datetime.now(UTC) - timedelta(days=30), time(), ZoneInfo("America/New_York"))
    day = str((midnight - timedelta(days=days)).date())
    just_before = (midnight.astimezone(UTC) - timedelta(seconds=1)).isoformat()
    await taught.results(answered("1", CHOICE, 1, occurredAt=just_before, durationMs=90_000))
    found = await rows(taught.database, activity, student_id=student_id, granularity="day", course_id=None)
    assert [(str(row["period"]), row["duration_ms"], row["xp"]) for row in found] == [(day, 90_000, 2)]
    await forget(taught.database, FRESH)
