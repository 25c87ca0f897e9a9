"""What insights into a learner's own work are made from: scored answers, and trainings that lie ahead."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Dialect, func, literal, or_, select

from db.accounts import users
from db.base import Moment
from db.connections.database import Database
from db.courses import courses, is_published
from db.lessons import training_items, trainings
from db.predicates import Predicate, among, parameter
from db.progress.derived import learners, training_progress
from db.progress.events import progress_events
from db.rows import moment
from db.sight import Sight
from db.statements.statement import Statement, compiled


class Known(NamedTuple):
    """The time zone in which a learner lives, and the level over all skills."""

    id: int
    time_zone: str
    cefr_level: str | None


class Answered(NamedTuple):
    """One scored answer."""

    occurred_at: datetime
    skill: str
    score: float
    duration_ms: int


class Candidate(NamedTuple):
    """A training that exercises a skill."""

    training_id: int
    skill: str
    cefr_level: str
    best_score: float | None


async def answered(
    database: Database, student_id: int, since: datetime, until: datetime, sight: Sight
) -> list[Answered]:
    """A learner's scored answers from one instant up to another, in order."""
    events = progress_events.c
    within = (events.occurred_at >= parameter("since", Moment())) & (events.occurred_at < parameter("until", Moment()))
    found = select(events.occurred_at, events.skill, events.score, events.duration_ms).where(
        events.student_id == parameter("student"), within, events.skill.is_not(None), events.score.is_not(None)
    )
    statement = compiled(found.order_by(events.occurred_at, events.id), database.dialect)
    values = {"student": student_id, "since": since, "until": until}
    records = await database.seen(statement, values, sight)
    return [Answered(moment(at), skill, score, duration) for at, skill, score, duration in records]


def candidates_statement(dialect: Dialect, within: Predicate) -> Statement:
    """The Candidates: trainings of published courses at some levels with items in some skills, not yet passed.

    They are of courses that `within` lets through, the nearest in the order of courses and lessons first. It binds
    `student`, `skills`, `levels` and `now`.
    """
    joined = (
        training_items.join(trainings, trainings.c.id == training_items.c.training_id)
        .join(courses, courses.c.id == training_items.c.course_id)
        .outerjoin(
            training_progress,
            (training_progress.c.training_id == trainings.c.id)
            & (training_progress.c.student_id == parameter("student")),
        )
    )
    best = training_progress.c.best_score
    found = (
        select(trainings.c.id, training_items.c.skill, courses.c.cefr_level, best)
        .select_from(joined)
        .where(
            is_published(courses.c),
            within(courses.c),
            among(training_items.c.skill, parameter("skills")),
            among(courses.c.cefr_level, parameter("levels")),
            or_(training_progress.c.completed_at.is_(None), best < literal(0.8)),
        )
        .group_by(trainings.c.id, training_items.c.skill, courses.c.cefr_level, best, courses.c.seq, trainings.c.seq)
        .order_by(courses.c.seq, func.min(training_items.c.lesson_id), trainings.c.seq, trainings.c.id)
    )
    return compiled(found, dialect)


async def learner_known(database: Database, student_id: int) -> Known:
    """What is known of a learner beforehand. This is the system's own read: an account shows to its owner alone."""
    found = (
        select(users.c.id, users.c.time_zone, learners.c.cefr_level)
        .join_from(users, learners, learners.c.student_id == users.c.id, isouter=True)
        .where(users.c.id == parameter("student"))
    )
    (record,) = await database.fetch(compiled(found, database.dialect), {"student": student_id})
    return Known(*record)
