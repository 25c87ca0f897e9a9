"""Told twice under one client id, it happened once: later, within one request, and in requests at the same time."""

import asyncio
from typing import Any

from db.courses import enrollments
from db.operations import outbox
from db.progress.events import progress_events
from tests.progress.asking import FRESH, STUDENT, Graph, answered, completed, derived, forget, rows, standing, told
from tests.progress.conftest import Fresh
from tests.progress.content import ALONE, CHOICE, FIRST, GAP, SAY, SECOND, TALK, TEXT, TINY

EVENTS = (
    told("begun", "STARTED", "Lesson", TALK),
    answered("choice", CHOICE, 1),
    answered("gap", GAP, "gone"),
    completed("first", FIRST),
    answered("text", TEXT, [0, 1, 2]),
    answered("say", SAY, score=0.8),
    completed("second", SECOND),
    told("alone", "COMPLETED", "Lesson", ALONE),
)


async def test_the_same_request_again_is_all_duplicates_and_changes_nothing(fresh: Fresh) -> None:
    first = await fresh.graph.record(*EVENTS)
    before = await standing(fresh.graph.database, fresh.id)
    second = await fresh.graph.record(*EVENTS)
    assert second["results"] == [{**result, "duplicate": True} for result in first["results"]]
    assert (second["learner"], second["userErrors"]) == (first["learner"], [])
    assert await standing(fresh.graph.database, fresh.id) == before


async def test_an_event_that_comes_again_with_new_ones_happened_once(fresh: Fresh) -> None:
    await fresh.graph.results(*EVENTS[:4])
    results = await fresh.graph.results(*EVENTS)
    assert [result["duplicate"] for result in results] == [True] * 4 + [False] * 4
    events = await rows(fresh.graph.database, progress_events, student_id=fresh.id)
    assert [event["client_id"] for event in events if event["client_id"]] == [event["clientId"] for event in EVENTS]


async def test_an_event_twice_in_one_request_happened_once(fresh: Fresh) -> None:
    results = await fresh.graph.results(*[event for event in EVENTS for _ in range(2)])
    assert [result["duplicate"] for result in results] == [False, True] * len(EVENTS)
    assert results[::2] == [{**result, "duplicate": False} for result in results[1::2]]
    events = await rows(fresh.graph.database, progress_events, student_id=fresh.id)
    assert [event["client_id"] for event in events] == [*[event["clientId"] for event in EVENTS], None, None]


async def test_a_duplicate_keeps_the_score_that_it_had(fresh: Fresh) -> None:
    await fresh.graph.results(answered("1", CHOICE, 0))
    (again,) = await fresh.graph.results(answered("1", CHOICE, 1))
    assert (again["duplicate"], again["score"]) == (True, 0.0)
    (event,) = await rows(fresh.graph.database, progress_events, student_id=fresh.id)
    assert event["score"] == 0.0


async def test_a_lesson_without_trainings_is_completed_once_under_any_id(fresh: Fresh) -> None:
    results = await fresh.graph.results(*[told(f"{number}", "COMPLETED", "Lesson", ALONE) for number in range(3)])
    assert [result["duplicate"] for result in results] == [False, True, True]
    assert len(await rows(fresh.graph.database, progress_events, student_id=fresh.id)) == 1


async def test_two_learners_may_use_the_same_ids(fresh: Fresh) -> None:
    assert [result["duplicate"] for result in await fresh.graph.results(*EVENTS[1:3])] == [False, False]
    other = await fresh.graph.results(*[{**event, "clientId": "of both"} for event in EVENTS[1:2]], uid=STUDENT)
    same = await fresh.graph.results({**EVENTS[1], "clientId": "of both"})
    assert [result["duplicate"] for result in (*other, *same)] == [False, False]


async def test_ten_requests_at_once_with_the_same_events_record_each_once(fresh: Fresh) -> None:
    answers = await asyncio.gather(*[fresh.graph.record(*EVENTS) for _ in range(10)])
    for index in range(len(EVENTS)):
        found = [answer["results"][index] for answer in answers]
        assert sorted(result["duplicate"] for result in found) == [False] + [True] * 9
        assert len({result["score"] for result in found}) == 1
    await hold_what_was_done_once(fresh)


async def test_ten_requests_at_once_that_overlap_all_land(fresh: Fresh) -> None:
    numbers = range(len(EVENTS))
    parts = [[EVENTS[(start + step) % len(EVENTS)] for step in range(3)] for start in (*numbers, 0, 4)]
    answers = await asyncio.gather(*[fresh.graph.record(*part) for part in parts])
    results: list[dict[str, Any]] = [result for answer in answers for result in answer["results"]]
    recorded = [result["clientId"] for result in results if not result["duplicate"]]
    assert sorted(recorded) == sorted(event["clientId"] for event in EVENTS)
    assert len(results) == 30
    await hold_what_was_done_once(fresh)


async def hold_what_was_done_once(fresh: Fresh) -> None:
    """Every event is there once, and so is everything that they led to."""
    database = fresh.graph.database
    events = await rows(database, progress_events, student_id=fresh.id)
    assert sorted(event["client_id"] for event in events if event["client_id"]) == sorted(
        event["clientId"] for event in EVENTS
    )
    assert [event["xp"] for event in events if event["client_id"] is None] == [20, 100]
    (enrolled,) = await rows(database, enrollments, student_id=fresh.id, course_id=TINY)
    assert enrolled["completed_at"] is not None
    told_of = [row["type"] for row in await rows(database, outbox, subject_id=fresh.id)]
    once = {"enrollment.created", "enrollment.completed"}
    assert {type_: told_of.count(type_) for type_ in once} == dict.fromkeys(once, 1)
    assert told_of.count("training.completed") == told_of.count("lesson.completed") == 2
    ((_, xp, *_),) = (await derived(database, fresh.id))["learners"]
    assert xp == sum(event["xp"] for event in events) == 166


async def test_learners_at_once_do_not_disturb_each_other(taught: Graph, fresh: Fresh) -> None:
    pupils = [FRESH, *[f"auth0|demo-n00{number}" for number in range(5, 8)]]
    for uid in pupils:
        await forget(taught.database, uid)
        await taught.data("{ viewer { uid } }", uid=uid)
    parts = [(uid, event) for event in EVENTS for uid in pupils]
    answers = await asyncio.gather(*[taught.results(event, uid=uid) for uid, event in parts])
    assert {result["duplicate"] for answer in answers for result in answer} == {False}
    found = [await derived(taught.database, await taught.student(uid)) for uid in pupils]
    assert len({tables["learners"][0][1:] for tables in found}) == 1
    assert (await derived(taught.database, fresh.id))["learners"][0][1] == 166
