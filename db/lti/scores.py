"""Grades on their way to platforms: queued, held by one process at a time, and recorded as it went."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, case, delete, exists, func, insert, literal, null, select, update

from db.connections.database import NEWS, Database, Transaction
from db.courses import courses
from db.leases import after, clock, is_any, is_free
from db.lessons import lessons
from db.lti.grading import LINK, known_line
from db.lti.tables import lti_launches, lti_platforms, lti_scores
from db.predicates import Condition

scores, launches, platforms = lti_scores.c, lti_launches.c, lti_platforms.c
SECONDS, RETRY = "lease_seconds", "retry_seconds"
UNFINISHED = scores.finished_at.is_(None)
FREE: dict[str, Any] = {"lease_token": null(), "lease_until": null()}
FINISHED: dict[str, Any] = {"finished_at": clock(), "next_attempt_at": null()}


class NewScore(NamedTuple):
    """A grade that is to be sent."""

    launch_id: int
    platform_id: int
    organization_id: int
    student_id: int
    subject: str
    line: str
    score_given: float | None
    score_maximum: float | None
    comment: str | None
    activity_progress: str
    grading_progress: str
    scored_at: datetime
    source: str


class Held(NamedTuple):
    """A grade that this process sends, as long as it keeps the lease; `attempt` counts from 1.

    `line` is an address, or names a resource link of which `known_line` is the address, where anybody knows one.
    """

    id: int
    lease_token: str
    attempt: int
    launch_id: int
    organization_id: int
    student_id: int | None
    subject: str
    line: str
    score_given: float | None
    score_maximum: float | None
    comment: str | None
    activity_progress: str
    grading_progress: str
    scored_at: datetime
    platform_id: int
    is_active: bool
    client_id: str
    token_url: str
    token_audience: str | None
    resource_link_id: str | None
    line_items_url: str | None
    ags_scopes: Sequence[str]
    code: str | None
    name: str | None
    known_line: str | None


class Outcome(NamedTuple):
    """What came of an attempt: delivered, failed, or pending, and then in how many seconds to try again.

    `response_code` is None for no whole answer.
    """

    status: str
    response_code: int | None = None
    error: str | None = None
    retry_s: float = 0.0


async def add(transaction: Transaction, score: NewScore, now: datetime) -> int:
    """Queue a grade; gives its number. It is not sent before its own instant.

    What waits still for the same learner and line is superseded, but for what is being sent at this moment.
    """
    due = {"status": "pending", "created_at": clock(), "next_attempt_at": max(now, score.scored_at)}
    row = insert(lti_scores).values(**score._asdict(), **due).returning(scores.id)
    id_ = int((await transaction.execute(row)).scalar_one())
    same = (scores.platform_id == score.platform_id) & (scores.line == score.line) & (scores.subject == score.subject)
    earlier = update(lti_scores).where(same, UNFINISHED, is_free(scores), scores.id < id_)
    await transaction.execute(earlier.values(status="superseded", **FINISHED, **FREE))
    transaction.info[NEWS] = True
    return id_


def due() -> Condition:
    """Grades that are due and that nobody sends."""
    return UNFINISHED & (scores.next_attempt_at <= clock()) & is_free(scores)


def unsent() -> Select[tuple[int]]:
    """The same grades as rows."""
    return select(scores.id).where(due())


async def is_due(database: Database) -> bool:
    """Whether a grade is due that nobody sends: a look that locks nothing."""
    return await is_any(database, unsent)


async def hold(
    transaction: Transaction, token: str, *, full: Collection[int], most: int, each: int, seconds: float
) -> list[Held]:
    """Take grades that are due and that nobody sends, those that wait longest first; the attempt is counted.

    Of one learner and line one at a time, and of a line that is not known yet one at all, since whoever sends it may
    make the line. At most `each` of one platform, and none of those that are `full`.
    """
    taken = await taken_platforms(transaction, full, most)
    ids = list((await transaction.execute(in_turn(taken, each).limit(most))).scalars()) if taken else []
    if not ids:
        return []
    # Asked once more: SQLite locks nothing for a read, and somebody may have taken them since.
    mine = update(lti_scores).where(scores.id.in_(ids), due())
    mine = mine.values(lease_token=token, lease_until=after(SECONDS), attempt_count=scores.attempt_count + 1)
    held = list((await transaction.execute(mine.returning(scores.id), {SECONDS: seconds})).scalars())
    return [Held(*row) for row in await transaction.execute(whole_scores().where(scores.id.in_(held)))]


async def taken_platforms(transaction: Transaction, full: Collection[int], most: int) -> list[int]:
    """Platforms for which something is due, locked until the end; those of whose grades somebody disposes are left."""
    of_platform = (scores.platform_id == platforms.id) & due()
    oldest = select(func.min(scores.next_attempt_at)).where(of_platform).scalar_subquery()
    wanted = exists(select(scores.id).where(of_platform)) & platforms.id.not_in(full)
    found = select(platforms.id).where(wanted).order_by(oldest, platforms.id).limit(most)
    return list((await transaction.execute(found.with_for_update(key_share=True, skip_locked=True))).scalars())


def in_turn(of: Collection[int], each: int) -> Select[tuple[int]]:
    """The grades of some platforms whose turn it is, one of each platform before the second of any."""
    other, is_link = lti_scores.alias("other").c, scores.line.startswith(LINK, autoescape=True)
    same_line = (other.platform_id == scores.platform_id) & (other.line == scores.line) & (other.id != scores.id)
    under_way = other.finished_at.is_(None) & (other.lease_until >= clock())
    blocked = exists(select(other.id).where(same_line, under_way, is_link | (other.subject == scores.subject)))
    order = (scores.next_attempt_at, scores.id)
    alone = (scores.platform_id, scores.line, case((is_link, literal("")), else_=scores.subject))
    first = func.row_number().over(partition_by=alone, order_by=order).label("first")
    ready = select(scores.id, scores.platform_id, scores.next_attempt_at, first)
    one = ready.where(due(), scores.platform_id.in_(of), ~blocked).subquery("ready").c
    at = (one.next_attempt_at, one.id)
    place = func.row_number().over(partition_by=one.platform_id, order_by=at).label("place")
    turn = select(one.id, place).where(one.first == 1).subquery("turn").c
    return select(turn.id).where(turn.place <= each).order_by(turn.place, turn.id)


def whole_scores() -> Select[Any]:
    """Grades as Held has them, with what is known of their launches and platforms."""
    own = Held._fields[Held._fields.index("launch_id") : Held._fields.index("is_active")]
    found = select(
        *(scores.id, scores.lease_token, scores.attempt_count, *[scores[name] for name in own]),
        *(platforms.is_active, platforms.client_id, platforms.token_url, platforms.token_audience),
        *(launches.resource_link_id, launches.line_items_url, launches.ags_scopes),
        func.coalesce(lessons.c.code, courses.c.code),
        func.coalesce(lessons.c.name, courses.c.name, launches.resource_link_title, launches.resource_link_id),
        known_line(launches.platform_id, launches.resource_link_id),
    )
    found = found.join_from(lti_scores, lti_launches, launches.id == scores.launch_id)
    found = found.join(lti_platforms, platforms.id == scores.platform_id)
    found = found.outerjoin(courses, courses.c.id == launches.course_id)
    return found.outerjoin(lessons, lessons.c.id == launches.lesson_id)


def ours(one: Held) -> Condition:
    """The grade, while it is this process's to send."""
    return (scores.id == one.id) & (scores.lease_token == one.lease_token) & UNFINISHED


async def renew(transaction: Transaction, tokens: Sequence[str], *, seconds: float) -> set[int]:
    """Hold on to everything that is held by these tokens; gives the grades that are."""
    mine = update(lti_scores).where(scores.lease_token.in_(tokens), UNFINISHED).values(lease_until=after(SECONDS))
    return set((await transaction.execute(mine.returning(scores.id), {SECONDS: seconds})).scalars())


async def record(transaction: Transaction, one: Held, outcome: Outcome) -> str | None:
    """Record what came of an attempt; gives the status, None where the grade is not ours any more.

    What did not arrive is superseded where a newer grade of the same learner and line waits.
    """
    newer = lti_scores.alias("newer").c
    same = (newer.platform_id == scores.platform_id) & (newer.line == scores.line) & (newer.subject == scores.subject)
    waits = exists(select(newer.id).where(same, newer.id > scores.id, newer.finished_at.is_(None)))
    said: dict[str, Any] = {"response_code": outcome.response_code, "error": outcome.error, **FREE}
    attempted = update(lti_scores).where(ours(one))
    if outcome.status != "delivered":
        left = attempted.where(waits).values(status="superseded", **said, **FINISHED)
        if (await transaction.execute(left)).rowcount:
            return "superseded"
    done = {"next_attempt_at": after(RETRY)} if outcome.status == "pending" else FINISHED
    values = {RETRY: outcome.retry_s} if outcome.status == "pending" else {}
    there = await transaction.execute(attempted.values(status=outcome.status, **said, **done), values)
    return outcome.status if there.rowcount else None


async def again(transaction: Transaction, ids: Sequence[int]) -> int:
    """Send grades that failed once more, as they are, but for those that a newer one followed; gives how many."""
    newer = lti_scores.alias("newer").c
    same = (newer.platform_id == scores.platform_id) & (newer.line == scores.line) & (newer.subject == scores.subject)
    followed = exists(select(newer.id).where(same, newer.id > scores.id))
    named = update(lti_scores).where(scores.id.in_(ids), scores.status == "failed", ~followed)
    anew: dict[str, Any] = {"status": "pending", "finished_at": null(), "next_attempt_at": clock(), "attempt_count": 0}
    transaction.info[NEWS] = True
    return (await transaction.execute(named.values(**anew, response_code=null(), error=null()))).rowcount


async def forget(transaction: Transaction, *, before: datetime, most: int) -> int:
    """Forget what was finished before an instant; gives how much it was, at most so much at once."""
    old = select(scores.id).where(scores.finished_at < before).limit(most)
    return (await transaction.execute(delete(lti_scores).where(scores.id.in_(old)))).rowcount
