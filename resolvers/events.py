"""The one catalogue of what can happen, and how it is told: as a row in the same transaction."""

import enum
from dataclasses import dataclass, field
from datetime import datetime

from db.connections.database import Transaction
from db.outbox import append


class EventType(enum.Enum):
    """Every event there is, by the name that subscribers know it by."""

    STUDENT_UPDATED = "student.updated"
    ENROLLMENT_CREATED = "enrollment.created"
    ENROLLMENT_COMPLETED = "enrollment.completed"
    LESSON_COMPLETED = "lesson.completed"
    TRAINING_COMPLETED = "training.completed"
    PROGRESS_UPDATED = "progress.updated"
    CEFR_LEVEL_CHANGED = "cefr.level_changed"
    ACHIEVEMENT_UNLOCKED = "achievement.unlocked"
    MEMBER_CREATED = "member.created"
    MEMBER_UPDATED = "member.updated"
    MEMBER_REMOVED = "member.removed"
    ROSTER_CHANGED = "roster.changed"
    COURSE_PUBLISHED = "course.published"
    EXPORT_COMPLETED = "export.completed"
    EXPORT_FAILED = "export.failed"
    GRADE_PASSBACK_FAILED = "grade.passback_failed"
    SUBSCRIPTION_UPDATED = "subscription.updated"


DESCRIPTIONS = {
    EventType.STUDENT_UPDATED: "A student changed; `changed` names the columns.",
    EventType.ENROLLMENT_CREATED: "A student began a `course`.",
    EventType.ENROLLMENT_COMPLETED: "A student completed every lesson of a `course`.",
    EventType.LESSON_COMPLETED: "A student completed a `lesson` of a `course` for the first time.",
    EventType.TRAINING_COMPLETED: "A student completed a `training` of a `lesson`.",
    EventType.PROGRESS_UPDATED: "A student got on with `lessons`.",
    EventType.CEFR_LEVEL_CHANGED: "A student reached another CEFR level in a `skill`.",
    EventType.ACHIEVEMENT_UNLOCKED: "A student earned an `achievement`.",
    EventType.MEMBER_CREATED: "A student came into an organization: is new, moved there, or is not locked any more.",
    EventType.MEMBER_UPDATED: "A student of an organization changed; `changed` names the columns.",
    EventType.MEMBER_REMOVED: "A `student` of an organization is gone: deleted, moved away, or locked.",
    EventType.ROSTER_CHANGED: "Rosters of an organization changed: `changes` rows of these `types`. Ask `rosterDiff`.",
    EventType.COURSE_PUBLISHED: "A course is published: its day has come, or it was given one that has.",
    EventType.EXPORT_COMPLETED: "An export is there to be fetched; `rows` says how many rows it has.",
    EventType.EXPORT_FAILED: "An export was given up; it says itself why.",
    EventType.GRADE_PASSBACK_FAILED: "A student's grade did not reach the LMS and is given up: `score` of `launch`.",
    EventType.SUBSCRIPTION_UPDATED: "What an organization subscribes to changed; `changed` names the columns.",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a subject; `body` is thin: it names what changed, and never says to what.

    `fact_id` is the number of the one fact that it tells of, where there is one.
    """

    type: EventType
    organization_id: int | None
    subject_type: str
    subject_id: int
    body: dict[str, object] = field(default_factory=dict)
    fact_id: int | None = None


async def emit(transaction: Transaction, event: Event, now: datetime) -> str:
    """Tell that something happened; it is told if and only if the transaction commits. Gives the event's id."""
    return await append(
        transaction,
        type_=event.type.value,
        organization_id=event.organization_id,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        body=event.body,
        fact_id=event.fact_id,
        occurred_at=now,
    )
