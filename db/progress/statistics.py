"""Numbers over all learners in someone's reach, in one statement."""

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Date, Dialect, Select, cast, func, literal, select

from db.courses import courses, is_published
from db.json_text import Expression
from db.lessons import lessons
from db.predicates import Predicate, parameter
from db.progress.derived import activity
from db.progress.shown import MINUTE_MS
from db.statements.statement import Statement, compiled
from db.students import students

SINCE = "active_since"


class Statistics(NamedTuple):
    """Learners, published courses and their lessons, lessons completed, minutes spent, learners active of late."""

    learners: int
    courses: int
    lessons: int
    completions: int
    minutes: int
    active: int


def statistics_statement(dialect: Dialect, *, learners: Predicate, courses_in_sight: Predicate) -> Statement:
    """The statement that answers a Statistics; it binds `active_since`, a day, beside what the predicates bind."""
    published = (is_published(courses.c), courses_in_sight(courses.c))
    taught = select(func.count()).select_from(lessons.join(courses, courses.c.id == lessons.c.course_id))
    # PostgreSQL's sum of 64-bit integers is a decimal, whose half minutes would stay.
    spent = cast(func.coalesce(func.sum(activity.c.duration_ms), literal(0)), BigInteger)
    minutes = spent // literal(MINUTE_MS)
    since = parameter(SINCE, Date())
    values: dict[str, Select[Any]] = {
        "learners": select(func.count()).select_from(students).where(learners(students.c)),
        "courses": select(func.count()).select_from(courses).where(*published),
        "lessons": taught.where(*published),
        "completions": of_activity(
            func.coalesce(func.sum(activity.c.lessons_completed), literal(0)), "month", learners
        ),
        "minutes": of_activity(minutes, "month", learners),
        "active": of_activity(func.count(activity.c.student_id.distinct()), "day", learners).where(
            activity.c.period >= since
        ),
    }
    found: Select[Any] = select(*[value.scalar_subquery().label(name) for name, value in values.items()])
    return compiled(found, dialect)


def of_activity(amount: Expression, granularity: str, learners: Predicate) -> Select[Any]:
    """An amount over what learners did in all courses together."""
    of_all = (activity.c.granularity == literal(granularity)) & activity.c.course_id.is_(None)
    origin = activity.join(students, students.c.id == activity.c.student_id)
    return select(amount).select_from(origin).where(of_all, learners(students.c))
