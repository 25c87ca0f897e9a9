"""What is learned in an organization and its children, counted for each of them, in one statement."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Date,
    Dialect,
    FromClause,
    Select,
    Text,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.types import TypeEngine

from db.connections.database import Row
from db.json_text import Expression
from db.organizations import organizations
from db.predicates import Predicate, parameter
from db.progress.derived import activity, learners
from db.rows import date as day
from db.statements.statement import Statement, compiled
from db.students import students

ORGANIZATION, GRANULARITY, SINCE, UNTIL = "organization", "granularity", "since", "until"
PLACE, ACTIVE, PERIOD, LEVEL = "place", "active", "period", "level"


class Counted(NamedTuple):
    """How many learners of one organization something is so of, and what they did.

    `kind` says what is counted: `place` is the organization itself, with no learners and its `label` the name;
    `active` who learned between the two days; `period` who learned in the one that begins on `period`; `level` who
    stands at the CEFR level in `label`, None for nobody knows.
    """

    kind: str
    organization_id: int
    period: date | None
    label: str | None
    learners: int
    lessons: int
    courses: int
    duration_ms: int


def analytics_statement(dialect: Dialect, *, places: Predicate, people: Predicate) -> Statement:
    """The statement that answers Counted for an organization in sight, and its children; nothing for one that is not.

    It binds `organization`, `granularity`, and the days `since` and `until`, between which a period begins.
    """
    seen = organizations.alias("seen")
    asked = parameter(ORGANIZATION, BigInteger())
    family = (seen.c.id == asked) | (seen.c.parent_id == asked)
    there = select(seen.c.id, seen.c.name).where(family, places(seen.c)).cte("there")
    found = students.join(there, there.c.id == students.c.organization_id)
    taught = (
        select(students.c.id, students.c.organization_id).select_from(found).where(people(students.c)).cte("taught")
    )
    named = selected(PLACE, there.c.id, nothing(Date()), there.c.name, *amounts(literal_column("0")))
    everything = union_all(named, *by_activity(taught), at_levels(taught)).subquery("counted")
    return compiled(select(*everything.c), dialect)


def by_activity(taught: FromClause) -> list[Select[Any]]:
    """Who learned, over all days and in each period: in all courses together."""
    columns, place = activity.c, taught.c.organization_id
    within = (columns.period >= parameter(SINCE, Date())) & (columns.period <= parameter(UNTIL, Date()))
    of_all = (columns.granularity == parameter(GRANULARITY, Text())) & columns.course_id.is_(None) & within
    origin = activity.join(taught, taught.c.id == columns.student_id)
    done = (columns.lessons_completed, columns.courses_completed, columns.duration_ms)
    sums = [cast(func.sum(column), BigInteger) for column in done]
    people = func.count(columns.student_id.distinct())
    whole = selected(ACTIVE, place, nothing(Date()), nothing(Text()), people, *sums).select_from(origin)
    each = selected(PERIOD, place, columns.period, nothing(Text()), people, *sums).select_from(origin)
    return [whole.where(of_all).group_by(place), each.where(of_all).group_by(place, columns.period)]


def at_levels(taught: FromClause) -> Select[Any]:
    """Who stands at which level now; of whom nobody knows the level, who has not been assessed."""
    levels, place = learners.c.cefr_level, taught.c.organization_id
    origin = taught.outerjoin(learners, learners.c.student_id == taught.c.id)
    found = selected(LEVEL, place, nothing(Date()), levels, *amounts(func.count()))
    return found.select_from(origin).group_by(place, levels)


def selected(kind: str, *columns: Expression) -> Select[Any]:
    """Rows of one kind, in the order of Counted."""
    whole = (literal_column(f"'{kind}'", Text()), *columns)
    return select(*[column.label(name) for name, column in zip(Counted._fields, whole, strict=True)])


def nothing(type_: TypeEngine[Any]) -> Expression:
    """What a row of this kind does not say."""
    return cast(null(), type_)


def amounts(people: Expression) -> list[Expression]:
    """So many learners, of whom is not counted what they did."""
    return [people, *(cast(literal_column("0"), BigInteger()) for _ in range(3))]


def counted(record: Row) -> Counted:
    """A record of analytics_statement."""
    found = Counted(*record)
    return found._replace(period=None if found.period is None else day(found.period))
