"""Tables of lessons, their trainings and training items: what a course of Talktiko consists of."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from db.base import Id, Key, Moment, metadata

SKILLS = ("listening", "reading", "speaking", "writing", "vocabulary", "grammar")
ITEM_TYPES = ("multiple_choice", "dictation", "speaking", "reading", "gap_fill")

lessons = Table(
    "lessons",
    metadata,
    Column("id", Id, primary_key=True),
    Column("course_id", ForeignKey("courses.id"), nullable=False),
    Column("code", Key, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # Trainings repeat the course, and this key lets the database hold them to it.
    UniqueConstraint("id", "course_id"),
    Index(None, "course_id", "seq", "id"),
)

trainings = Table(
    "trainings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("course_id", Id, nullable=False),
    Column("lesson_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
    ForeignKeyConstraint(["lesson_id", "course_id"], ["lessons.id", "lessons.course_id"]),
    UniqueConstraint("id", "lesson_id", "course_id"),
    Index(None, "lesson_id", "seq", "id"),
    Index(None, "course_id", "id"),
)

training_items = Table(
    "training_items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("course_id", Id, nullable=False),
    Column("lesson_id", Id, nullable=False),
    Column("training_id", Id, nullable=False),
    Column("type", Key, nullable=False),
    Column("skill", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    # What a learner is shown, and what answers are held against; the solution is never sent before an answer.
    Column("payload", JSON, nullable=False),
    Column("solution", JSON, nullable=False),
    Column("updated_at", Moment, nullable=False),
    ForeignKeyConstraint(
        ["training_id", "lesson_id", "course_id"], ["trainings.id", "trainings.lesson_id", "trainings.course_id"]
    ),
    CheckConstraint(f"type in {ITEM_TYPES}", name="type"),
    CheckConstraint(f"skill in {SKILLS}", name="skill"),
    Index(None, "training_id", "seq", "id"),
    Index(None, "type", "id"),
)
