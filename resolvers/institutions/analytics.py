"""What is learned in an organization and its children, over time, as far as it may be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from db.courses import CEFR_LEVELS
from db.japan import JAPAN
from db.predicates import Columns, Condition
from db.progress.analytics import (
    ACTIVE,
    GRANULARITY,
    ORGANIZATION,
    PERIOD,
    PLACE,
    SINCE,
    UNTIL,
    Counted,
    analytics_statement,
    counted,
)
from db.progress.shown import MINUTE_MS
from resolvers.access import require
from resolvers.context import Request
from resolvers.errors import BadInput
from resolvers.institutions.suppression import Group, Levels, grouped
from resolvers.policy import Operation
from resolvers.scopes import in_reach, student_in_reach

DEFAULT_DAYS, MOST_DAYS = 30, 400
EARLIEST, LATEST = date(1900, 1, 1), date(9998, 12, 31)
# Every learner stands at one of these; None where nobody knows.
LEVELS = (*CEFR_LEVELS, None)


@dataclass(frozen=True, slots=True)
class Point:
    """What was learned in one period, minutes as whole ones; all None where too few learners were active to tell it."""

    period: date
    active_learners: int | None
    lessons_completed: int | None
    courses_completed: int | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What was learned in all periods that are told, and how many learners there are."""

    learners: int | None
    active_learners: int | None
    lessons_completed: int | None
    courses_completed: int | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """One of the children, as it is told by itself."""

    organization_id: int
    name: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Analytics:
    """Everything of an organization, its children included; `since` and `until` are whole periods."""

    organization_id: int
    name: str
    since: date
    until: date
    totals: Totals
    levels: Levels
    series: Sequence[Point]
    children: Sequence[Place]


async def analytics(
    request: Request, organization_id: int, *, since: date | None, until: date | None, granularity: str
) -> Analytics | None:
    """What was learned from the period of the day `since` to that of `until`; None for an organization out of reach.

    Days are those of the learners' own calendars; unless told they are the last 30, Japan time.
    """
    standing = require(request.viewer, Operation.ANALYTICS, "Query.organizationAnalytics").standing
    first, last = span(since, until, request.now.astimezone(JAPAN).date(), granularity)

    def people(columns: Columns) -> Condition:
        return student_in_reach(standing, Operation.ANALYTICS, columns, columns["id"]) & columns["locked_at"].is_(None)

    def places(columns: Columns) -> Condition:
        return in_reach(standing, Operation.ANALYTICS, columns["id"])

    statement = analytics_statement(request.database.dialect, places=places, people=people)
    days = {SINCE: first, UNTIL: last, GRANULARITY: granularity, ORGANIZATION: organization_id}
    rows = [counted(record) for record in await request.fetch(statement, {**request.parameters(), **days})]
    return told(organization_id, rows, periods(first, last, granularity), end_of(last, granularity))


def span(since: date | None, until: date | None, today: date, granularity: str) -> tuple[date, date]:
    """The first days of the first and of the last period; BadInput for none, or for too many days."""
    last = until or today
    if not EARLIEST <= last <= LATEST:
        raise BadInput(f"Ask for days from {EARLIEST} to {LATEST}.", reason="days", field="until")
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadInput(f"Ask for 1 to {MOST_DAYS} days, from the first to the last.", reason="days", field="since")
    return begin_of(first, granularity), begin_of(last, granularity)


def begin_of(day: date, granularity: str) -> date:
    """The first day of the period of a day."""
    match granularity:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
    return day


def next_of(begin: date, granularity: str) -> date:
    """The first day of the next period."""
    days = {"day": 1, "week": 7, "month": 31}[granularity]
    return begin_of(begin + timedelta(days=days), granularity)


def end_of(begin: date, granularity: str) -> date:
    """The last day of a period."""
    return next_of(begin, granularity) - timedelta(days=1)


def periods(first: date, last: date, granularity: str) -> list[date]:
    """The first day of every period, from one to another."""
    found = [first]
    while found[-1] < last:
        found.append(next_of(found[-1], granularity))
    return found


def told(organization_id: int, rows: Sequence[Counted], begins: Sequence[date], end: date) -> Analytics | None:
    """What may be told of what was counted; None where the organization itself is not among it."""
    names = {row.organization_id: row.label or "" for row in rows if row.kind == PLACE}
    if organization_id not in names:
        return None
    children = sorted(names.keys() - {organization_id})
    alone = {child: grouped([row for row in rows if row.organization_id == child], LEVELS) for child in children}
    whole = grouped(rows, LEVELS, tuple(alone.values()))
    return Analytics(
        organization_id=organization_id,
        name=names[organization_id],
        since=begins[0],
        until=end,
        totals=totals(whole, begins),
        levels=whole.levels,
        series=[point(whole, begin) for begin in begins],
        children=[Place(child, names[child], totals(alone[child], begins)) for child in children],
    )


def totals(group: Group, begins: Sequence[date]) -> Totals:
    """What a group did in all periods of which something may be told."""
    done = amounts(group, begins)
    return Totals(group.learners, group.number((ACTIVE, None)), *done)


def point(group: Group, begin: date) -> Point:
    """What a group did in one period."""
    return Point(begin, group.number((PERIOD, begin)), *amounts(group, [begin]))


def amounts(group: Group, begins: Sequence[date]) -> tuple[int | None, int | None, int | None]:
    """Lessons, courses and minutes of the periods of which something may be told."""
    found = group.sums([(PERIOD, begin) for begin in begins])
    if found is None:
        return None, None, None
    lessons, courses, duration_ms = found
    return lessons, courses, duration_ms // MINUTE_MS
