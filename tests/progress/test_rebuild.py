"""Rebuilding every derived number from the events gives the same numbers, which are those of a plain model."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from db.connections.database import Database
from db.courses import enrollments
from db.lessons import lessons
from db.operations import outbox
from db.progress.derived import (
    activity,
    cefr_changes,
    cefr_skills,
    learner_achievements,
    learners,
    lesson_progress,
    training_progress,
)
from db.progress.events import progress_events
from db.progress.facts import Fact
from resolvers.demo.learners import PROFILES
from resolvers.progress.rebuild import everyone, rebuild
from resolvers.progress.record import Result, record_progress
from tests.db.contents import contents
from tests.progress.asking import FRESH, Graph, Row, add_facts, derived, forget, in_utc, rows
from tests.progress.content import ALONE, CHOICE, FIRST, PLAIN_TRAININGS, SECOND, TALK, TINY
from tests.progress.histories import NOW, History, histories
from tests.progress.model import learner

BOUNDED = settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
LESSONS = {TALK: {FIRST, SECOND}, **{id_ // 100: {id_} for id_ in PLAIN_TRAININGS}}


async def learn(graph: Graph, history: History) -> int:
    """Record a history, whose learner knows nothing before; gives the number of the learner."""
    student_id = await forget(graph.database, FRESH, time_zone=history.time_zone)
    for events in history.requests:
        results = await record_progress(await graph.request(FRESH, NOW), events)
        assert all(isinstance(result, Result) for result in results), results
    return student_id


@BOUNDED
@given(history=histories())
async def test_what_is_derived_bit_by_bit_is_derived_anew_and_is_what_the_model_says(
    taught: Graph, history: History
) -> None:
    student_id = await learn(taught, history)
    found = await derived(taught.database, student_id)
    assert found == (await learner(taught.database, student_id)).tables()
    told = await rows(taught.database, outbox)
    await rebuild(taught.database, [student_id], lambda _done: None)
    assert await derived(taught.database, student_id) == found
    assert await rows(taught.database, outbox) == told


@BOUNDED
@given(history=histories(), dice=st.randoms(use_true_random=True))
async def test_what_was_spoilt_is_mended(taught: Graph, history: History, dice: Random) -> None:
    student_id = await learn(taught, history)
    expected = await derived(taught.database, student_id)
    await spoil(taught.database, student_id, keep=dice.random() < 0.5)
    assert await derived(taught.database, student_id) != expected
    await rebuild(taught.database, [student_id], lambda _done: None)
    assert await derived(taught.database, student_id) == expected
    # What is told again changes nothing of what was mended.
    for events in history.requests:
        await record_progress(await taught.request(FRESH, NOW), events)
    assert await derived(taught.database, student_id) == expected


async def spoil(database: Database, student_id: int, *, keep: bool) -> None:
    """Make everything wrong that is derived of a student: rows that are there, rows too many, or rows too few."""
    level = {"level": "C2", "score": 1.5, "assessed_at": NOW - timedelta(days=700)}
    wrong: Row = {"xp": 987_654, "level": 77, "streak": 66, "longest_streak": 99, "streak_until": NOW + timedelta(3)}
    async with database.writing() as transaction:
        for table, values in (
            (training_progress, {"best_score": 0.01, "attempts": 99, "completed_at": NOW}),
            (lesson_progress, {"state": "failed", "percent": 1.0, "attempts": 99, "updated_at": NOW}),
            (activity, {"xp": 99, "duration_ms": 1, "items_answered": 7}),
            (cefr_skills, level),
            (learner_achievements, {"earned_on": NOW.date() + timedelta(days=1)}),
        ):
            mine = table.c.student_id == student_id
            await transaction.execute(update(table).where(mine).values(**values) if keep else delete(table).where(mine))
        learned = enrollments.c.course_id.in_(select(lessons.c.course_id))
        own = enrollments.c.student_id == student_id
        await transaction.execute(update(enrollments).where(own, learned).values(completed_at=NOW))
        await transaction.execute(insert(cefr_changes).values(student_id=student_id, skill="writing", **level))
        await transaction.execute(update(learners).where(learners.c.student_id == student_id).values(**wrong))


@BOUNDED
@given(history=histories())
async def test_lessons_and_courses_complete_themselves_once_and_only_when_whole(
    taught: Graph, history: History
) -> None:
    student_id = await learn(taught, history)
    events = await rows(taught.database, progress_events, student_id=student_id)
    ends = [event for event in events if event["verb"] == "completed"]
    trained = {event["training_id"] for event in ends}
    lessons = [event["lesson_id"] for event in ends if event["lesson_id"] and event["training_id"] is None]
    alone = {ALONE} & set(lessons)
    assert sorted(lessons) == sorted(alone | {id_ for id_, trainings in LESSONS.items() if trainings <= trained})
    whole = {id_ for id_ in (901, 902) if {x for x in (*LESSONS, ALONE) if x // 100 == id_} <= set(lessons)}
    assert sorted(event["course_id"] for event in ends if event["lesson_id"] is None) == sorted(whole)
    taken = {row["course_id"] for row in await rows(taught.database, enrollments, student_id=student_id)}
    assert {id_ for id_ in taken if id_ > 500} == {event["course_id"] for event in events}


def fact(at: datetime, **more: object) -> Fact:
    """An answer to an item of vocabulary at level B1."""
    same = {"course_id": TINY, "lesson_id": TALK, "training_id": FIRST, "item_id": CHOICE, "verb": "answered"}
    told = {"skill": "vocabulary", "cefr_level": "B1", "occurred_at": at, "local_day": at.date(), "score": 1.0, "xp": 2}
    return Fact(**{**same, **told, **more})  # type: ignore[arg-type]  # one dict of mixed values


@settings(deadline=None, max_examples=5)
@given(
    scores=st.lists(st.sampled_from((0.0, 0.3, 0.5, 0.7, 1.0)), min_size=70, max_size=160),
    levels=st.lists(st.sampled_from(("A1", "A2", "B1", "B2", "C2", None)), min_size=160, max_size=160),
    dice=st.randoms(use_true_random=True),
)
async def test_answers_that_are_told_late_change_the_levels_that_came_after_them(
    taught: Graph, scores: list[float], levels: list[str | None], dice: Random
) -> None:
    student_id = await forget(taught.database, FRESH)
    begin = NOW - timedelta(days=300)
    same_instants = [begin + timedelta(hours=index // dice.choice((1, 1, 4))) for index in range(len(scores))]
    facts = [
        fact(at, score=score, cefr_level=level) for at, score, level in zip(same_instants, scores, levels, strict=False)
    ]
    dice.shuffle(facts)
    while facts:
        size = dice.choice((5, 20, 60))
        part, facts = facts[:size], facts[size:]
        await add_facts(taught.database, student_id, part, NOW)
    found = await derived(taught.database, student_id)
    assert found == (await learner(taught.database, student_id)).tables()
    await rebuild(taught.database, [student_id], lambda _done: None)
    assert await derived(taught.database, student_id) == found


async def test_the_sixtieth_answer_back_counts_and_the_one_before_it_does_not(taught: Graph) -> None:
    student_id = await forget(taught.database, FRESH)
    hours = [NOW - timedelta(hours=100 - hour) for hour in range(61)]
    first = [fact(at, score=score) for at, score in zip(hours, [0.5, 0.0] + [1.0] * 58, strict=False)]
    await add_facts(taught.database, student_id, first, NOW)
    assert [row[3] for row in (await derived(taught.database, student_id))["cefr_skills"]] == [97.5]
    await add_facts(taught.database, student_id, [fact(hours[60])], NOW)
    found = await derived(taught.database, student_id)
    assert [row[2:] for row in found["cefr_skills"]] == [("B1", 98.3, hours[60])]
    assert found == (await learner(taught.database, student_id)).tables()


async def test_answers_of_one_instant_are_taken_together_whenever_they_are_told(taught: Graph) -> None:
    student_id = await forget(taught.database, FRESH)
    at = NOW - timedelta(days=1)
    await add_facts(taught.database, student_id, [fact(at)] * 5, NOW)
    assert [row[2] for row in (await derived(taught.database, student_id))["cefr_changes"]] == ["B1"]
    # Ten at once with a mean of 0.5 are too bad for a first level of B1, and not bad enough to fall from it.
    await add_facts(taught.database, student_id, [fact(at, score=0.0)] * 5, NOW)
    found = await derived(taught.database, student_id)
    assert [row[2:] for row in found["cefr_changes"]] == [("A1", 50.0, at)]
    assert found == (await learner(taught.database, student_id)).tables()


async def test_a_course_without_lessons_that_was_completed_stays_completed(written: Graph) -> None:
    student_id = await forget(written.database, FRESH)
    async with written.database.writing() as transaction:
        own = enrollments.c.student_id == student_id
        await transaction.execute(update(enrollments).where(own).values(completed_at=NOW))
    taken = await rows(written.database, enrollments, student_id=student_id)
    await rebuild(written.database, [student_id], lambda _done: None)
    assert taken
    assert await rows(written.database, enrollments, student_id=student_id) == taken


async def test_the_demo_is_derived_anew_without_a_change(written: Graph) -> None:
    before = await contents(written.database, "id")
    done: list[int] = []
    ids = await everyone(written.database)
    await rebuild(written.database, ids, done.append)
    assert len(ids) == len(PROFILES)
    assert done == [*range(1, len(PROFILES) + 1)]
    after = await contents(written.database, "id")
    assert {name: unordered(found) for name, found in after.items()} == {
        name: unordered(found) for name, found in before.items()
    }


def unordered(found: Sequence[tuple[object, ...]]) -> list[str]:
    """Rows in an order that does not depend on their numbers."""
    return sorted(str([in_utc(value) for value in row]) for row in found)
