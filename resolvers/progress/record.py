"""Recording progress: what a learner did becomes facts, and everything else follows in the same transaction."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from db.connections.database import Transaction
from db.progress import content, facts, kept
from db.progress.content import Subject
from db.progress.facts import Fact
from db.progress.kept import Person
from resolvers.access import require
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.policy import Operation
from resolvers.progress.answers import PASS, WrongAnswer, mark
from resolvers.progress.follow import LESSON_XP, follow
from resolvers.text import text

MOST_EVENTS = 100
LONGEST_CLIENT_ID = 64
LONGEST_MS = 24 * 60 * 60 * 1000
# Clocks of clients are not right; what they say may be this much ahead, and lies at most a year back.
AHEAD, BACK = timedelta(minutes=5), timedelta(days=366)
# Experience points: for a right answer, for a training the first time and again.
RIGHT_XP, TRAINING_XP, AGAIN_XP = 2, 10, 3
KINDS = {"started": ("Lesson", "Training"), "answered": ("TrainingItem",), "completed": ("Training", "Lesson")}


@dataclass(frozen=True, slots=True)
class Told:
    """One event as a client tells it; `subject` is the Relay id of a lesson, a training or a training item."""

    client_id: str
    verb: str
    subject: str
    answer: object = None
    score: float | None = None
    duration_ms: int = 0
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one event: whether it was told before, its score, and of an answer the solution."""

    client_id: str
    duplicate: bool
    score: float | None
    solution: Mapping[str, Any] | None


class Wrong(Exception):
    """An event that makes no sense: which member of it, a stable code, and why."""

    def __init__(self, member: str, code: str, message: str) -> None:
        super().__init__(message)
        self.member = member
        self.code = code
        self.message = message


class NothingRecorded(Exception):
    """Undoes the transaction, the row by which a new learner is locked too: the mistakes say what to mend."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__()
        self.mistakes = mistakes


async def record_progress(request: Request, events: Sequence[Told]) -> list[Result] | list[Mistake]:
    """Record what the viewer, who is a student, did; told twice under one client id, it happened once.

    Either all events are recorded or none: then the mistakes say what to mend.
    """
    viewer = require(request.viewer, Operation.RECORD_PROGRESS, "Mutation.recordProgress")
    if viewer.student_id is None:
        raise TypeError("Who may record progress is a student.")
    if not 0 < len(events) <= MOST_EVENTS:
        return [Mistake(("events",), "EVENTS_NUMBER", f"Send from 1 to {MOST_EVENTS} events.")]
    try:
        async with request.writing() as transaction:
            person = await kept.locked_learner(transaction, viewer.student_id)
            recording = Recording(request, person, events)
            results = await recording.results(transaction)
            appended = await facts.append(transaction, person.id, recording.facts, request.now)
            await follow(transaction, person, appended, request.now)
    except NothingRecorded as refused:
        return refused.mistakes
    return results


class Recording:
    """Makes facts of the events of one request, one after the other: later ones build on earlier ones."""

    def __init__(self, request: Request, person: Person, events: Sequence[Told]) -> None:
        self.now = request.now
        self.person = person
        self.events = events
        self.facts: list[Fact] = []
        self.mistakes: list[Mistake] = []
        self.known: dict[str, Fact] = {}
        self.subjects: dict[tuple[str, int], Subject] = {}
        self.latest: dict[int, dict[int, float]] = {}
        self.completed: set[tuple[str, int]] = set()
        self.with_trainings: dict[int, int] = {}

    async def results(self, transaction: Transaction) -> list[Result]:
        """What comes of each event; NothingRecorded where any of them makes no sense."""
        await self.read(transaction)
        results = []
        for index, told in enumerate(self.events):
            try:
                results.append(self.result(told))
            except Wrong as wrong:
                self.mistakes.append(Mistake(("events", str(index), wrong.member), wrong.code, wrong.message))
        if self.mistakes:
            raise NothingRecorded(self.mistakes)
        return results

    async def read(self, transaction: Transaction) -> None:
        """Read everything that the events refer to: few statements, however many events there are."""
        wanted = [found for told in self.events if (found := decoded(told.subject)) is not None]
        self.subjects = await content.subjects(transaction, wanted, self.now)
        clients = [told.client_id for told in self.events if is_client_id(told.client_id)]
        self.known = await facts.known_clients(transaction, self.person.id, clients)
        trainings = {subject.training_id for subject in self.subjects.values() if subject.training_id is not None}
        for fact in await facts.answers(transaction, self.person.id, sorted(trainings)):
            self.note(fact)
        lessons = sorted({subject.lesson_id for subject in self.subjects.values()})
        done = await kept.completed_parts(transaction, self.person.id, lessons)
        self.completed |= {("Training", id_) for id_ in done.trainings} | {("Lesson", id_) for id_ in done.lessons}
        self.with_trainings = await content.trainings_in(transaction, lessons)

    def note(self, fact: Fact) -> None:
        """Remember the latest answer to each item."""
        if fact.training_id is not None and fact.item_id is not None and fact.score is not None:
            self.latest.setdefault(fact.training_id, {})[fact.item_id] = fact.score

    def result(self, told: Told) -> Result:
        """One event."""
        subject = self.subject(told)
        known = self.known.get(told.client_id)
        if known is not None:
            # An id that was used for another item must not open this one's solution.
            solution = shown_solution(subject) if known.item_id == subject.id else None
            return Result(told.client_id, duplicate=True, score=known.score, solution=solution)
        fact = self.fact(told, subject)
        self.known[told.client_id] = fact
        if told.verb == "completed" and subject.kind == "Lesson" and ("Lesson", subject.id) in self.completed:
            return Result(told.client_id, duplicate=True, score=None, solution=None)
        self.facts.append(fact)
        self.note(fact)
        if told.verb == "completed":
            self.completed.add((subject.kind, subject.id))
        return Result(told.client_id, duplicate=False, score=fact.score, solution=shown_solution(subject))

    def subject(self, told: Told) -> Subject:
        """What an event is about."""
        if not is_client_id(told.client_id):
            raise Wrong("clientId", "CLIENT_ID", f"A client id has from 1 to {LONGEST_CLIENT_ID} characters.")
        found = decoded(told.subject)
        subject = None if found is None else self.subjects.get(found)
        if subject is None:
            raise Wrong(
                "subject", "SUBJECT_UNKNOWN", "There is no such lesson, training or item in a published course."
            )
        if subject.kind not in KINDS[told.verb]:
            kinds = " or ".join(KINDS[told.verb])
            raise Wrong("subject", "SUBJECT_KIND", f"What is {told.verb} is a {kinds}, not a {subject.kind}.")
        if told.verb == "completed" and subject.kind == "Lesson" and subject.id in self.with_trainings:
            raise Wrong("subject", "LESSON_HAS_TRAININGS", "This lesson is completed by completing its trainings.")
        return subject

    def fact(self, told: Told, subject: Subject) -> Fact:
        """The fact that an event becomes."""
        occurred_at = self.occurred_at(told)
        if not 0 <= told.duration_ms <= LONGEST_MS:
            raise Wrong("durationMs", "DURATION", f"A duration is from 0 to {LONGEST_MS} ms.")
        score = self.score(told, subject)
        fact = Fact(
            course_id=subject.course_id,
            lesson_id=subject.lesson_id,
            training_id=subject.training_id,
            item_id=subject.id if subject.kind == "TrainingItem" else None,
            verb=told.verb,
            score=score,
            skill=subject.skill if told.verb == "answered" else None,
            cefr_level=subject.cefr_level,
            duration_ms=told.duration_ms,
            occurred_at=occurred_at,
            local_day=occurred_at.astimezone(ZoneInfo(self.person.time_zone)).date(),
            client_id=told.client_id,
        )
        return replace(fact, xp=self.xp(fact, subject))

    def occurred_at(self, told: Told) -> datetime:
        """When it happened: now unless told, not in the future, and not too long ago."""
        at = told.occurred_at or self.now
        if not self.now - BACK <= at <= self.now + AHEAD:
            raise Wrong("occurredAt", "OCCURRED_AT", "It happened within the last year, and not in the future.")
        return min(at, self.now)

    def score(self, told: Told, subject: Subject) -> float | None:
        """How good it was: an answer is marked here, speaking where it was heard, a training by its last answers."""
        speaking = told.verb == "answered" and subject.type == "speaking"
        if told.score is not None and not speaking:
            raise Wrong("score", "SCORE_NOT_TAKEN", "Only speaking is scored by the client.")
        if told.verb == "completed":
            answered = list(self.latest.get(subject.training_id or 0, {}).values())
            return round(sum(answered) / len(answered), 4) if answered else None
        if told.verb == "started":
            return None
        return heard(told) if speaking else marked(told, subject)

    def xp(self, fact: Fact, subject: Subject) -> int:
        """The points that it earns."""
        if fact.verb == "answered":
            return RIGHT_XP if fact.score is not None and fact.score >= PASS else 0
        if fact.verb == "completed" and subject.kind == "Training":
            return AGAIN_XP if ("Training", subject.id) in self.completed else TRAINING_XP
        return LESSON_XP if fact.verb == "completed" else 0


def heard(told: Told) -> float:
    """The score of something that was said."""
    if told.answer is not None or told.score is None or not 0 <= told.score <= 1:
        raise Wrong("score", "SCORE_MISSING", "Speaking needs a score from 0 to 1, and no answer.")
    return round(told.score, 4)


def marked(told: Told, subject: Subject) -> float:
    """The score of an answer."""
    try:
        return mark(subject.type or "", subject.solution or {}, told.answer)
    except WrongAnswer as wrong:
        raise Wrong("answer", "ANSWER_FORM", str(wrong)) from None


def shown_solution(subject: Subject) -> Mapping[str, Any] | None:
    """The solution, which is told once there is an answer."""
    return subject.solution if subject.kind == "TrainingItem" else None


def is_client_id(client_id: str) -> bool:
    """Whether a client id can be kept."""
    return 0 < len(client_id) <= LONGEST_CLIENT_ID and text(client_id) == client_id


def decoded(global_id: str) -> tuple[str, int] | None:
    """The type and number in a Relay id; None where there are none."""
    try:
        kind, _, number = base64.b64decode(global_id, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    known = kind in content.SUBJECTS and number.isdecimal() and number.isascii() and len(number) <= 18
    return (kind, int(number)) if known else None
