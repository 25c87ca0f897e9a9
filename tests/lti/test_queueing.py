"""Which grades are queued: by whom, for which lines, how much, and of when; whatever is read twice."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from db.courses import enrollments
from db.lti.tables import lti_launches, lti_scores
from db.operations import outbox, reading_positions
from db.progress.derived import lesson_progress
from jobs.lti.queueing import READER
from resolvers.lti.grades import queue_at_launch
from tests.lti.gradebook import Gradebook
from tests.lti.grading import (
    LAST,
    LAST_ITEM,
    LINK,
    OTHER,
    RIGHT,
    WRONG,
    Grading,
    at_work,
    grading,
    platform_of,
)
from tests.progress.asking import answered, completed

URL = "https://lms.example.jp/lines/1"


def told(rows: list[Any]) -> list[tuple[str, float | None, str]]:
    """Line, score and status of grades."""
    return [(row.line, row.score_given, row.status) for row in rows]


@pytest.fixture
async def off(url: str, data_dir: Path) -> AsyncIterator[Grading]:
    """An app with a worker, of which grades are only queued: nobody is there to take them."""
    nobody = Gradebook(port=9)
    async with grading(url, data_dir, nobody, works=False) as started, at_work(started, delays=(3600.0,)):
        yield started


async def launch_now(of: Grading, number: int, now: datetime | None = None) -> bool:
    """What the launch command does for grades."""
    async with of.database.writing() as transaction:
        return await queue_at_launch(transaction, number, now or datetime.now(UTC))


async def event_at(of: Grading, type_: str) -> datetime:
    """When the one event of a type happened."""
    async with of.database.engine.connect() as connection:
        found = await connection.execute(select(outbox.c.occurred_at).where(outbox.c.type == type_))
        at: datetime = found.scalars().all()[-1]
        return at


async def test_a_completed_lesson_queues_its_score_for_the_line_of_the_launch(off: Grading) -> None:
    student, organization = await off.learner()
    launch = await off.launched(line_item_url=URL)
    await off.complete(RIGHT, WRONG)
    (row,) = await off.queued()
    assert (row.launch_id, row.platform_id, row.organization_id, row.student_id) == (
        *(launch, off.platform, organization),
        student,
    )
    assert (row.subject, row.line, row.source, row.comment) == (f"u{student}", URL, "completion", None)
    assert (row.score_given, row.score_maximum) == (50.0, 100.0)
    assert (row.activity_progress, row.grading_progress) == ("Completed", "FullyGraded")
    assert row.scored_at == await event_at(off, "lesson.completed")


async def test_where_nothing_was_scored_it_is_everything(off: Grading) -> None:
    await off.launched()
    await off.complete()
    (row,) = await off.queued()
    assert (row.line, row.score_given, row.score_maximum) == (f"link:{LINK}", 100.0, 100.0)


async def test_a_completed_course_queues_the_mean_of_its_lessons(off: Grading) -> None:
    await off.launched(lesson_id=None)
    await off.complete(RIGHT, WRONG)
    await off.read()
    # One lesson is not the course.
    assert await off.scores() == []
    await off.record(completed("last", LAST))
    (row,) = await off.queued()
    assert (row.score_given, row.score_maximum) == (75.0, 100.0)
    assert row.scored_at == await event_at(off, "enrollment.completed")


async def test_each_platform_and_line_of_a_learner_is_told_once(off: Grading) -> None:
    other = await platform_of(off.database, off.gradebook, issuer="https://other.example.jp")
    await off.launched(line_item_url=URL)
    newest = await off.launched(line_item_url=URL)
    elsewhere = await off.launched(platform_id=other, subject="x", line_item_url=URL)
    second = await off.launched(resource_link_id="link-2")
    await off.complete(RIGHT, RIGHT)
    rows = await off.queued(3)
    await off.read()
    found = {(row.platform_id, row.line, row.subject): (row.launch_id, row.score_given) for row in await off.scores()}
    subject = rows[0].subject if rows[0].subject != "x" else rows[1].subject
    assert found == {
        (off.platform, URL, subject): (newest, 100.0),
        (other, URL, "x"): (elsewhere, 100.0),
        (off.platform, "link:link-2", subject): (second, 100.0),
    }


async def test_nothing_is_queued_where_there_is_nobody_to_tell(off: Grading) -> None:
    student, _ = await off.learner()
    inactive = await platform_of(off.database, off.gradebook, issuer="https://off.example.jp", is_active=False)
    await off.launched(has_grade_service=False)
    await off.launched(platform_id=inactive)
    await off.launched(lesson_id=OTHER, resource_link_id="link-other")
    await off.launched(lesson_id=None, resource_link_id="link-course")
    await off.launched(message_type="deep_linking", resource_link_id="link-deep")
    another = next(id_ for id_ in await off.learners(3) if id_ != student)
    await off.launched(another, resource_link_id="link-another")
    await off.complete(RIGHT, RIGHT)
    await off.read()
    assert await off.scores() == []


async def test_a_link_that_leads_elsewhere_by_now_gets_no_grade_of_what_it_led_to(off: Grading) -> None:
    await off.launched(line_item_url=URL)
    await off.launched(line_item_url=URL, lesson_id=OTHER)
    await off.complete(RIGHT, RIGHT)
    await off.read()
    assert await off.scores() == []
    await off.record(answered("o", LAST_ITEM, RIGHT), completed("o-done", LAST))
    assert told(await off.queued()) == [(URL, 100.0, "pending")]


async def test_a_link_whose_line_is_known_from_another_launch_has_that_line(off: Grading) -> None:
    student, _ = await off.learner()
    another = next(id_ for id_ in await off.learners(3) if id_ != student)
    await off.launched(another, line_item_url=URL)
    await off.launched()
    await off.complete(RIGHT, RIGHT)
    assert told(await off.queued()) == [(URL, 100.0, "pending")]


async def test_what_is_better_later_is_queued_again_and_what_is_equal_is_not(off: Grading) -> None:
    await off.launched(line_item_url=URL)
    await off.complete(RIGHT, WRONG)
    (first,) = await off.queued()
    await off.complete(WRONG, WRONG, name="b")
    await off.read()
    assert len(await off.scores()) == 1
    await off.complete(RIGHT, RIGHT, name="c")
    await off.queued(2)
    await off.read()
    rows = await off.scores()
    assert [row.score_given for row in rows] == [50.0, 100.0]
    assert rows[1].scored_at > first.scored_at


async def test_progress_queues_nothing_where_nothing_was_queued_before(off: Grading) -> None:
    await off.complete(RIGHT, WRONG)
    await off.read()
    await off.launched(line_item_url=URL)
    await off.complete(RIGHT, RIGHT, name="b")
    await off.read()
    assert await off.scores() == []


async def test_a_lesson_that_gets_better_after_its_course_changes_the_grade_of_the_course(off: Grading) -> None:
    await off.launched(lesson_id=None, line_item_url=URL)
    await off.complete(RIGHT, WRONG)
    await off.record(completed("last", LAST))
    await off.queued()
    await off.complete(RIGHT, RIGHT, name="b")
    rows = await off.queued(2)
    assert [row.score_given for row in rows] == [75.0, 100.0]


async def test_an_event_that_is_read_twice_queues_nothing_twice(off: Grading) -> None:
    await off.launched(line_item_url=URL)
    await off.launched(lesson_id=None, resource_link_id="link-course")
    await off.complete(RIGHT, WRONG)
    await off.record(answered("o", LAST_ITEM, RIGHT), completed("o-done", LAST))
    before = await off.queued(2)
    await off.execute(
        update(reading_positions).where(reading_positions.c.name == READER).values(transaction_id=0, seq=0)
    )
    await off.complete(WRONG, WRONG, name="b")
    await off.read()
    assert [(row.id, row.scored_at) for row in await off.scores()] == [(row.id, row.scored_at) for row in before]


async def test_an_instant_that_is_taken_is_passed_over(idle: Grading) -> None:
    await idle.launched(line_item_url=URL)
    await idle.complete(RIGHT, RIGHT)
    at = await event_at(idle, "lesson.completed")
    student, organization = await idle.learner()
    taken = {
        "launch_id": 1,
        "platform_id": idle.platform,
        "organization_id": organization,
        "student_id": student,
        "subject": f"u{student}",
        "line": URL,
        "activity_progress": "Started",
        "grading_progress": "NotReady",
        "scored_at": at,
        "source": "request",
        "status": "delivered",
        "created_at": at,
        "finished_at": at,
    }
    await idle.execute(lti_scores.insert().values(**taken))
    async with at_work(idle, delays=(3600.0,)):
        rows = await idle.queued(2)
        await idle.read()
    assert rows[1].scored_at == at + timedelta(microseconds=1)


async def test_instants_grow_and_a_second_parts_what_was_sent(off: Grading) -> None:
    """Moodle compares whole seconds: what follows a score that may be known is of a later one, and waits for it."""
    launch = await off.launched(line_item_url=URL)
    await off.complete(RIGHT, WRONG)
    (first,) = await off.tried()
    ahead = datetime.now(UTC).replace(microsecond=999_999) + timedelta(seconds=30)
    await off.set(first.id, scored_at=ahead, next_attempt_at=ahead)
    await off.complete(RIGHT, RIGHT, name="b")
    rows = await off.queued(2)
    assert rows[1].scored_at == ahead.replace(microsecond=0) + timedelta(seconds=1)
    assert rows[1].next_attempt_at == rows[1].scored_at
    assert rows[1].launch_id == launch
    assert told(rows) == [(URL, 50.0, "superseded"), (URL, 100.0, "pending")]


async def test_an_instant_is_never_in_the_future(idle: Grading) -> None:
    await idle.launched(line_item_url=URL)
    await idle.complete(RIGHT, RIGHT)
    await idle.execute(update(outbox).values(occurred_at=datetime.now(UTC) + timedelta(hours=1)))
    async with at_work(idle, delays=(3600.0,)):
        (row,) = await idle.queued()
    assert row.scored_at <= datetime.now(UTC)


async def test_what_waits_is_superseded_by_what_is_newer(idle: Grading) -> None:
    await idle.launched(line_item_url=URL)
    await idle.complete(RIGHT, WRONG)
    async with at_work(idle, delays=(3600.0,)):
        (first,) = await idle.tried()
        await idle.complete(RIGHT, RIGHT, name="b")
        rows = await idle.queued(2)
    assert told(rows) == [(URL, 50.0, "superseded"), (URL, 100.0, "pending")]
    assert (rows[0].id, rows[0].next_attempt_at, rows[0].lease_token) == (first.id, None, None)
    assert rows[0].finished_at is not None


async def test_what_was_completed_before_is_queued_at_the_launch(idle: Grading) -> None:
    await idle.complete(RIGHT, WRONG)
    launch = await idle.launched(line_item_url=URL)
    assert await launch_now(idle, launch)
    (row,) = await idle.scores()
    assert (row.launch_id, row.line, row.score_given, row.status) == (launch, URL, 50.0, "pending")
    # And once, however often it is launched.
    assert not await launch_now(idle, launch)
    assert not await launch_now(idle, await idle.launched(line_item_url=URL))
    assert len(await idle.scores()) == 1
    # A new line of the same link is told too.
    assert await launch_now(idle, await idle.launched(line_item_url=f"{URL}1"))
    assert told(await idle.scores()) == [(URL, 50.0, "pending"), (f"{URL}1", 50.0, "pending")]


async def test_a_completed_course_is_queued_at_its_launch(idle: Grading) -> None:
    await idle.complete(RIGHT, WRONG)
    launch = await idle.launched(lesson_id=None, line_item_url=URL)
    assert not await launch_now(idle, launch)
    await idle.record(completed("last", LAST))
    assert await launch_now(idle, launch)
    assert told(await idle.scores()) == [(URL, 75.0, "pending")]


@pytest.mark.parametrize(
    "different",
    [
        {"has_grade_service": False},
        {"lesson_id": OTHER},
        {"lesson_id": None},
        {"lesson_id": None, "course_id": None},
        {"student_id": None},
        {"message_type": "deep_linking"},
    ],
    ids=str,
)
async def test_nothing_is_queued_at_other_launches(idle: Grading, different: dict[str, Any]) -> None:
    await idle.complete(RIGHT, WRONG)
    launch = await idle.launched(line_item_url=URL, **different)
    assert not await launch_now(idle, launch)
    assert await idle.scores() == []


async def test_nothing_is_queued_at_a_launch_of_a_platform_that_is_switched_off(idle: Grading) -> None:
    await idle.complete(RIGHT, WRONG)
    await idle.set_platform(is_active=False)
    assert not await launch_now(idle, await idle.launched(line_item_url=URL))
    assert await idle.scores() == []


async def test_a_launch_that_names_the_line_of_its_link_takes_what_waits_there_along(idle: Grading) -> None:
    await idle.complete(RIGHT, WRONG)
    await launch_now(idle, await idle.launched())
    assert told(await idle.scores()) == [(f"link:{LINK}", 50.0, "pending")]
    assert not await launch_now(idle, await idle.launched(line_item_url=URL))
    assert told(await idle.scores()) == [(URL, 50.0, "pending")]


async def test_rows_that_are_gone_are_no_stumbling_block(off: Grading) -> None:
    """Events may outlive what they tell of: a learner's progress can be derived anew, an enrollment be taken back."""
    student, _ = await off.learner()
    await off.launched(line_item_url=URL)
    await off.launched(lesson_id=None, resource_link_id="link-course")
    positions = delete(reading_positions).where(reading_positions.c.name == READER)
    await off.complete(RIGHT, WRONG)
    await off.record(completed("last", LAST))
    await off.read()
    async with off.database.writing() as transaction:
        await transaction.execute(delete(lti_scores))
        await transaction.execute(delete(lesson_progress).where(lesson_progress.c.student_id == student))
        await transaction.execute(delete(enrollments).where(enrollments.c.student_id == student))
        await transaction.execute(positions)
    await off.complete(name="again", uid="auth0|demo-student")
    await off.read()
    assert await off.scores() == []


async def test_launches_of_a_removed_platform_are_gone_with_their_grades(off: Grading) -> None:
    launch = await off.launched(line_item_url=URL)
    await off.complete(RIGHT, RIGHT)
    await off.queued()
    await off.execute(delete(lti_launches).where(lti_launches.c.id == launch))
    assert await off.scores() == []
