"""Progress events as plain facts: read, and appended; nothing ever changes one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, insert, select

from db.connections.database import Transaction
from db.progress.events import progress_events

events = progress_events.c


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a learner did with a course or a part of it; `id` 0 before it is appended."""

    course_id: int
    verb: str
    occurred_at: datetime
    local_day: date
    lesson_id: int | None = None
    training_id: int | None = None
    item_id: int | None = None
    score: float | None = None
    skill: str | None = None
    cefr_level: str | None = None
    duration_ms: int = 0
    xp: int = 0
    client_id: str | None = None
    id: int = 0


NAMES = (
    *("course_id", "verb", "occurred_at", "local_day", "lesson_id", "training_id", "item_id", "score", "skill"),
    *("cefr_level", "duration_ms", "xp", "client_id", "id"),
)
ORDER = (events.occurred_at, events.id)


def facts_of(student_id: int) -> Select[Any]:
    """A learner's facts, in no order."""
    learned = events.course_id.is_not(None)
    return select(*[events[name] for name in NAMES]).where(events.student_id == student_id, learned)


async def found(transaction: Transaction, facts: Select[Any]) -> list[Fact]:
    """The facts that a statement finds."""
    return [Fact(**record) for record in (await transaction.execute(facts)).mappings()]


async def all_facts(transaction: Transaction, student_id: int) -> list[Fact]:
    """Everything a learner ever did, in the order in which it happened."""
    return await found(transaction, facts_of(student_id).order_by(*ORDER))


async def answers(transaction: Transaction, student_id: int, training_ids: Sequence[int]) -> list[Fact]:
    """A learner's answers within these trainings, in the order in which they were told."""
    answered = (events.training_id.in_(training_ids)) & (events.verb == "answered")
    return await found(transaction, facts_of(student_id).where(answered).order_by(events.id))


async def scored_around(
    transaction: Transaction, student_id: int, skill: str, *, since: datetime, before: int
) -> tuple[list[Fact], list[Fact]]:
    """A learner's scored answers in a skill, in order: the last ones before an instant, and all from it on."""
    scored = facts_of(student_id).where(events.skill == skill, events.score.is_not(None))
    earlier = scored.where(events.occurred_at < since).order_by(*(part.desc() for part in ORDER)).limit(before)
    later = scored.where(events.occurred_at >= since).order_by(*ORDER)
    return (await found(transaction, earlier))[::-1], await found(transaction, later)


async def known_clients(transaction: Transaction, student_id: int, client_ids: Sequence[str]) -> dict[str, Fact]:
    """The facts that were told under these ids already."""
    known = await found(transaction, facts_of(student_id).where(events.client_id.in_(client_ids)))
    return {fact.client_id: fact for fact in known if fact.client_id is not None}


async def append(transaction: Transaction, student_id: int, facts: Sequence[Fact], now: datetime) -> list[Fact]:
    """Append facts, in this order; gives them with their numbers."""
    if not facts:
        return []
    numbered = insert(progress_events).returning(events.id, sort_by_parameter_order=True)
    ids = (await transaction.execute(numbered, [row(student_id, fact, now) for fact in facts])).scalars()
    return [replace(fact, id=id_) for fact, id_ in zip(facts, ids, strict=True)]


def row(student_id: int, fact: Fact, now: datetime) -> Mapping[str, Any]:
    """The row of a fact; the database numbers it."""
    values = {name: getattr(fact, name) for name in NAMES if name != "id"}
    return {**values, "student_id": student_id, "created_at": now}
