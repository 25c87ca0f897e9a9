"""What is to be graded: launches with a grade service, how far their learners are, and what was queued before.

A line of a platform's gradebook is named by its address, or, before that is known, by the resource link for which it is
to be found or made.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, case, exists, func, literal, select, tuple_, update

from db.connections.database import Transaction
from db.courses import enrollments
from db.json_text import Expression
from db.leases import clock
from db.lessons import lessons
from db.lti.tables import lti_launches, lti_platforms, lti_scores
from db.predicates import Condition
from db.progress.derived import lesson_progress

LINK = "link:"
launches, scores = lti_launches.c, lti_scores.c


class LineKey(NamedTuple):
    """One learner's place in a line of a platform's gradebook."""

    platform_id: int
    line: str
    subject: str


class Launch(NamedTuple):
    """A learner's launch for which grades may go back; `line` is None where the platform names none in any way."""

    id: int
    platform_id: int
    organization_id: int
    student_id: int
    subject: str
    resource_link_id: str | None
    course_id: int | None
    lesson_id: int | None
    line: str | None


class Offered(NamedTuple):
    """What a launch offered, for whoever sends a grade by its number."""

    platform_id: int
    has_grade_service: bool
    is_of_learner: bool


class Mark(NamedTuple):
    """A lesson that a learner completed: the best score, from 0 to 1, where anything in it was scored."""

    lesson_id: int
    course_id: int
    best_score: float | None


class Before(NamedTuple):
    """What was queued before: the last score that came of completion, the last instant, and the last that may be known.

    A score may be known to the platform as soon as it was tried to send it.
    """

    score: float | None = None
    last: datetime | None = None
    sent: datetime | None = None


async def platforms_of(transaction: Transaction, students: Collection[int]) -> list[int]:
    """The platforms that are to be told grades of some students."""
    found = select(launches.platform_id).distinct().where(launches.student_id.in_(students), gradable())
    return sorted((await transaction.execute(found)).scalars())


async def locked(transaction: Transaction, platforms: Collection[int]) -> datetime:
    """Let nobody else queue grades for these platforms, or begin to send them, until the end; gives the time.

    Whoever needs several locks them by number, so that nobody waits in a circle.
    """
    ordered = select(lti_platforms.c.id).where(lti_platforms.c.id.in_(platforms)).order_by(lti_platforms.c.id)
    await transaction.execute(ordered.with_for_update(key_share=True))
    at: datetime = (await transaction.execute(select(clock()))).scalar_one()
    return at


async def newest_launches(
    transaction: Transaction, students: Collection[int], courses: Collection[int]
) -> list[Launch]:
    """The launches of these students, for these courses and their lessons, by which each link was opened last.

    A link that was opened last for something else, or without a grade service, is not among them.
    """
    newer = lti_launches.alias("newer")
    same = (newer.c.platform_id == launches.platform_id) & (newer.c.resource_link_id == launches.resource_link_id)
    again = exists(select(newer.c.id).where(same, newer.c.subject == launches.subject, newer.c.id > launches.id))
    found = whole_launches().where(launches.student_id.in_(students), launches.course_id.in_(courses), ~again)
    return [Launch(*row) for row in await transaction.execute(found.where(gradable()).order_by(launches.id))]


async def platform_of(transaction: Transaction, launch_id: int) -> int | None:
    """The platform of a launch, if grades may go back for it."""
    found = select(launches.platform_id).where(launches.id == launch_id, gradable())
    platform_id: int | None = (await transaction.execute(found)).scalar()
    return platform_id


async def launch(transaction: Transaction, id_: int) -> Launch | None:
    """A launch by its number, if grades may go back for it."""
    row = (await transaction.execute(whole_launches().where(launches.id == id_, gradable()))).first()
    return None if row is None else Launch(*row)


async def offered(transaction: Transaction, id_: int, within: Condition) -> Offered | None:
    """What a launch offered that a condition lets through; None where there is none."""
    found = select(launches.platform_id, launches.has_grade_service, of_learner().label("of_learner"))
    row = (await transaction.execute(found.where(launches.id == id_, within))).first()
    return None if row is None else Offered(*row)


def whole_launches() -> Select[Any]:
    """Launches as Launch has them."""
    return select(*[launches[name] for name in Launch._fields[:-1]], line())


def gradable() -> Condition:
    """Learners' launches of something, with a grade service, from platforms that are not switched off."""
    active = select(lti_platforms.c.id).where(lti_platforms.c.is_active)
    return launches.has_grade_service & of_learner() & launches.platform_id.in_(active)


def of_learner() -> Condition:
    """Launches by which a learner was shown something."""
    return launches.student_id.is_not(None) & (launches.message_type == "resource_link")


def line() -> Expression:
    """The name of a launch's line: its address, from this launch or from another one of the same link, or the link."""
    return func.coalesce(
        launches.line_item_url,
        known_line(launches.platform_id, launches.resource_link_id),
        literal(LINK).concat(launches.resource_link_id),
    )


def known_line(platform_id: Expression, resource_link_id: Expression) -> Expression:
    """The address of the line of a resource link, as it was told or found last; NULL while nobody knows it."""
    told = lti_launches.alias("told")
    of_link = (told.c.platform_id == platform_id) & (told.c.resource_link_id == resource_link_id)
    last = select(told.c.line_item_url).where(of_link, told.c.line_item_url.is_not(None))
    return last.order_by(told.c.id.desc()).limit(1).scalar_subquery()


async def courses_of(transaction: Transaction, lesson_ids: Collection[int]) -> dict[int, int]:
    """The course of each lesson."""
    rows = await transaction.execute(select(lessons.c.id, lessons.c.course_id).where(lessons.c.id.in_(lesson_ids)))
    return {row[0]: row[1] for row in rows}


async def marks(transaction: Transaction, students: Collection[int], courses: Collection[int]) -> dict[int, list[Mark]]:
    """The lessons of these courses that each of the students completed."""
    kept = lesson_progress.c
    done = kept.student_id.in_(students) & kept.course_id.in_(courses) & kept.completed_at.is_not(None)
    found: dict[int, list[Mark]] = {}
    columns = (kept.student_id, kept.lesson_id, kept.course_id, kept.best_score)
    for student_id, *mark in await transaction.execute(select(*columns).where(done)):
        found.setdefault(student_id, []).append(Mark(*mark))
    return found


async def completed_courses(
    transaction: Transaction, students: Collection[int], courses: Collection[int]
) -> set[tuple[int, int]]:
    """Who of these students completed which of these courses."""
    kept = enrollments.c
    done = kept.student_id.in_(students) & kept.course_id.in_(courses) & kept.completed_at.is_not(None)
    rows = await transaction.execute(select(kept.student_id, kept.course_id).where(done))
    return {(student_id, course_id) for student_id, course_id in rows}


async def queued_before(transaction: Transaction, keys: Sequence[LineKey]) -> dict[LineKey, Before]:
    """What was queued before, for those for whom anything was."""
    if not keys:
        return {}
    key = (scores.platform_id, scores.line, scores.subject)
    ours = tuple_(*key).in_(keys)
    of_completion = select(func.max(scores.id)).where(ours, scores.source == "completion").group_by(*key)
    completions = select(*key, scores.score_given).where(scores.id.in_(of_completion))
    given = {LineKey(*row[:3]): row[3] for row in await transaction.execute(completions)}
    tried = func.max(case((scores.attempt_count > 0, scores.scored_at)))
    instants = select(*key, func.max(scores.scored_at), tried).where(ours).group_by(*key)
    rows = [(LineKey(*row[:3]), row[3], row[4]) for row in await transaction.execute(instants)]
    return {one: Before(given.get(one), last, sent) for one, last, sent in rows}


async def unsettled(transaction: Transaction, links: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Of some resource links, by platform, those for which scores stand that name no address."""
    if not links:
        return []
    named = [(platform_id, f"{LINK}{link}") for platform_id, link in links]
    found = select(scores.platform_id, scores.line).distinct()
    found = found.where(tuple_(scores.platform_id, scores.line).in_(named))
    return [(platform_id, name.removeprefix(LINK)) for platform_id, name in await transaction.execute(found)]


async def rename_lines(transaction: Transaction, platform_id: int, resource_link_id: str, url: str) -> None:
    """What was queued for a link whose line has an address by now belongs to that line.

    But for a score of an instant that the line has another one of: only where two links lead to one line.
    """
    there = lti_scores.alias("there")
    same = (there.c.platform_id == platform_id) & (there.c.line == url) & (there.c.subject == scores.subject)
    taken = exists(select(there.c.id).where(same, there.c.scored_at == scores.scored_at))
    ours = (scores.platform_id == platform_id) & (scores.line == f"{LINK}{resource_link_id}")
    await transaction.execute(update(lti_scores).where(ours, ~taken).values(line=url))


async def keep_line(transaction: Transaction, platform_id: int, resource_link_id: str, url: str) -> str:
    """Keep the address of a link's line for all its launches; gives the one that stands, which may be another's."""
    await locked(transaction, [platform_id])
    known = known_line(literal(platform_id), literal(resource_link_id))
    standing = (await transaction.execute(select(known))).scalar()
    if standing is None:
        of_link = (launches.platform_id == platform_id) & (launches.resource_link_id == resource_link_id)
        without = update(lti_launches).where(of_link, launches.line_item_url.is_(None))
        await transaction.execute(without.values(line_item_url=url))
    found = url if standing is None else str(standing)
    await rename_lines(transaction, platform_id, resource_link_id, found)
    return found
