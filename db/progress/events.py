"""The append-only events of what students did, also served as the usage feed (利用実績)."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    select,
    text,
)

from db.base import Id, Key, Moment, metadata
from db.courses import lesson_packages
from db.students import students

VERBS = ("started", "answered", "completed")
PACKAGES_ALONE = text("lesson_package_id is not null")


def feed_index(name: str, *columns: str) -> Index:
    """An index of what was done with lesson packages, and of nothing else."""
    return Index(name, *columns, postgresql_where=PACKAGES_ALONE, sqlite_where=PACKAGES_ALONE)


progress_events = Table(
    "progress_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("student_id", ForeignKey("students.id"), nullable=False),
    # What it was done with: a lesson package of Diverse, or a course of Talktiko and what of it is narrower.
    Column("lesson_package_id", ForeignKey("lesson_packages.id")),
    Column("course_id", ForeignKey("courses.id")),
    Column("lesson_id", ForeignKey("lessons.id")),
    Column("training_id", ForeignKey("trainings.id")),
    Column("item_id", ForeignKey("training_items.id")),
    Column("verb", Text, nullable=False),
    # From 0 to 1; of an answer the skill it shows and the level of its course, as they were then.
    Column("score", Float),
    Column("skill", Text),
    Column("cefr_level", Text),
    Column("duration_ms", BigInteger, nullable=False, server_default="0"),
    Column("xp", Integer, nullable=False, server_default="0"),
    # The learner's own day, in the time zone of that moment.
    Column("local_day", Date),
    # The id that the client gave it: told twice, it happened once.
    Column("client_id", Key),
    # When it happened; with a lesson package that is when it was told.
    Column("occurred_at", Moment),
    # When it was told; the usage feed goes by this.
    Column("created_at", Moment, nullable=False),
    CheckConstraint("(lesson_package_id is null) <> (course_id is null)", name="subject"),
    CheckConstraint("course_id is null or (occurred_at is not null and local_day is not null)", name="learning"),
    CheckConstraint("score between 0 and 1", name="score"),
    # The usage feed shows packages alone, and must not walk past everything else that was learned.
    feed_index("ix_progress_events_feed", "id"),
    feed_index("ix_progress_events_feed_created_at", "created_at", "id"),
    Index(None, "student_id", "lesson_package_id", "created_at", "id"),
    Index(None, "lesson_package_id", "id"),
    Index(None, "student_id", "client_id", unique=True),
    Index(None, "student_id", "occurred_at", "id"),
    Index(None, "student_id", "training_id", "id"),
    Index(None, "student_id", "skill", "occurred_at", "id"),
)

# The usage feed: one flat row per event, as the provisional specification of external products prints it.
usage_records = (
    select(
        progress_events.c.id,
        progress_events.c.created_at,
        progress_events.c.student_id,
        students.c.uid,
        students.c.demo,
        lesson_packages.c.code.label("package_code"),
        lesson_packages.c.name.label("package_name"),
    )
    .join_from(progress_events, students, students.c.id == progress_events.c.student_id)
    .join(lesson_packages, lesson_packages.c.id == progress_events.c.lesson_package_id)
)
