"""Tables that are derived from the events, and could be made anew from them: `kakehashi rebuild-progress` does it."""

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
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem

from db.base import Id, Key, Moment, metadata
from db.courses import CEFR_LEVELS
from db.lessons import SKILLS

STATES = ("in_progress", "completed", "passed", "failed")
GRANULARITIES = ("day", "week", "month")

training_progress = Table(
    "training_progress",
    metadata,
    Column("student_id", ForeignKey("students.id"), primary_key=True),
    Column("training_id", ForeignKey("trainings.id"), primary_key=True),
    Column("lesson_id", ForeignKey("lessons.id"), nullable=False),
    Column("best_score", Float),
    Column("attempts", Integer, nullable=False),
    Column("completed_at", Moment),
    Index(None, "student_id", "lesson_id"),
)

lesson_progress = Table(
    "lesson_progress",
    metadata,
    Column("student_id", ForeignKey("students.id"), primary_key=True),
    Column("lesson_id", ForeignKey("lessons.id"), primary_key=True),
    Column("course_id", ForeignKey("courses.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("percent", Float, nullable=False),
    Column("best_score", Float),
    Column("attempts", Integer, nullable=False),
    Column("completed_at", Moment),
    # When the learner last did something with the lesson.
    Column("updated_at", Moment, nullable=False),
    CheckConstraint(f"state in {STATES}", name="state"),
    Index(None, "student_id", "course_id"),
    Index(None, "student_id", "completed_at"),
)

# What a learner did in a day, a week (from Monday) or a month of the own calendar: in one course, or in all (NULL).
activity = Table(
    "activity",
    metadata,
    Column("id", Id, primary_key=True),
    Column("student_id", ForeignKey("students.id"), nullable=False),
    Column("course_id", ForeignKey("courses.id")),
    Column("granularity", Key, nullable=False),
    Column("period", Date, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("xp", Integer, nullable=False),
    Column("lessons_completed", Integer, nullable=False),
    Column("courses_completed", Integer, nullable=False),
    Column("items_answered", Integer, nullable=False),
    Column("items_correct", Integer, nullable=False),
    CheckConstraint(f"granularity in {GRANULARITIES}", name="granularity"),
    Index(
        "ix_activity_all",
        "student_id",
        "granularity",
        "period",
        unique=True,
        postgresql_where=text("course_id is null"),
        sqlite_where=text("course_id is null"),
    ),
    # For a unique index every NULL is another value, so the rows of all courses together have an index of their own.
    Index("ix_activity_course", "student_id", "course_id", "granularity", "period", unique=True),
    Index(None, "granularity", "period", "xp"),
    # What all learners did, in the order of lists: in all courses together, and in one.
    Index(
        "ix_activity_periods",
        "granularity",
        "period",
        "id",
        postgresql_where=text("course_id is null"),
        sqlite_where=text("course_id is null"),
    ),
    Index(
        "ix_activity_course_periods",
        "course_id",
        "granularity",
        "period",
        "id",
        postgresql_where=text("course_id is not null"),
        sqlite_where=text("course_id is not null"),
    ),
)

learners = Table(
    "learners",
    metadata,
    Column("student_id", ForeignKey("students.id"), primary_key=True),
    Column("xp", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    # Days in a row up to the last active one; it stands until `streak_until`, and counts for nothing after that.
    Column("streak", Integer, nullable=False),
    Column("streak_until", Moment),
    Column("longest_streak", Integer, nullable=False),
    Column("last_active_on", Date),
    Column("cefr_level", Text),
    CheckConstraint(f"cefr_level in {CEFR_LEVELS}", name="cefr_level"),
    Index(None, "xp"),
)


def assessed() -> tuple[SchemaItem, ...]:
    """A level in a skill, and the share of right answers behind it."""
    return (
        Column("level", Text, nullable=False),
        Column("score", Float, nullable=False),
        Column("assessed_at", Moment, nullable=False),
        CheckConstraint(f"skill in {SKILLS}", name="skill"),
        CheckConstraint(f"level in {CEFR_LEVELS}", name="level"),
    )


cefr_skills = Table(
    "cefr_skills",
    metadata,
    Column("student_id", ForeignKey("students.id"), primary_key=True),
    Column("skill", Key, primary_key=True),
    *assessed(),
)

# Each change of a level.
cefr_changes = Table(
    "cefr_changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("student_id", ForeignKey("students.id"), nullable=False),
    Column("skill", Key, nullable=False),
    *assessed(),
    UniqueConstraint("student_id", "skill", "assessed_at"),
    Index(None, "student_id", "assessed_at", "id"),
)

achievements = Table(
    "achievements",
    metadata,
    Column("code", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("seq", Integer, nullable=False),
)

learner_achievements = Table(
    "learner_achievements",
    metadata,
    Column("student_id", ForeignKey("students.id"), primary_key=True),
    Column("achievement_code", ForeignKey("achievements.code"), primary_key=True),
    # The learner's own day.
    Column("earned_on", Date, nullable=False),
)
