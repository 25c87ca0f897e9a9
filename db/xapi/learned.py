"""What statements say of learners and of what they worked with: read for many events at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from db.connections.database import Transaction
from db.courses import courses
from db.lessons import lessons, trainings
from db.progress.derived import achievements, cefr_skills, lesson_progress
from db.progress.events import progress_events
from db.students import students


class Done(NamedTuple):
    """A fact: when it happened, how well, and how long it took."""

    occurred_at: datetime
    score: float | None
    duration_ms: int


class Course(NamedTuple):
    """A course, and the language that is used in it."""

    name: str
    language: str | None


class Lesson(NamedTuple):
    """A lesson and its course."""

    name: str
    course_id: int


class Training(NamedTuple):
    """A training with its lesson and its course."""

    name: str
    lesson_id: int
    course_id: int


class Level(NamedTuple):
    """A CEFR level, and the share of right answers behind it, from 0 to 100."""

    level: str
    score: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """The numbers of what is to be read."""

    students: Collection[int] = ()
    facts: Collection[int] = ()
    courses: Collection[int] = ()
    lessons: Collection[int] = ()
    trainings: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """What was read, by number; levels by learner and skill, percents by learner and lesson, badges by code."""

    uids: Mapping[int, str] = field(default_factory=dict)
    facts: Mapping[int, Done] = field(default_factory=dict)
    courses: Mapping[int, Course] = field(default_factory=dict)
    lessons: Mapping[int, Lesson] = field(default_factory=dict)
    trainings: Mapping[int, Training] = field(default_factory=dict)
    levels: Mapping[tuple[int, str], Level] = field(default_factory=dict)
    percents: Mapping[tuple[int, int], float] = field(default_factory=dict)
    badges: Mapping[str, str] = field(default_factory=dict)


async def learned(transaction: Transaction, wanted: Wanted) -> Learned:
    """Everything that the statements of some events need to know."""
    ids = list(wanted.students)
    of_trainings = {id_: Training(*row) for id_, *row in await rows(transaction, trainings_of(wanted.trainings))}
    in_lessons = {*wanted.lessons, *(one.lesson_id for one in of_trainings.values())}
    of_lessons = {id_: Lesson(*row) for id_, *row in await rows(transaction, lessons_of(in_lessons))}
    in_courses = {*wanted.courses, *(one.course_id for one in of_lessons.values())}
    skills, progress = cefr_skills.c, lesson_progress.c
    levels = select(skills.student_id, skills.skill, skills.level, skills.score).where(skills.student_id.in_(ids))
    percents = select(progress.student_id, progress.lesson_id, progress.percent)
    percents = percents.where(progress.student_id.in_(ids), progress.lesson_id.in_(wanted.lessons))
    of_students = select(students.c.id, students.c.uid).where(students.c.id.in_(ids))
    return Learned(
        dict(await rows(transaction, of_students)),
        {id_: Done(*row) for id_, *row in await rows(transaction, facts_of(wanted.facts))},
        {id_: Course(*row) for id_, *row in await rows(transaction, courses_of(in_courses))},
        of_lessons,
        of_trainings,
        {(id_, skill): Level(*row) for id_, skill, *row in await rows(transaction, levels)},
        {(id_, lesson): percent for id_, lesson, percent in await rows(transaction, percents)},
        dict(await rows(transaction, select(achievements.c.code, achievements.c.name))),
    )


def facts_of(ids: Collection[int]) -> Select[Any]:
    """Facts by number."""
    columns = progress_events.c
    return select(columns.id, columns.occurred_at, columns.score, columns.duration_ms).where(columns.id.in_(ids))


def courses_of(ids: Collection[int]) -> Select[Any]:
    """Courses by number."""
    return select(courses.c.id, courses.c.name, courses.c.language).where(courses.c.id.in_(ids))


def lessons_of(ids: Collection[int]) -> Select[Any]:
    """Lessons by number."""
    return select(lessons.c.id, lessons.c.name, lessons.c.course_id).where(lessons.c.id.in_(ids))


def trainings_of(ids: Collection[int]) -> Select[Any]:
    """Trainings by number."""
    columns = trainings.c
    return select(columns.id, columns.name, columns.lesson_id, columns.course_id).where(columns.id.in_(ids))


async def rows(transaction: Transaction, statement: Select[Any]) -> list[Any]:
    """The rows of a statement."""
    return [tuple(row) for row in await transaction.execute(statement)]
