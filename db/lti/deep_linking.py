"""Choices that platforms ask for: the launch that asked, what may be chosen, and that it was answered."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Dialect, select, update

from db.connections.database import Row, Transaction
from db.courses import courses, is_published, named_course
from db.lessons import lessons
from db.lti.tables import lti_launches, lti_platforms
from db.predicates import parameter, whole_number
from db.rows import document, maybe_moment, moment
from db.statements.statement import Statement, compiled


class Asked(NamedTuple):
    """A launch, and of whom it is; `settings` is what it says of the choice, None where it asks for none."""

    id: int
    deployment_id: str
    settings: dict[str, object] | None
    launched_at: datetime
    answered_at: datetime | None
    issuer: str
    client_id: str
    is_active: bool


class Found(NamedTuple):
    """A course or a lesson, as links name it and people read it."""

    id: int
    code: str
    name: str
    description: str | None = None


@lru_cache(maxsize=2)
def asked_statement(dialect: Dialect) -> Statement:
    """The launch `launch` where the person of it is `user`."""
    found = select(
        lti_launches.c.id,
        lti_launches.c.deployment_id,
        lti_launches.c.deep_linking,
        lti_launches.c.launched_at,
        lti_launches.c.answered_at,
        lti_platforms.c.issuer,
        lti_platforms.c.client_id,
        lti_platforms.c.is_active,
    ).join_from(lti_launches, lti_platforms, lti_platforms.c.id == lti_launches.c.platform_id)
    mine = (lti_launches.c.id == parameter("launch")) & (lti_launches.c.user_id == parameter("user"))
    return compiled(found.where(mine), dialect)


@lru_cache(maxsize=2)
def course_statement(dialect: Dialect) -> Statement:
    """The published course that `key` names by its number, code or slug."""
    found = select(courses.c.id, courses.c.code, courses.c.name, courses.c.description)
    return compiled(found.where(courses.c.id == named_course(parameter("key"), is_published)), dialect)


@lru_cache(maxsize=2)
def lesson_statement(dialect: Dialect) -> Statement:
    """The lessons of the course `course` that `key` names, the one with this number before the one with this code."""
    number = whole_number(parameter("key"))
    named = (lessons.c.id == number) | (lessons.c.code == parameter("key"))
    found = select(lessons.c.id, lessons.c.code, lessons.c.name)
    ordered = found.where(lessons.c.course_id == parameter("course"), named).order_by(lessons.c.id != number)
    return compiled(ordered, dialect)


def asked_in(record: Row) -> Asked:
    """A record of `asked_statement`."""
    id_, deployment_id, settings, launched_at, answered_at, issuer, client_id, is_active = record
    told = None if settings is None else document(settings)
    found = told if isinstance(told, dict) else None
    moments = moment(launched_at), maybe_moment(answered_at)
    return Asked(id_, deployment_id, found, *moments, issuer, client_id, bool(is_active))


async def answer(transaction: Transaction, launch_id: int, now: datetime) -> bool:
    """Note that a choice was answered; False where it was already."""
    first = (lti_launches.c.id == launch_id) & lti_launches.c.answered_at.is_(None)
    return (await transaction.execute(update(lti_launches).where(first).values(answered_at=now))).rowcount == 1
