"""What is known of the content that learners work with: which course and lesson a part belongs to, and its solution."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select

from db.connections.database import Transaction
from db.courses import courses, is_published
from db.lessons import lessons, training_items, trainings


@dataclass(frozen=True, slots=True)
class Subject:
    """What something was done with: a lesson, a training or an item of a published course."""

    kind: str
    id: int
    course_id: int
    lesson_id: int
    training_id: int | None
    cefr_level: str | None
    type: str | None = None
    skill: str | None = None
    solution: Mapping[str, Any] | None = None


def lesson_subjects() -> Select[Any]:
    """Lessons as subjects."""
    columns = (lessons.c.id, lessons.c.course_id, lessons.c.id.label("lesson_id"), literal(None).label("training_id"))
    return select(*columns, courses.c.cefr_level).join_from(lessons, courses, courses.c.id == lessons.c.course_id)


def training_subjects() -> Select[Any]:
    """Trainings as subjects."""
    columns = (trainings.c.id, trainings.c.course_id, trainings.c.lesson_id, trainings.c.id.label("training_id"))
    return select(*columns, courses.c.cefr_level).join_from(trainings, courses, courses.c.id == trainings.c.course_id)


def item_subjects() -> Select[Any]:
    """Items as subjects, with their solutions."""
    names = ("id", "course_id", "lesson_id", "training_id", "type", "skill", "solution")
    columns = [training_items.c[name] for name in names]
    on = courses.c.id == training_items.c.course_id
    return select(*columns, courses.c.cefr_level).join_from(training_items, courses, on)


SUBJECTS = {
    "Lesson": (lesson_subjects(), lessons.c.id),
    "Training": (training_subjects(), trainings.c.id),
    "TrainingItem": (item_subjects(), training_items.c.id),
}


async def subjects(
    transaction: Transaction, wanted: Iterable[tuple[str, int]], now: datetime
) -> dict[tuple[str, int], Subject]:
    """The subjects of these kinds and numbers, as far as they are there and published."""
    numbers: dict[str, set[int]] = {}
    for kind, id_ in wanted:
        numbers.setdefault(kind, set()).add(id_)
    known: dict[tuple[str, int], Subject] = {}
    for kind, ids in numbers.items():
        statement, key = SUBJECTS[kind]
        rows = await transaction.execute(statement.where(key.in_(ids), is_published(courses.c)), {"now": now})
        known |= {(kind, record["id"]): Subject(kind, **record) for record in rows.mappings()}
    return known


async def trainings_in(transaction: Transaction, lesson_ids: Sequence[int]) -> dict[int, int]:
    """How many trainings each lesson has; lessons without any are left out."""
    count = select(trainings.c.lesson_id, func.count()).where(trainings.c.lesson_id.in_(lesson_ids))
    rows = await transaction.execute(count.group_by(trainings.c.lesson_id))
    return {record[0]: record[1] for record in rows}


async def lessons_in(transaction: Transaction, course_ids: Sequence[int]) -> dict[int, int]:
    """How many lessons each course has; courses without any are left out."""
    count = select(lessons.c.course_id, func.count()).where(lessons.c.course_id.in_(course_ids))
    rows = await transaction.execute(count.group_by(lessons.c.course_id))
    return {record[0]: record[1] for record in rows}
