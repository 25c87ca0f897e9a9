"""Everything that is derived of a learner, worked out anew from the rows of events: plain loops, as the rules read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import fsum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from db.accounts import users
from db.connections.database import Database
from db.lessons import trainings
from db.progress.events import progress_events
from tests.progress.asking import Row, Tables, comparable, in_utc, rows

LEVELS = ["A1", "A2", "B1", "B2", "C1", "C2"]
DAY = timedelta(days=1)
AMOUNTS = ("duration_ms", "xp", "lessons_completed", "courses_completed", "items_answered", "items_correct")


@dataclass(frozen=True, slots=True)
class Learner:
    """A student, the own time zone, what the student did in the order of time, and how many trainings lessons have."""

    id: int
    time_zone: str
    events: Sequence[Row]
    trainings: Mapping[int, int]

    def tables(self) -> Tables:
        """The rows of every derived table."""
        return {
            "training_progress": comparable([*self.training_rows()]),
            "lesson_progress": comparable([*self.lesson_rows()]),
            "activity": comparable([*self.activity_rows()]),
            "learners": comparable([self.learner_row()] if self.events else []),
            "cefr_skills": comparable([row for rows in self.assessed().values() for row in rows[-1:]]),
            "cefr_changes": comparable([row for rows in self.assessed().values() for row in changed(rows)]),
            "learner_achievements": comparable([*self.achievement_rows()]),
            "enrollments": comparable([*self.course_rows()]),
        }

    def where(self, holds: Callable[[Row], bool]) -> list[Row]:
        """The events of which something holds."""
        return [event for event in self.events if holds(event)]

    def training_rows(self) -> Iterable[Row]:
        """How often each training was completed, how well, and when first."""
        for training_id in sorted({e["training_id"] for e in self.events if e["training_id"]}):
            ends = self.where(lambda e, one=training_id: e["training_id"] == one and e["verb"] == "completed")  # type: ignore[misc]  # a default argument binds the loop's variable
            scores = [end["score"] for end in ends if end["score"] is not None]
            if ends:
                yield {
                    "student_id": self.id,
                    "training_id": training_id,
                    "lesson_id": ends[0]["lesson_id"],
                    "best_score": max(scores, default=None),
                    "attempts": len(ends),
                    "completed_at": min(end["occurred_at"] for end in ends),
                }

    def lesson_rows(self) -> Iterable[Row]:
        """How far each lesson is in which anything was done."""
        trained = [*self.training_rows()]
        for lesson_id in sorted({e["lesson_id"] for e in self.events if e["lesson_id"]}):
            done = [event for event in self.events if event["lesson_id"] == lesson_id]
            ends = [e["occurred_at"] for e in done if e["verb"] == "completed" and e["training_id"] is None]
            trainings = [row for row in trained if row["lesson_id"] == lesson_id]
            scores = [row["best_score"] for row in trainings if row["best_score"] is not None]
            best = round(fsum(scores) / len(scores), 4) if scores else None
            total = self.trainings.get(lesson_id, 0)
            state = "in_progress" if not ends else "completed" if best is None else "passed"
            yield {
                "student_id": self.id,
                "lesson_id": lesson_id,
                "course_id": done[0]["course_id"],
                "state": "failed" if state == "passed" and best is not None and best < 0.6 else state,
                "percent": 100.0 if ends else round(100 * len(trainings) / total, 2) if total else 0.0,
                "best_score": best,
                "attempts": sum(row["attempts"] for row in trainings) or len(ends[:1]),
                "completed_at": min(ends, default=None),
                "updated_at": max(event["occurred_at"] for event in done),
            }

    def course_rows(self) -> Iterable[Row]:
        """When courses were completed."""
        ends = self.where(lambda e: e["verb"] == "completed" and e["lesson_id"] is None)
        for course_id in sorted({end["course_id"] for end in ends}):
            first = min(end["occurred_at"] for end in ends if end["course_id"] == course_id)
            yield {"course_id": course_id, "completed_at": first}

    def activity_rows(self) -> Iterable[Row]:
        """Sums by day, week from Monday, and month: of each course, and of all of them."""
        begins: dict[str, Callable[[date], date]] = {
            "day": lambda day: day,
            "week": lambda day: next(day - n * DAY for n in range(7) if (day - n * DAY).isoweekday() == 1),
            "month": lambda day: date(day.year, day.month, 1),
        }
        for course_id in {None, *(event["course_id"] for event in self.events)}:
            of_course = [event for event in self.events if course_id in (None, event["course_id"])]
            for granularity, begin in begins.items():
                known = {"student_id": self.id, "course_id": course_id, "granularity": granularity}
                for period, within in grouped(of_course, lambda e, of=begin: of(e["local_day"])).items():  # type: ignore[misc]  # a default argument binds the loop's variable
                    yield {**known, "period": period, **sums(within)}

    def days(self) -> dict[date, Row]:
        """Sums of all courses by day, in order."""
        return {day: sums(within) for day, within in sorted(grouped(self.events, lambda e: e["local_day"]).items())}

    def runs(self) -> dict[date, int]:
        """Of each day with activity, how many days in a row up to it had some."""
        active = {event["local_day"] for event in self.events}
        return {day: next(n for n in range(len(active) + 1) if day - n * DAY not in active) for day in active}

    def learner_row(self) -> Row:
        """Points, level, streaks and the level over all skills."""
        xp = sum(event["xp"] for event in self.events)
        runs = self.runs()
        last = max(runs)
        levels = sorted(LEVELS.index(rows[-1]["level"]) for rows in self.assessed().values() if rows)
        return {
            "student_id": self.id,
            "xp": xp,
            "level": max(level for level in range(1, 100) if 50 * (level - 1) ** 2 <= xp),
            "streak": runs[last],
            "streak_until": in_utc_at_midnight(last + 2 * DAY, self.time_zone),
            "longest_streak": max(runs.values()),
            "last_active_on": last,
            "cefr_level": LEVELS[levels[(len(levels) - 1) // 2]] if levels else None,
        }

    def achievement_rows(self) -> Iterable[Row]:
        """What was achieved, and on which day."""
        days, runs = self.days(), self.runs()
        goals = {"first_lesson": ("lessons_completed", 1), "lessons_10": ("lessons_completed", 10)}
        goals |= {"first_course": ("courses_completed", 1), "xp_500": ("xp", 500), "xp_2000": ("xp", 2000)}
        earned = {
            code: [day for day in days if sum(sums_[name] for at, sums_ in days.items() if at <= day) >= goal]
            for code, (name, goal) in goals.items()
        }
        earned |= {f"streak_{goal}": [day for day, run in runs.items() if run >= goal] for goal in (3, 7, 30)}
        for code, found in earned.items():
            if found:
                yield {"student_id": self.id, "achievement_code": code, "earned_on": min(found)}

    def assessed(self) -> dict[str, list[Row]]:
        """By skill, the level after each instant at which something was answered."""
        scored = self.where(lambda e: e["skill"] is not None and e["score"] is not None)
        return {skill: self.of_skill(skill, scored) for skill in {event["skill"] for event in scored}}

    def of_skill(self, skill: str, scored: Sequence[Row]) -> list[Row]:
        """The levels in one skill."""
        answers, found, level = [event for event in scored if event["skill"] == skill], [], None
        for at in sorted({answer["occurred_at"] for answer in answers}):
            window = [answer for answer in answers if answer["occurred_at"] <= at][-60:]
            level = first_level(window) if level is None else next_level(level, window)
            if level is not None:
                score = round(100 * mean(at_or_above(level, window) or at_or_above("A1", window)), 1)
                row = {"student_id": self.id, "skill": skill, "level": level, "score": score, "assessed_at": at}
                found.append(row)
        return found


async def learner(database: Database, student_id: int) -> Learner:
    """A student as the model takes one."""
    (person,) = await rows(database, users, id=student_id)
    async with database.writing() as transaction:
        told = select(progress_events).where(progress_events.c.student_id == student_id)
        learned = told.where(progress_events.c.course_id.is_not(None))
        records = await transaction.execute(learned.order_by(progress_events.c.occurred_at, progress_events.c.id))
        events = [{name: in_utc(value) for name, value in record.items()} for record in records.mappings()]
        counted = select(trainings.c.lesson_id, func.count()).group_by(trainings.c.lesson_id)
        totals: Mapping[int, int] = {row[0]: row[1] for row in await transaction.execute(counted)}
    return Learner(student_id, person["time_zone"], events, totals)


def grouped(events: Iterable[Row], key: Callable[[Row], date]) -> dict[date, list[Row]]:
    """Events by a day."""
    found: dict[date, list[Row]] = {}
    for event in events:
        found.setdefault(key(event), []).append(event)
    return found


def sums(events: Iterable[Row]) -> Row:
    """What some events come to."""
    found = dict.fromkeys(AMOUNTS, 0)
    for event in events:
        found["duration_ms"] += event["duration_ms"]
        found["xp"] += event["xp"]
        if event["verb"] == "completed" and event["training_id"] is None:
            found["courses_completed" if event["lesson_id"] is None else "lessons_completed"] += 1
        if event["verb"] == "answered":
            found["items_answered"] += 1
            found["items_correct"] += (event["score"] or 0) >= 0.6
    return found


def in_utc_at_midnight(day: date, time_zone: str) -> datetime:
    """The beginning of a day somewhere, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(ZoneInfo("UTC"))


def at_or_above(level: str, window: Iterable[Row]) -> list[float]:
    """The scores of the answers to items of a level or above."""
    counted = LEVELS[LEVELS.index(level) :]
    return [answer["score"] for answer in window if answer["cefr_level"] in counted]


def mean(scores: Sequence[float]) -> float:
    """The mean, 0 of none."""
    return fsum(scores) / len(scores) if scores else 0.0


def first_level(window: Sequence[Row]) -> str | None:
    """After five answers: the highest level with five of them and a mean of 0.6 or more, or else A1."""
    if len(window) < 5:
        return None
    reached = [level for level in LEVELS if len(at_or_above(level, window)) >= 5]
    return max((level for level in reached if mean(at_or_above(level, window)) >= 0.6), default="A1")


def next_level(level: str, window: Sequence[Row]) -> str:
    """Up to the highest level with ten answers and 0.7; or else down by one below 0.5."""
    reached = [one for one in LEVELS if len(at_or_above(one, window)) >= 10]
    higher = [one for one in reached if one > level and mean(at_or_above(one, window)) >= 0.7]
    if higher:
        return max(higher)
    down = level in reached and mean(at_or_above(level, window)) < 0.5
    return LEVELS[max(0, LEVELS.index(level) - 1)] if down else level


def changed(rows: Sequence[Row]) -> list[Row]:
    """The rows whose level is another than that of the row before."""
    before: list[Any] = [None, *[row["level"] for row in rows]]
    return [row for row, level in zip(rows, before, strict=False) if row["level"] != level]
