"""Tables of what students did: append-only events, also served as the usage feed (利用実績)."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, select

from db.base import Id, Moment, metadata
from db.courses import lesson_packages
from db.students import students

progress_events = Table(
    "progress_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("student_id", ForeignKey("students.id"), nullable=False),
    Column("lesson_package_id", ForeignKey("lesson_packages.id"), nullable=False),
    Column("verb", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "created_at", "id"),
    Index(None, "student_id", "lesson_package_id", "created_at", "id"),
    Index(None, "lesson_package_id", "id"),
)

# The usage feed: one flat row per event, as the provisional specification of external products prints it.
usage_records = (
    select(
        progress_events.c.id,
        progress_events.c.created_at,
        students.c.uid,
        students.c.demo,
        lesson_packages.c.code.label("package_code"),
        lesson_packages.c.name.label("package_name"),
    )
    .join_from(progress_events, students, students.c.id == progress_events.c.student_id)
    .join(lesson_packages, lesson_packages.c.id == progress_events.c.lesson_package_id)
)
