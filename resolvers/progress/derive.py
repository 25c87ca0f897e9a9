"""Brings everything that is derived of one learner up to date with new facts; with all facts, it makes it anew."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from db.connections.database import Transaction
from db.progress import content, kept
from db.progress.derived import cefr_skills, learner_achievements, lesson_progress, training_progress
from db.progress.facts import Fact, scored_around
from db.progress.kept import Person
from resolvers.progress.activity import achievements, activity_rows, level_of, streaks
from resolvers.progress.cefr import WINDOW, Assessed, assessments, changes, overall
from resolvers.progress.lessons import LessonState, TrainingState, by_training, earliest, last_completed, lesson_state

TRAINING_FIELDS = ("best_score", "attempts", "completed_at")


@dataclass(slots=True)
class Derived:
    """What facts led to: states of lessons by number, since when which of them are whole, and what is new."""

    lessons: dict[int, LessonState] = field(default_factory=dict)
    whole: dict[int, datetime] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)
    achievements: list[str] = field(default_factory=list)


async def derive(transaction: Transaction, person: Person, facts: Sequence[Fact]) -> Derived:
    """Bring everything up to date with facts that were just appended."""
    derived = Derived()
    await derive_trainings(transaction, person, facts)
    await derive_lessons(transaction, person, facts, derived)
    await derive_enrollments(transaction, person, facts)
    await kept.add_activity(transaction, activity_rows(person.id, facts))
    await derive_levels(transaction, person, facts, derived)
    await derive_learner(transaction, person, derived)
    return derived


async def derive_trainings(transaction: Transaction, person: Person, facts: Sequence[Fact]) -> None:
    """How often trainings were completed, and how well."""
    completions = by_training(facts)
    known = await kept.rows_of(transaction, training_progress, person.id, training_id=list(completions))
    before = {row["training_id"]: TrainingState(*[row[name] for name in TRAINING_FIELDS]) for row in known}
    rows = [
        {
            "student_id": person.id,
            "training_id": training_id,
            "lesson_id": done[0].lesson_id,
            **asdict(before.get(training_id, TrainingState()).after(done)),
        }
        for training_id, done in completions.items()
    ]
    await kept.keep(transaction, training_progress, rows)


async def derive_lessons(transaction: Transaction, person: Person, facts: Sequence[Fact], derived: Derived) -> None:
    """How far lessons are in which something was done."""
    touched: dict[int, list[Fact]] = {}
    for fact in facts:
        if fact.lesson_id is not None:
            touched.setdefault(fact.lesson_id, []).append(fact)
    ids = list(touched)
    totals = await content.trainings_in(transaction, ids)
    known = {
        row["lesson_id"]: row for row in await kept.rows_of(transaction, lesson_progress, person.id, lesson_id=ids)
    }
    trainings: dict[int, list[TrainingState]] = {id_: [] for id_ in ids}
    for row in await kept.rows_of(transaction, training_progress, person.id, lesson_id=ids):
        trainings[row["lesson_id"]].append(TrainingState(*[row[name] for name in TRAINING_FIELDS]))
    rows = []
    for id_, done in touched.items():
        total = totals.get(id_, 0)
        state = derived.lessons[id_] = state_after(known.get(id_), done, trainings[id_], total)
        if total and len(trainings[id_]) == total and state.completed_at is None:
            derived.whole[id_] = last_completed(trainings[id_])
        rows.append({"student_id": person.id, "lesson_id": id_, "course_id": done[0].course_id, **asdict(state)})
    await kept.keep(transaction, lesson_progress, rows)


def state_after(
    known: kept.Record | None, facts: Sequence[Fact], trainings: Sequence[TrainingState], total: int
) -> LessonState:
    """The state of a lesson after facts, with the row that was known of it."""
    completed_at = None if known is None else known["completed_at"]
    for fact in facts:
        if fact.verb == "completed" and fact.training_id is None:
            completed_at = earliest(completed_at, fact.occurred_at)
    last = max(fact.occurred_at for fact in facts)
    return lesson_state(trainings, total, completed_at, last if known is None else max(last, known["updated_at"]))


async def derive_enrollments(transaction: Transaction, person: Person, facts: Iterable[Fact]) -> None:
    """When courses were completed."""
    for fact in facts:
        if fact.verb == "completed" and fact.lesson_id is None:
            await kept.complete_enrollment(transaction, person.id, fact.course_id, fact.occurred_at)


async def derive_levels(transaction: Transaction, person: Person, facts: Sequence[Fact], derived: Derived) -> None:
    """CEFR levels in the skills in which answers were scored; answers told late change what came after them."""
    first: dict[str, Fact] = {}
    for fact in facts:
        if fact.skill is not None and fact.score is not None:
            known = first.setdefault(fact.skill, fact)
            first[fact.skill] = min(known, fact, key=lambda one: one.occurred_at)
    for skill, fact in first.items():
        since = fact.occurred_at
        before, later = await scored_around(transaction, person.id, skill, since=since, before=WINDOW - 1)
        level = await kept.level_before(transaction, person.id, skill, since)
        found = list(assessments(level, before, later))
        if not found:
            continue
        changed = list(changes(level, found))
        rows = [assessed_row(person, skill, one) for one in changed]
        await kept.replace_changes(transaction, person.id, skill, since=since, rows=rows)
        await keep_level(transaction, person, skill, found[-1], derived)


async def keep_level(
    transaction: Transaction, person: Person, skill: str, assessed: Assessed, derived: Derived
) -> None:
    """Keep the present level in a skill, and note where it is another one than before."""
    known = await kept.rows_of(transaction, cefr_skills, person.id, skill=[skill])
    if not known or known[0]["level"] != assessed.level:
        derived.levels[skill] = assessed.level
    await kept.keep(transaction, cefr_skills, [assessed_row(person, skill, assessed)])


def assessed_row(person: Person, skill: str, assessed: Assessed) -> kept.Record:
    """The row of an assessment."""
    return {"student_id": person.id, "skill": skill, **asdict(assessed)}


async def derive_learner(transaction: Transaction, person: Person, derived: Derived) -> None:
    """Points, level, streaks, overall CEFR level and achievements, from the days and the skills."""
    days = await kept.days(transaction, person.id)
    skills = await kept.rows_of(transaction, cefr_skills, person.id)
    found, xp = streaks(days, person.time_zone), sum(day.xp for day in days)
    values = {
        "xp": xp,
        "level": level_of(xp),
        "streak": found.current,
        "streak_until": found.until,
        "longest_streak": found.longest,
        "last_active_on": found.last_active_on,
        "cefr_level": overall([row["level"] for row in skills]),
    }
    await kept.keep_learner(transaction, person.id, values)
    earned, known = achievements(days), await kept.earned(transaction, person.id)
    derived.achievements += sorted(earned.keys() - known)
    rows = [{"student_id": person.id, "achievement_code": code, "earned_on": earned[code]} for code in sorted(earned)]
    await kept.keep(transaction, learner_achievements, rows)
