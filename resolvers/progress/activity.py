"""What a learner did day by day, and the streaks and achievements that follow from these days."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import isqrt
from typing import Any
from zoneinfo import ZoneInfo

from db.progress.facts import Fact
from db.progress.kept import AMOUNTS, Day
from resolvers.progress.answers import PASS

ONE_DAY = timedelta(days=1)
XP_OF_LEVEL_2 = 50


def amounts(fact: Fact) -> dict[str, int]:
    """What one fact adds to the periods that it falls into."""
    answered = fact.verb == "answered"
    done = fact.verb == "completed" and fact.training_id is None
    return {
        "duration_ms": fact.duration_ms,
        "xp": fact.xp,
        "lessons_completed": int(done and fact.lesson_id is not None),
        "courses_completed": int(done and fact.lesson_id is None),
        "items_answered": int(answered),
        "items_correct": int(answered and fact.score is not None and fact.score >= PASS),
    }


def activity_rows(student_id: int, facts: Iterable[Fact]) -> list[Mapping[str, Any]]:
    """What facts add to each day, week and month, of their course and of all courses together."""
    sums: dict[tuple[int | None, str, date], dict[str, int]] = {}
    for fact in facts:
        added = amounts(fact)
        for granularity, period in periods(fact.local_day):
            for course_id in (fact.course_id, None):
                total = sums.setdefault((course_id, granularity, period), dict.fromkeys(AMOUNTS, 0))
                for name, amount in added.items():
                    total[name] += amount
    return [
        {"student_id": student_id, "course_id": course_id, "granularity": granularity, "period": period, **total}
        for (course_id, granularity, period), total in sums.items()
    ]


def periods(day: date) -> Iterator[tuple[str, date]]:
    """The day itself, the Monday of its week, and the first of its month."""
    yield "day", day
    yield "week", day - timedelta(days=day.weekday())
    yield "month", day.replace(day=1)


def level_of(xp: int) -> int:
    """The level of so many points: 2 from 50, 3 from 200, 4 from 450; each takes more than the one before."""
    return 1 + isqrt(xp // XP_OF_LEVEL_2)


@dataclass(frozen=True, slots=True)
class Streaks:
    """Days in a row: the run that ends with the last active day, when it lapses, and the longest."""

    current: int
    until: datetime | None
    longest: int
    last_active_on: date | None


def streaks(days: Sequence[Day], time_zone: str) -> Streaks:
    """The streaks of days in order. A run lapses when a whole day of the learner's goes by without activity."""
    run = longest = 0
    before: date | None = None
    for day in days:
        run = run + 1 if before is not None and day.period == before + ONE_DAY else 1
        longest, before = max(longest, run), day.period
    if before is None:
        return Streaks(0, None, 0, None)
    lapses = datetime.combine(before + 2 * ONE_DAY, time.min, ZoneInfo(time_zone))
    return Streaks(run, lapses, longest, before)


def reached(days: Sequence[Day], amount: Callable[[Day], int], goal: int) -> date | None:
    """The day on which an amount, summed up, came to a goal."""
    total = 0
    for day in days:
        total += amount(day)
        if total >= goal:
            return day.period
    return None


def streak_reached(days: Sequence[Day], goal: int) -> date | None:
    """The day on which a run of days was first so long."""
    run, before = 0, None
    for day in days:
        run = run + 1 if before is not None and day.period == before + ONE_DAY else 1
        before = day.period
        if run >= goal:
            return day.period
    return None


# Code of an achievement → when it was earned; db/progress/achievements.json has their names.
EARNED: Mapping[str, Callable[[Sequence[Day]], date | None]] = {
    "first_lesson": lambda days: reached(days, lambda day: day.lessons_completed, 1),
    "lessons_10": lambda days: reached(days, lambda day: day.lessons_completed, 10),
    "first_course": lambda days: reached(days, lambda day: day.courses_completed, 1),
    "streak_3": lambda days: streak_reached(days, 3),
    "streak_7": lambda days: streak_reached(days, 7),
    "streak_30": lambda days: streak_reached(days, 30),
    "xp_500": lambda days: reached(days, lambda day: day.xp, 500),
    "xp_2000": lambda days: reached(days, lambda day: day.xp, 2000),
}


def achievements(days: Sequence[Day]) -> dict[str, date]:
    """Everything that was earned by these days, with the day of each."""
    found = {code: earned(days) for code, earned in EARNED.items()}
    return {code: day for code, day in found.items() if day is not None}
