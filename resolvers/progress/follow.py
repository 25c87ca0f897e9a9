"""What follows from facts: lessons and courses that are complete by now, enrollments, and the events to tell."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from db.connections.database import Transaction
from db.progress import content, facts, kept
from db.progress.facts import Fact
from db.progress.kept import Person
from resolvers.events import Event, EventType, emit
from resolvers.progress.derive import Derived, derive

# Experience points for a lesson and for a course that are completed.
LESSON_XP, COURSE_XP = 20, 100


async def follow(transaction: Transaction, person: Person, told: Sequence[Fact], now: datetime) -> None:
    """Derive everything from facts that were just appended, and from those that they lead to, until none are left."""
    happened = [
        Event(EventType.ENROLLMENT_CREATED, person.organization_id, "Student", person.id, {"course": course_id})
        for course_id in await kept.enroll(transaction, person.id, courses_of(told), now)
    ]
    waiting = list(told)
    while waiting:
        derived = await derive(transaction, person, waiting)
        happened += events_of(person, waiting, derived)
        following = await completions(transaction, person, waiting, derived)
        waiting = await facts.append(transaction, person.id, following, now)
    for event in happened:
        await emit(transaction, event, now)


def courses_of(told: Sequence[Fact]) -> list[int]:
    """The courses that facts are about, in order."""
    return sorted({fact.course_id for fact in told})


async def completions(transaction: Transaction, person: Person, told: Sequence[Fact], derived: Derived) -> list[Fact]:
    """The lessons, and the courses, that are complete by now; each is completed once and for all.

    The time is that of the last part to be completed first, in whatever order the parts were told.
    """
    by_lesson = {fact.lesson_id: fact for fact in told}
    lessons = [
        completed(person, by_lesson[lesson_id], at, lesson_id=lesson_id, xp=LESSON_XP)
        for lesson_id, at in derived.whole.items()
    ]
    done = {id_ for id_, state in derived.lessons.items() if state.completed_at is not None}
    by_course = {fact.course_id: fact for fact in told if fact.lesson_id in done}
    whole = await whole_courses(transaction, person, sorted(by_course))
    courses = [completed(person, by_course[id_], at, lesson_id=None, xp=COURSE_XP) for id_, at in whole.items()]
    return [*lessons, *courses]


async def whole_courses(transaction: Transaction, person: Person, course_ids: Sequence[int]) -> dict[int, datetime]:
    """Those of the courses that are completed now and were not before, each with the time of its last lesson."""
    if not course_ids:
        return {}
    totals = await content.lessons_in(transaction, course_ids)
    done = await kept.lessons_completed(transaction, person.id, course_ids)
    open_ = await kept.not_completed(transaction, person.id, course_ids)
    return {id_: at for id_, (count, at) in done.items() if id_ in open_ and count == totals.get(id_)}


def completed(person: Person, cause: Fact, at: datetime, *, lesson_id: int | None, xp: int) -> Fact:
    """The fact that a lesson, or without one a course, was completed."""
    return Fact(
        course_id=cause.course_id,
        lesson_id=lesson_id,
        verb="completed",
        cefr_level=cause.cefr_level,
        xp=xp,
        occurred_at=at,
        local_day=at.astimezone(ZoneInfo(person.time_zone)).date(),
    )


def events_of(person: Person, told: Sequence[Fact], derived: Derived) -> list[Event]:
    """What to tell of facts and what came of them; the events name things by their numbers, and hold no scores."""

    def event(type_: EventType, fact: Fact | None = None, **body: object) -> Event:
        return Event(type_, person.organization_id, "Student", person.id, body, None if fact is None else fact.id)

    found = []
    for fact in told:
        if fact.verb == "completed" and fact.training_id is not None:
            found.append(event(EventType.TRAINING_COMPLETED, fact, training=fact.training_id, lesson=fact.lesson_id))
        elif fact.verb == "completed" and fact.lesson_id is not None:
            found.append(event(EventType.LESSON_COMPLETED, fact, lesson=fact.lesson_id, course=fact.course_id))
        elif fact.verb == "completed":
            found.append(event(EventType.ENROLLMENT_COMPLETED, fact, course=fact.course_id))
    if derived.lessons:
        found.append(event(EventType.PROGRESS_UPDATED, lessons=sorted(derived.lessons)))
    found += [event(EventType.CEFR_LEVEL_CHANGED, skill=skill) for skill in derived.levels]
    found += [event(EventType.ACHIEVEMENT_UNLOCKED, achievement=code) for code in derived.achievements]
    return found
