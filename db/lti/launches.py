"""Launches: what they are of, who may come, the code that each gives out once, and the session that it becomes."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Dialect, Text, delete, exists, insert, select, update

from db.accounts import api_tokens, staff, users
from db.connections.database import Database, Transaction
from db.courses import courses, named_course
from db.leases import after, clock
from db.lessons import lessons
from db.lti.people import STUDENT
from db.lti.tables import lti_launches, lti_platforms, lti_scores
from db.predicates import Condition, Predicate, parameter, whole_number
from db.statements.statement import Statement, compiled
from db.students import students

LASTS = "code_seconds"


class Named(NamedTuple):
    """A course or a lesson, found by a name of it."""

    id: int
    code: str


class Profile(NamedTuple):
    """When somebody may come in as a student, or as a member of staff."""

    start_at: datetime
    end_at: datetime
    locked_at: datetime | None
    demo: bool


class Waiting(NamedTuple):
    """A launch whose code was not used yet: whose it is, and where from."""

    id: int
    user_id: int
    uid: str
    student_id: int | None
    platform_name: str
    platform_is_active: bool


async def course_named(transaction: Transaction, key: str, within: Predicate, now: datetime) -> Named | None:
    """The course that a text names by number, code or slug among those that `within` lets through, as of `now`."""
    found = select(courses.c.id, courses.c.code).where(
        courses.c.id == named_course(parameter("key", Text()), within),
    )
    record = (await transaction.execute(found, {"key": key, "now": now})).first()
    return None if record is None else Named(*record)


async def lesson_named(transaction: Transaction, course_id: int, key: str) -> Named | None:
    """The lesson of a course that a text names by its number, else by its code."""
    number = whole_number(parameter("key", Text()))
    named = (lessons.c.id == number) | (lessons.c.code == parameter("key", Text()))
    found = select(lessons.c.id, lessons.c.code).where(lessons.c.course_id == course_id, named)
    record = (await transaction.execute(found.order_by(lessons.c.id != number), {"key": key})).first()
    return None if record is None else Named(*record)


async def profile(transaction: Transaction, user_id: int, kind: str) -> Profile:
    """When a person of this kind may come in."""
    person = (students if kind == STUDENT else staff).c
    found = select(person.start_at, person.end_at, person.locked_at, person.demo).where(person.id == user_id)
    return Profile(*(await transaction.execute(found)).one())


async def add(transaction: Transaction, values: Mapping[str, object], *, lasts_s: float) -> int:
    """Keep a launch, whose code is good for so many seconds of the database's clock; gives its number."""
    row = {**values, "code_expires_at": after(LASTS)}
    made = insert(lti_launches).values(**row).returning(lti_launches.c.id)
    return int((await transaction.execute(made, {LASTS: lasts_s})).scalar_one())


def has_code() -> Condition:
    """The code with the digest `code` was given out by the launch, and is good still."""
    return (lti_launches.c.code_digest == parameter("code")) & (lti_launches.c.code_expires_at > clock())


@lru_cache(maxsize=2)
def waiting_statement(dialect: Dialect) -> Statement:
    """The launch whose code has the digest `code`."""
    launch, platform = lti_launches.c, lti_platforms.c
    columns = (launch.id, launch.user_id, users.c.uid, launch.student_id, platform.name, platform.is_active)
    origin = lti_launches.join(users, users.c.id == launch.user_id).join(
        lti_platforms, platform.id == launch.platform_id
    )
    return compiled(select(*columns).select_from(origin).where(has_code()), dialect)


async def with_code(database: Database, digest: bytes) -> Waiting | None:
    """The launch that gave out a code; None where there is none, or the code was used or has expired."""
    records = await database.fetch(waiting_statement(database.dialect), {"code": digest})
    if not records:
        return None
    found = Waiting(*records[0])
    return found._replace(platform_is_active=bool(found.platform_is_active))


async def spend_code(transaction: Transaction, digest: bytes) -> bool:
    """Use a code; False where somebody else was quicker, or it has expired."""
    spent = update(lti_launches).where(has_code()).values(code_digest=None).returning(lti_launches.c.id)
    return (await transaction.execute(spent, {"code": digest})).first() is not None


async def keep_token(transaction: Transaction, launch_id: int, token_id: int) -> None:
    """Remember which token the session of a launch is."""
    await transaction.execute(update(lti_launches).where(lti_launches.c.id == launch_id).values(token_id=token_id))


async def forget_tokens(transaction: Transaction, *, before: datetime, most: int) -> int:
    """Forget the tokens of launches that ended before an instant; gives how many."""
    ended = select(lti_launches.c.token_id).join_from(lti_launches, api_tokens).where(api_tokens.c.expires_at < before)
    # What is deleted from is read here for itself.
    oldest = ended.correlate(None).order_by(lti_launches.c.token_id).limit(most)
    gone = delete(api_tokens).where(api_tokens.c.id.in_(oldest))
    return (await transaction.execute(gone)).rowcount


async def forget(transaction: Transaction, *, before: datetime, most: int) -> int:
    """Forget launches from before an instant to which no grade belongs, and that hold no token; gives how many."""
    scored = exists().where(lti_scores.c.launch_id == lti_launches.c.id)
    old = select(lti_launches.c.id).where(
        lti_launches.c.launched_at < before, lti_launches.c.token_id.is_(None), ~scored
    )
    gone = delete(lti_launches).where(lti_launches.c.id.in_(old.order_by(lti_launches.c.id).limit(most)))
    return (await transaction.execute(gone)).rowcount
