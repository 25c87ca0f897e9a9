"""A hundred generated institutions with their learners, and what analytics must tell of them, by plain loops."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from db.accounts import users
from db.connections.database import Database
from db.organizations import named, organizations
from db.progress.derived import activity, learners
from db.students import student, students

SCHOOLS, PARENTS, FIRST = 100, 14, 700_000
BEGIN, DAYS = date(2026, 8, 27), 45
END = BEGIN + timedelta(days=DAYS - 1)
LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2", None)
LAST = datetime(2999, 12, 31, tzinfo=UTC)
ENOUGH = 5
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Did:
    """What a learner did on a day."""

    student: int
    day: date
    lessons: int
    courses: int
    ms: int


@dataclass(slots=True)
class Schools:
    """Who is where, at which level, and did what."""

    parents: dict[int, int | None] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    pupils: dict[int, int] = field(default_factory=dict)
    locked: set[int] = field(default_factory=set)
    demo: set[int] = field(default_factory=set)
    levels: dict[int, str | None] = field(default_factory=dict)
    done: list[Did] = field(default_factory=list)

    def family(self, school: int) -> list[int]:
        """The children of a school."""
        return sorted(one for one, parent in self.parents.items() if parent == school)


def generated(seed: int = 7) -> Schools:
    """The same schools for a seed: parents with several children or none, of few learners, many, or nobody."""
    dice, made = random.Random(seed), Schools()
    for number in range(SCHOOLS):
        id_ = FIRST + number
        made.parents[id_] = None if number < PARENTS else FIRST + dice.randrange(PARENTS - 1)
        made.names[id_] = f"第{number}校"
        busy = dice.choice((0.02, 0.1, 0.5))
        for _ in range(dice.choice((0, 1, 3, 4, 5, 6, 7, 9, 14, 25))):
            enroll(made, id_, dice, busy)
    return made


def enroll(made: Schools, school: int, dice: random.Random, busy: float) -> None:
    """One learner of a school, who learns on some days."""
    id_ = FIRST + len(made.pupils)
    made.pupils[id_] = school
    made.levels[id_] = dice.choice((*LEVELS, "A1", "A1", None))
    made.locked |= {id_} if dice.random() < 0.1 else set()
    made.demo |= {id_} if dice.random() < 0.3 else set()
    for offset in range(DAYS):
        if dice.random() < busy:
            did = Did(
                id_, BEGIN + timedelta(days=offset), dice.randrange(3), dice.randrange(2), dice.randrange(200_000)
            )
            made.done.append(did)


async def keep(database: Database, made: Schools) -> None:
    """Write them all."""
    now = datetime(2026, 8, 1, tzinfo=UTC)
    places = [
        {**named(code=f"g{id_}", name=made.names[id_], abbreviation="g"), "id": id_, "parent_id": parent}
        for id_, parent in made.parents.items()
    ]
    async with database.writing() as transaction:
        await transaction.execute(organizations.insert(), [{**row, "updated_at": now} for row in places])
        people = [{"id": id_, "uid": f"g|{id_}", "created_at": now} for id_ in made.pupils]
        await transaction.execute(users.insert(), people)
        await transaction.execute(students.insert(), [pupil(made, id_, now) for id_ in made.pupils])
        known = [id_ for id_, level in made.levels.items() if level is not None or id_ % 2]
        levels = [{**learner(id_), "cefr_level": made.levels[id_]} for id_ in known]
        await transaction.execute(learners.insert(), levels)
        await transaction.execute(activity.insert(), list(points(made)))


def pupil(made: Schools, id_: int, now: datetime) -> Row:
    """The row of a student."""
    row = student(uid=f"g|{id_}", code=f"{id_}", external_id="", names=("山", "花", "ヤマ", "ハナ"), years=[2026])
    period = {"start_at": now, "end_at": LAST, "locked_at": now if id_ in made.locked else None, "updated_at": now}
    return {**row, **period, "id": id_, "organization_id": made.pupils[id_], "demo": id_ in made.demo}


def learner(id_: int) -> Row:
    """The row of a learner but for the level."""
    return {"student_id": id_, "xp": 0, "level": 1, "streak": 0, "longest_streak": 0}


def points(made: Schools) -> Iterable[Row]:
    """The rows of activity, as the product derives them: by day, by week and by month."""
    sums: dict[tuple[int, str, date], list[int]] = defaultdict(lambda: [0, 0, 0])
    for did in made.done:
        for granularity in ("day", "week", "month"):
            amounts = sums[did.student, granularity, begin_of(did.day, granularity)]
            for place, amount in enumerate((did.lessons, did.courses, did.ms)):
                amounts[place] += amount
    for (id_, granularity, period), (lessons, courses, ms) in sums.items():
        done = {"lessons_completed": lessons, "courses_completed": courses, "duration_ms": ms}
        none = {"xp": 0, "items_answered": 0, "items_correct": 0}
        yield {"student_id": id_, "granularity": granularity, "period": period, **done, **none}


def begin_of(day: date, granularity: str) -> date:
    """The first day of a week from Monday, of a month, or the day."""
    if granularity == "month":
        return date(day.year, day.month, 1)
    return date.fromordinal(day.toordinal() - (day.isoweekday() - 1)) if granularity == "week" else day


@dataclass(frozen=True, slots=True)
class Told:
    """What must be told of a school by itself or with its children, for one granularity."""

    made: Schools
    granularity: str
    demo: bool = False

    def whole(self, school: int) -> Row:
        """The answer for a school."""
        children = [self.of([child], []) for child in self.made.family(school)]
        family = self.made.family(school)
        return {
            **self.of([school, *family], family),
            "children": [
                {"legacyId": child, "name": self.made.names[child], **self.totals(row)}
                for child, row in zip(family, children, strict=True)
            ],
        }

    def totals(self, row: Row) -> Row:
        """What is said of a child."""
        names = ("learners", "activeLearners", "lessonsCompleted", "coursesCompleted", "minutes")
        return {name: row[name] for name in names}

    def of(self, places: Sequence[int], parts: Sequence[int]) -> Row:
        """The numbers of some places, of which each of the parts is told by itself."""
        counts = {part: [self.levels([part])[level] for level in LEVELS] for part in parts}
        told_parts = [told_levels(dict(zip(LEVELS, found, strict=True)), []) for found in counts.values()]
        levels = self.levels(places)
        series = [self.point(places, parts, [begin]) for begin in self.periods()]
        shown = [begin for begin, point in zip(self.periods(), series, strict=True) if point["minutes"] is not None]
        everything = self.point(places, parts, self.periods())
        learners_ = sum(levels.values())
        sums = self.sums(places, shown) if shown else dict.fromkeys(self.sums(places, []), None)
        return {
            "learners": learners_ if learners_ >= ENOUGH else None,
            "activeLearners": everything["activeLearners"],
            **sums,
            "cefrDistribution": [
                {"levelCode": level, "learners": n} for level, n in told_levels(levels, told_parts).items()
            ],
            "series": series,
        }

    def periods(self) -> list[date]:
        """Every period."""
        days = [BEGIN + timedelta(days=offset) for offset in range(DAYS)]
        return sorted({begin_of(day, self.granularity) for day in days})

    def people(self, places: Iterable[int]) -> set[int]:
        """The learners of some places who are not locked."""
        found = {id_ for id_, school in self.made.pupils.items() if school in set(places)} - self.made.locked
        return found & self.made.demo if self.demo else found

    def levels(self, places: Iterable[int]) -> dict[str | None, int]:
        """How many of them stand at each level."""
        people = self.people(places)
        return {level: sum(self.made.levels[id_] == level for id_ in people) for level in LEVELS}

    def done(self, places: Iterable[int], periods: Iterable[date]) -> list[Did]:
        """What they did in some periods."""
        people, wanted = self.people(places), set(periods)
        return [d for d in self.made.done if d.student in people and begin_of(d.day, self.granularity) in wanted]

    def active(self, places: Iterable[int], periods: Iterable[date]) -> int:
        """How many of them learned then."""
        return len({did.student for did in self.done(places, periods)})

    def sums(self, places: Iterable[int], periods: Iterable[date]) -> Row:
        """What they did then, together."""
        done = self.done(places, periods)
        return {
            "lessonsCompleted": sum(did.lessons for did in done),
            "coursesCompleted": sum(did.courses for did in done),
            "minutes": sum(did.ms for did in done) // 60_000,
        }

    def point(self, places: Sequence[int], parts: Sequence[int], periods: Sequence[date]) -> Row:
        """What is told of some periods, all or nothing."""
        whole = self.active(places, periods)
        known = [n for part in parts if (n := self.active([part], periods)) >= ENOUGH]
        left = whole - sum(known)
        names = {"period": periods[0].isoformat()}
        if whole < ENOUGH or left in (1, 2, 3, 4):
            return {**names, "activeLearners": None, **dict.fromkeys(self.sums([], []), None)}
        return {**names, "activeLearners": whole, **self.sums(places, periods)}


def told_levels(
    levels: dict[str | None, int], parts: Sequence[dict[str | None, int | None]]
) -> dict[str | None, int | None]:
    """The levels that are told: no small one, none that is small without its parts, and none that is what is left."""
    if sum(levels.values()) < ENOUGH:
        return dict.fromkeys(levels)
    left = {level: n - sum(part[level] or 0 for part in parts) for level, n in levels.items()}
    hidden = [level for level, n in levels.items() if n < ENOUGH or left[level] in (1, 2, 3, 4)]
    for level in sorted(levels, key=lambda one: (levels[one], LEVELS.index(one))):
        rest = sum(levels[one] for one in hidden)
        if rest == 0 or (len(hidden) > 1 and rest >= ENOUGH):
            break
        hidden += [level] if level not in hidden else []
    return {level: None if level in hidden else n for level, n in levels.items()}
