"""What statements an event becomes: thin, under stable names, and the same whenever they are made of the same.

docs/xapi.md says what each event becomes, and why.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID, uuid5

from db.outbox import Told
from db.xapi.learned import Done, Learned, Wanted
from resolvers.engine.execution import encode
from resolvers.events import EventType
from resolvers.progress.answers import PASS
from resolvers.subscriptions import STUDENT
from resolvers.xapi import verbs

Json: TypeAlias = dict[str, Any]

PLATFORM = "Kakehashi"
# The ids of statements are made within this namespace, of the event and of what the statement says of it.
NAMESPACE = UUID("0f6a3f0e-5f4c-5d0c-9c53-4f9e2b7a1d86")
TYPES = "http://adlnet.gov/expapi/activities/"
BADGE = "http://activitystrea.ms/schema/1.0/badge"
PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
# Names of content are kept without their language.
ANY_LANGUAGE = "und"


class Statement(NamedTuple):
    """A statement, with what it is told apart by."""

    id: str
    verb: str
    body: bytes


class Part(NamedTuple):
    """What one statement says: verb, activity, result, context, and when it happened."""

    verb: str
    activity: Json
    result: Json | None
    context: Json
    at: datetime


@dataclass(frozen=True, slots=True)
class Making:
    """Makes the statements of one event, of what was read for it."""

    told: Told
    known: Learned
    home: str

    def statements(self, wanted: Sequence[str]) -> list[Statement]:
        """The statements with the wanted verbs, in order; none of what is not learning, or is not there any more."""
        uid, parts = self.known.uids.get(self.told.subject_id), PARTS.get(self.told.type)
        if uid is None or parts is None or self.told.subject_type != STUDENT:
            return []
        actor = {"objectType": "Agent", "account": {"homePage": self.home, "name": uid}}
        return [self.statement(actor, part) for part in parts(self) if verbs.wants(wanted, part.verb)]

    def statement(self, actor: Json, part: Part) -> Statement:
        """One statement, as it is sent."""
        id_ = str(uuid5(NAMESPACE, f"{self.told.event_id} {part.verb} {part.activity['id']}"))
        body: Json = {"id": id_, "actor": actor, "verb": verbs.shown(part.verb), "object": part.activity}
        if part.result is not None:
            body["result"] = part.result
        body |= {"context": part.context, "timestamp": part.at.astimezone(UTC).isoformat().replace("+00:00", "Z")}
        return Statement(id_, part.verb, encode(body))

    @property
    def done(self) -> Done | None:
        """The fact behind the event."""
        return None if self.told.fact_id is None else self.known.facts.get(self.told.fact_id)

    @property
    def at(self) -> datetime:
        """When it happened to the learner, which is before it was told."""
        return self.told.occurred_at if self.done is None else self.done.occurred_at

    def enrollment(self) -> Iterator[Part]:
        """A course was begun, or completed."""
        id_ = self.number("course")
        if id_ not in self.known.courses:
            return
        if self.told.type == EventType.ENROLLMENT_CREATED.value:
            yield Part("registered", self.course(id_), None, self.context(id_), self.at)
        else:
            yield Part("completed", self.course(id_), completion(self.done), self.context(id_), self.at)

    def lesson_completed(self) -> Iterator[Part]:
        """A lesson was completed, which it is once."""
        id_ = self.number("lesson")
        if id_ in self.known.lessons:
            yield Part("completed", self.lesson(id_), completion(self.done), self.in_course(id_), self.at)

    def training_completed(self) -> Iterator[Part]:
        """A training was completed; with a score it was passed or failed too."""
        id_ = self.number("training")
        if id_ not in self.known.trainings:
            return
        activity, context = self.training(id_), self.in_lesson(id_)
        yield Part("completed", activity, completion(self.done), context, self.at)
        if self.done is not None and self.done.score is not None:
            passed = self.done.score >= PASS
            result = {"score": score(self.done.score), "success": passed, **completion(self.done)}
            yield Part("passed" if passed else "failed", activity, result, context, self.at)

    def progress_updated(self) -> Iterator[Part]:
        """How far each lesson is now."""
        for id_ in self.told.body.get("lessons", ()):
            percent = self.known.percents.get((self.told.subject_id, id_))
            if id_ in self.known.lessons and percent is not None:
                result = {"extensions": {PROGRESS: int(percent)}}
                yield Part("progressed", self.lesson(id_), result, self.in_course(id_), self.at)

    def level_changed(self) -> Iterator[Part]:
        """The level in a skill, as it is now."""
        skill = str(self.told.body.get("skill"))
        level = self.known.levels.get((self.told.subject_id, skill))
        if level is None:
            return
        activity = self.activity("cefr", skill, f"CEFR {skill}", f"{TYPES}objective", language="en")
        result = {"score": score(level.score / 100), "extensions": {f"{self.home}/xapi/cefr-level": level.level}}
        yield Part("scored", activity, result, {"platform": PLATFORM}, self.at)

    def achievement_unlocked(self) -> Iterator[Part]:
        """A badge was earned."""
        code = str(self.told.body.get("achievement"))
        if code in self.known.badges:
            activity = self.activity("achievements", code, self.known.badges[code], BADGE)
            yield Part("earned", activity, None, {"platform": PLATFORM}, self.at)

    def number(self, name: str) -> int:
        """A number in the event's body; 0 where it says none."""
        found = self.told.body.get(name)
        return found if isinstance(found, int) else 0

    def activity(self, kind: str, id_: object, name: str, type_: str, *, language: str = ANY_LANGUAGE) -> Json:
        """An activity under its stable name."""
        definition: Json = {"type": type_, **({"name": {language: name}} if name else {})}
        return {"objectType": "Activity", "id": f"{self.home}/xapi/{kind}/{id_}", "definition": definition}

    def course(self, id_: int) -> Json:
        """A course."""
        return self.activity("courses", id_, self.known.courses[id_].name, f"{TYPES}course")

    def lesson(self, id_: int) -> Json:
        """A lesson."""
        return self.activity("lessons", id_, self.known.lessons[id_].name, f"{TYPES}lesson")

    def training(self, id_: int) -> Json:
        """A training."""
        return self.activity("trainings", id_, self.known.trainings[id_].name, f"{TYPES}assessment")

    def context(self, course_id: int) -> Json:
        """Where it happened, and in which language the course is."""
        course = self.known.courses.get(course_id)
        spoken = course is not None and course.language is not None and LANGUAGE.fullmatch(course.language)
        return {"platform": PLATFORM, **({"language": course.language} if course is not None and spoken else {})}

    def in_course(self, lesson_id: int) -> Json:
        """The context of a lesson: its course."""
        course_id = self.known.lessons[lesson_id].course_id
        return {"contextActivities": {"parent": [self.course(course_id)]}, **self.context(course_id)}

    def in_lesson(self, training_id: int) -> Json:
        """The context of a training: its lesson, and the course around that."""
        training = self.known.trainings[training_id]
        around = {"parent": [self.lesson(training.lesson_id)], "grouping": [self.course(training.course_id)]}
        return {"contextActivities": around, **self.context(training.course_id)}


PARTS: dict[str, Callable[[Making], Iterator[Part]]] = {
    EventType.ENROLLMENT_CREATED.value: Making.enrollment,
    EventType.ENROLLMENT_COMPLETED.value: Making.enrollment,
    EventType.LESSON_COMPLETED.value: Making.lesson_completed,
    EventType.TRAINING_COMPLETED.value: Making.training_completed,
    EventType.PROGRESS_UPDATED.value: Making.progress_updated,
    EventType.CEFR_LEVEL_CHANGED.value: Making.level_changed,
    EventType.ACHIEVEMENT_UNLOCKED.value: Making.achievement_unlocked,
}


def is_learning(told: Told) -> bool:
    """Whether an event becomes statements at all."""
    return told.type in PARTS and told.subject_type == STUDENT


def wanted_of(events: Sequence[Told]) -> Wanted:
    """What must be read to make the statements of some events."""
    bodies = [one.body for one in events]
    lessons = {body["lesson"] for body in bodies if "lesson" in body}
    return Wanted(
        {one.subject_id for one in events},
        {one.fact_id for one in events if one.fact_id is not None},
        {body["course"] for body in bodies if "course" in body},
        lessons.union(*(body.get("lessons", ()) for body in bodies)),
        {body["training"] for body in bodies if "training" in body},
    )


def completion(done: Done | None) -> Json:
    """That something was completed, and how long it took where that is known."""
    return {"completion": True, **({"duration": duration(done.duration_ms)} if done and done.duration_ms else {})}


def score(scaled: float) -> Json:
    """A score: from 0 to 1, and the same in percent as people read it."""
    return {"scaled": round(scaled, 4), "raw": round(100 * scaled, 2), "min": 0, "max": 100}


def duration(milliseconds: int) -> str:
    """A duration of ISO 8601, in seconds."""
    whole, rest = divmod(milliseconds, 1000)
    return f"PT{whole}.{rest:03d}".rstrip("0") + "S" if rest else f"PT{whole}S"
