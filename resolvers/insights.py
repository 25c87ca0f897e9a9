"""Insights into a learner's own work: what goes well, what does not, what to do next, and when learning goes best."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

from db.courses import CEFR_LEVELS
from db.json_text import Expression
from db.predicates import Columns, Condition, parameter
from db.progress.insights import Answered, Candidate, Known, answered, candidates_statement, learner_known
from db.statements.statement import value
from resolvers.access import require
from resolvers.context import Request
from resolvers.errors import BadInput
from resolvers.learners import STUDENT, found_student, refuse_student
from resolvers.policy import Operation
from resolvers.progress.answers import PASS
from resolvers.scopes import course_rows

DEFAULT_DAYS, MOST_DAYS = 28, 92
# Nearer to the ends of the calendar, a day's beginning and end would lie outside it somewhere on Earth.
EARLIEST, LATEST = date(1900, 1, 1), date(9998, 12, 31)
# Fewer answers than this say nothing about a skill.
ENOUGH = 5
GOOD = 0.8
MOST_SHOWN = 3
# What the access log says of the learner.
SHOWN = ("Query.learningInsights",)
# Parts of a day, by the hour at which each begins.
PARTS = (("night", 22), ("evening", 17), ("afternoon", 11), ("morning", 5))


@dataclass(frozen=True, slots=True)
class SkillShown:
    """How well a learner does in a skill."""

    skill: str
    accuracy: float
    answered: int


@dataclass(frozen=True, slots=True)
class Recommended:
    """A training that would help with a skill, and why."""

    skill: str
    reason: str
    training_id: int


@dataclass(frozen=True, slots=True)
class PartOfDay:
    """How much and how well a learner works at a time of day."""

    part: str
    answered: int
    accuracy: float
    minutes: int


@dataclass(frozen=True, slots=True)
class Insights:
    """Everything that the answers of some days show."""

    strengths: list[SkillShown]
    weaknesses: list[SkillShown]
    recommendations: list[Recommended]
    time_of_day: list[PartOfDay]


async def insights(
    request: Request, *, since: date | None, until: date | None, student_legacy_id: int | None
) -> Insights:
    """What the days from `since` to `until` show, both included, by the learner's calendar; four weeks unless told."""
    require(request.viewer, Operation.PROGRESS, "Query.learningInsights")
    student_id = await learner(request, student_legacy_id)
    known = await learner_known(request.database, student_id)
    zone = ZoneInfo(known.time_zone)
    first, last = span(since, until, request.now.astimezone(zone).date())
    begin = datetime.combine(first, time.min, zone)
    end = datetime.combine(last + timedelta(days=1), time.min, zone)
    answers = await answered(request.database, student_id, begin, end, request.sight)
    request.saw(SHOWN, str(student_id))
    skills = [shown for shown in by_skill(answers) if shown.answered >= ENOUGH]
    weak = sorted((s for s in skills if s.accuracy < PASS), key=lambda s: s.accuracy)[:MOST_SHOWN]
    return Insights(
        strengths=sorted((s for s in skills if s.accuracy >= GOOD), key=lambda s: -s.accuracy)[:MOST_SHOWN],
        weaknesses=weak,
        recommendations=await recommendations(request, known, weak, skills),
        time_of_day=by_part(answers, zone),
    )


async def learner(request: Request, student_legacy_id: int | None) -> int:
    """The learner who is asked for, or oneself; refused as everywhere else where out of reach."""
    given: dict[str, object] = {} if student_legacy_id is None else {STUDENT: student_legacy_id}
    bound = bind_of(given)
    statement = value(found_student(request.standing, bound), request.database.dialect)
    (record,) = await request.fetch(statement, {**request.parameters(), STUDENT: student_legacy_id})
    refuse_student(record[0], given, request.standing)
    return int(record[0])


def bind_of(given: dict[str, object]) -> Callable[[str], Expression | None]:
    """The bound value of an argument that was given."""
    return lambda name: parameter(name) if name in given else None


def span(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """The first and the last day; BadInput for none, or for too many of them."""
    last = until or today
    if not EARLIEST <= last <= LATEST:
        raise BadInput(f"Ask for days from {EARLIEST} to {LATEST}.", reason="days", field="until")
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadInput(f"Ask for 1 to {MOST_DAYS} days, from the first to the last.", reason="days", field="since")
    return first, last


def by_skill(answers: Iterable[Answered]) -> list[SkillShown]:
    """How well each skill goes, in the order of their names."""
    scores: dict[str, list[float]] = {}
    for answer in answers:
        scores.setdefault(answer.skill, []).append(answer.score)
    return [SkillShown(skill, round(fmean(found), 4), len(found)) for skill, found in sorted(scores.items())]


def by_part(answers: Sequence[Answered], zone: ZoneInfo) -> list[PartOfDay]:
    """How the parts of the day compare, from morning to night; parts without answers are left out."""
    parts: dict[str, list[Answered]] = {}
    for answer in answers:
        parts.setdefault(part_of(answer.occurred_at.astimezone(zone).hour), []).append(answer)
    return [
        PartOfDay(
            part,
            len(parts[part]),
            round(fmean(answer.score for answer in parts[part]), 4),
            sum(answer.duration_ms for answer in parts[part]) // 60_000,
        )
        for part, _ in reversed(PARTS)
        if part in parts
    ]


def part_of(hour: int) -> str:
    """The part of the day that an hour belongs to; the night lasts until morning."""
    return next((part for part, begins in PARTS if hour >= begins), "night")


async def recommendations(
    request: Request, known: Known, weak: Sequence[SkillShown], skills: Sequence[SkillShown]
) -> list[Recommended]:
    """A training at the learner's level for each weak skill; where none is weak, for the one that goes least well."""
    wanted = list(weak) or sorted(skills, key=lambda shown: shown.accuracy)[:1]
    if not wanted:
        return []
    names = [shown.skill for shown in wanted]
    levels = levels_around(known.cefr_level)

    def in_sight(columns: Columns) -> Condition:
        return course_rows(request.standing, columns)

    statement = candidates_statement(request.database.dialect, in_sight)
    values = {"student": known.id, "skills": names, "levels": list(levels), "now": request.now}
    found = [Candidate(*record) for record in await request.database.seen(statement, values, request.sight)]
    chosen, taken = [], set[int]()
    for shown in wanted:
        best = next((c for c in found if c.skill == shown.skill and c.training_id not in taken), None)
        if best is not None:
            taken.add(best.training_id)
            chosen.append(Recommended(shown.skill, reason(shown, best), best.training_id))
    return chosen


def levels_around(level: str | None) -> Sequence[str]:
    """The learner's level and the next one; the first two before any is known."""
    at = 0 if level is None else CEFR_LEVELS.index(level)
    return CEFR_LEVELS[at : at + 2]


def reason(shown: SkillShown, candidate: Candidate) -> str:
    """Why a training is recommended, for people."""
    share = f"{round(100 * shown.accuracy)} % of your {shown.answered} {shown.skill} answers were right"
    again = "try this training again" if candidate.best_score is not None else "this training is next"
    return f"{share}; {again}."
