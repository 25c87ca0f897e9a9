"""Learners by experience points: ranked within whatever board is asked for, a page at a time, in one statement."""

from typing import NamedTuple

from sqlalchemy import Date, Dialect, Integer, Select, func, literal, select, true

from db.predicates import Predicate, parameter
from db.progress.derived import activity, learners
from db.statements.statement import Statement, compiled
from db.students import students

ALL = "all"


class Ranked(NamedTuple):
    """One learner on a board."""

    student_id: int
    uid: str
    organization_id: int
    last_name: str
    first_name: str
    xp: int
    rank: int


def leaderboard_statement(dialect: Dialect, period: str, *, board: Predicate) -> Statement:
    """A page: in each record how many learners are on the board, then a Ranked; beyond the end one record of NULLs.

    It binds `most`, `skipped` and, but for all time, `period`, the first day of the period.
    """
    points = of_all_time() if period == ALL else of_period(period)
    earned = points.where(board(students.c), students.c.locked_at.is_(None)).cte("earned")
    ranked = select(*earned.c, func.rank().over(order_by=earned.c.xp.desc()).label("rank"))
    ordered = ranked.order_by(earned.c.xp.desc(), earned.c.student_id)
    page = ordered.limit(parameter("most", Integer())).offset(parameter("skipped", Integer())).subquery("page")
    counted = select(func.count().label("total")).select_from(earned).subquery("counted")
    found = select(counted.c.total, *page.c).select_from(counted.outerjoin(page, true()))
    return compiled(found.order_by(page.c.xp.desc(), page.c.student_id), dialect)


def people() -> Select[tuple[int, str, int, str, str]]:
    """Who may be on a board."""
    return select(
        students.c.id.label("student_id"),
        students.c.uid,
        students.c.organization_id,
        students.c.last_name,
        students.c.first_name,
    )


def of_all_time() -> Select[tuple[int, str, int, str, str, int]]:
    """Points since the beginning."""
    found = people().add_columns(learners.c.xp).join(learners, learners.c.student_id == students.c.id)
    return found.where(learners.c.xp > literal(0))


def of_period(granularity: str) -> Select[tuple[int, str, int, str, str, int]]:
    """Points of one week or month."""
    found = people().add_columns(activity.c.xp).join(activity, activity.c.student_id == students.c.id)
    return found.where(
        activity.c.granularity == literal(granularity),
        activity.c.period == parameter("period", Date()),
        activity.c.course_id.is_(None),
        activity.c.xp > literal(0),
    )
