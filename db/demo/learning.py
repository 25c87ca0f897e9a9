"""What the demo's learners learn from, and where the facts of their year are written."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import exists, insert, select

from db.accounts import users
from db.connections.database import Database, Transaction
from db.courses import courses, enrollments
from db.lessons import lessons, training_items, trainings
from db.progress.content import Subject, item_subjects
from db.progress.derived import learners
from db.progress.events import progress_events
from db.progress.facts import Fact, append
from db.statements.statement import compiled


async def items_by_training(transaction: Transaction) -> Mapping[int, Sequence[Subject]]:
    """The items of the demo's published English courses, by training, in the order in which one learns."""
    found = (
        item_subjects()
        .join(lessons, lessons.c.id == training_items.c.lesson_id)
        .join(trainings, trainings.c.id == training_items.c.training_id)
        .where(courses.c.published_at.is_not(None), courses.c.origin == "talktiko")
        .order_by(courses.c.seq, lessons.c.seq, trainings.c.seq, training_items.c.seq)
    )
    items: dict[int, list[Subject]] = {}
    for record in (await transaction.execute(found)).mappings():
        items.setdefault(record["training_id"], []).append(Subject("TrainingItem", **record))
    return items


async def without_facts(transaction: Transaction, uids: Sequence[str]) -> dict[str, int]:
    """The ids of those of the people who never learned anything, by uid."""
    learned = exists().where(progress_events.c.student_id == users.c.id, progress_events.c.course_id.is_not(None))
    rows = await transaction.execute(select(users.c.uid, users.c.id).where(users.c.uid.in_(uids), ~learned))
    return {record[0]: record[1] for record in rows}


async def add(transaction: Transaction, student_id: int, facts: Sequence[Fact], now: datetime) -> None:
    """Write a learner's facts, and the enrollments that they imply."""
    first: dict[int, datetime] = {}
    for fact in facts:
        first.setdefault(fact.course_id, fact.occurred_at)
    rows = [{"student_id": student_id, "course_id": id_, "enrolled_at": at} for id_, at in first.items()]
    if rows:
        await transaction.execute(insert(enrollments), rows)
    await append(transaction, student_id, facts, now)


async def underived(database: Database) -> list[int]:
    """Learners with facts of whom nothing is derived yet."""
    derived = exists().where(learners.c.student_id == progress_events.c.student_id)
    found = select(progress_events.c.student_id).where(progress_events.c.course_id.is_not(None), ~derived).distinct()
    return [record[0] for record in await database.fetch(compiled(found, database.dialect), {})]
