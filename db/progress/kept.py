"""Reads and writes what is derived from the facts of one learner."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, func, insert, select, text, update

from db.accounts import users
from db.connections.database import Database, Transaction
from db.courses import enrollments
from db.lessons import lessons
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
from db.statements.statement import compiled
from db.students import students
from db.upsert import add_to, replace, write_missing

Record = dict[str, Any]

# What is derived, and so can be thrown away: all but the row that a learner is locked by.
DERIVED = (training_progress, lesson_progress, activity, cefr_skills, cefr_changes, learner_achievements)
ACTIVITY_KEY = ("student_id", "course_id", "granularity", "period")
AMOUNTS = ("duration_ms", "xp", "lessons_completed", "courses_completed", "items_answered", "items_correct")
NEW_LEARNER = {"xp": 0, "level": 1, "streak": 0, "longest_streak": 0}


class Person(NamedTuple):
    """A learner as recording needs to know one."""

    id: int
    organization_id: int
    time_zone: str


class Completed(NamedTuple):
    """The numbers of trainings and lessons that were completed."""

    trainings: set[int]
    lessons: set[int]


class Day(NamedTuple):
    """What a learner did on one day, over all courses."""

    period: date
    xp: int
    lessons_completed: int
    courses_completed: int


async def locked_learner(transaction: Transaction, student_id: int) -> Person:
    """The learner, whom nobody else records for until the transaction ends."""
    await write_missing(transaction, learners, [{"student_id": student_id, **NEW_LEARNER}])
    await transaction.execute(
        select(learners.c.student_id).where(learners.c.student_id == student_id).with_for_update()
    )
    found = select(students.c.id, students.c.organization_id, users.c.time_zone).join_from(
        students, users, users.c.id == students.c.id
    )
    return Person(*(await transaction.execute(found.where(students.c.id == student_id))).one())


async def forget(transaction: Transaction, student_id: int) -> None:
    """Throw away everything that is derived of a learner; courses that have no lessons are completed elsewhere."""
    for table in DERIVED:
        await transaction.execute(delete(table).where(table.c.student_id == student_id))
    learned = enrollments.c.course_id.in_(select(lessons.c.course_id))
    mine = enrollments.c.student_id == student_id
    await transaction.execute(update(enrollments).where(mine, learned).values(completed_at=None))
    empty = dict.fromkeys(("streak_until", "last_active_on", "cefr_level"))
    await transaction.execute(
        update(learners).where(learners.c.student_id == student_id).values(**NEW_LEARNER, **empty)
    )


async def rows_of(transaction: Transaction, table: Table, student_id: int, **within: Sequence[object]) -> list[Record]:
    """A learner's rows of a derived table, where each named column is one of the values."""
    conditions = [table.c[name].in_(values) for name, values in within.items()]
    found = select(table).where(table.c.student_id == student_id, *conditions).order_by(*table.primary_key)
    return [dict(record) for record in (await transaction.execute(found)).mappings()]


async def keep(transaction: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of a derived table in the place of those with their keys."""
    await replace(transaction, table, rows)


async def add_activity(transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add to what was done in periods, in a course and in all courses together."""
    together = [row for row in rows if row["course_id"] is None]
    single = [row for row in rows if row["course_id"] is not None]
    without_course = [name for name in ACTIVITY_KEY if name != "course_id"]
    await add_to(transaction, activity, together, key=without_course, amounts=AMOUNTS, where=text("course_id is null"))
    await add_to(transaction, activity, single, key=ACTIVITY_KEY, amounts=AMOUNTS)


async def days(transaction: Transaction, student_id: int) -> list[Day]:
    """The days on which a learner did something, in order."""
    columns = [activity.c[name] for name in Day._fields]
    daily = (activity.c.student_id == student_id) & (activity.c.granularity == "day") & activity.c.course_id.is_(None)
    return [Day(*record) for record in await transaction.execute(select(*columns).where(daily).order_by(columns[0]))]


async def level_before(transaction: Transaction, student_id: int, skill: str, instant: datetime) -> str | None:
    """The CEFR level in a skill just before an instant."""
    changes = cefr_changes.c
    last = select(changes.level).where(
        changes.student_id == student_id, changes.skill == skill, changes.assessed_at < instant
    )
    return (await transaction.execute(last.order_by(changes.assessed_at.desc()).limit(1))).scalar()


async def replace_changes(
    transaction: Transaction, student_id: int, skill: str, *, since: datetime, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write the changes of a level from an instant on anew."""
    changes = cefr_changes.c
    later = (changes.student_id == student_id) & (changes.skill == skill) & (changes.assessed_at >= since)
    await transaction.execute(delete(cefr_changes).where(later))
    if rows:
        await transaction.execute(insert(cefr_changes), list(rows))


async def completed_parts(transaction: Transaction, student_id: int, lesson_ids: Sequence[int]) -> Completed:
    """The trainings within lessons that a learner completed before, and which of the lessons."""
    trainings = await rows_of(transaction, training_progress, student_id, lesson_id=lesson_ids)
    lessons = await rows_of(transaction, lesson_progress, student_id, lesson_id=lesson_ids)
    done = {row["lesson_id"] for row in lessons if row["completed_at"] is not None}
    return Completed({row["training_id"] for row in trainings}, done)


async def lessons_completed(
    transaction: Transaction, student_id: int, course_ids: Sequence[int]
) -> dict[int, tuple[int, datetime]]:
    """How many lessons of each course a learner has completed, and when the last of them."""
    kept = lesson_progress.c
    done = (kept.student_id == student_id) & kept.course_id.in_(course_ids) & kept.completed_at.is_not(None)
    counted = select(kept.course_id, func.count(), func.max(kept.completed_at)).where(done).group_by(kept.course_id)
    return {record[0]: (record[1], record[2]) for record in await transaction.execute(counted)}


async def not_completed(transaction: Transaction, student_id: int, course_ids: Sequence[int]) -> set[int]:
    """Those of the courses in which a student is enrolled and which are not completed."""
    open_ = (enrollments.c.student_id == student_id) & enrollments.c.completed_at.is_(None)
    rows = select(enrollments.c.course_id).where(open_, enrollments.c.course_id.in_(course_ids))
    return set((await transaction.execute(rows)).scalars())


async def enroll(transaction: Transaction, student_id: int, course_ids: Sequence[int], now: datetime) -> list[int]:
    """Enroll a student in courses; gives those in which the student was not."""
    new = []
    for course_id in course_ids:
        row = {"student_id": student_id, "course_id": course_id, "enrolled_at": now}
        new += [course_id] if await write_missing(transaction, enrollments, [row]) else []
    return new


async def complete_enrollment(transaction: Transaction, student_id: int, course_id: int, at: datetime) -> None:
    """Write down that a course was completed; the earliest time stands."""
    one = (enrollments.c.student_id == student_id) & (enrollments.c.course_id == course_id)
    earlier = enrollments.c.completed_at.is_(None) | (enrollments.c.completed_at > at)
    await transaction.execute(update(enrollments).where(one, earlier).values(completed_at=at))


async def keep_learner(transaction: Transaction, student_id: int, values: Mapping[str, Any]) -> None:
    """Write what is derived of the learner as such."""
    await transaction.execute(update(learners).where(learners.c.student_id == student_id).values(**values))


async def earned(transaction: Transaction, student_id: int) -> set[str]:
    """The codes of a learner's achievements."""
    codes = select(learner_achievements.c.achievement_code).where(learner_achievements.c.student_id == student_id)
    return set((await transaction.execute(codes)).scalars())


async def learners_with_facts(database: Database) -> list[int]:
    """The numbers of all students who did something with a course of Talktiko."""
    learned = select(progress_events.c.student_id).where(progress_events.c.course_id.is_not(None)).distinct()
    statement = compiled(learned.order_by(progress_events.c.student_id), database.dialect)
    return [record[0] for record in await database.fetch(statement, {})]
