"""Tables of courses (講座), their lesson packages (授業パッケージ) and who takes them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    select,
)

from db.base import Id, Key, Moment, metadata

CATEGORIES = ("packaged", "external_app", "recommended", "atama_plus", "others")


def names_table(name: str) -> Table:
    """A list of names by key, in the order people know them; an operator can change the names."""
    return Table(
        name,
        metadata,
        Column("key", Key, primary_key=True),
        Column("name", Text, nullable=False),
        Column("seq", Integer, nullable=False),
    )


subjects = names_table("subjects")
levels = names_table("levels")

courses = Table(
    "courses",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Key, nullable=False, unique=True),
    Column("name", Key, nullable=False),
    Column("abbreviation", Key, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("category", Text, nullable=False),
    Column("is_demo", Boolean, nullable=False, server_default=false()),
    Column("subject_key", ForeignKey("subjects.key")),
    Column("level_key", ForeignKey("levels.key")),
    Column("start_date", Date),
    Column("end_date", Date),
    Column("search_key", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint(f"category in {CATEGORIES}", name="category"),
    Index(None, "seq", "id"),
    Index(None, "category", "seq"),
)

lesson_packages = Table(
    "lesson_packages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("course_id", ForeignKey("courses.id"), nullable=False),
    Column("code", Key, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index(None, "course_id", "seq", "code"),
)

enrollments = Table(
    "enrollments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("student_id", ForeignKey("students.id"), nullable=False),
    Column("course_id", ForeignKey("courses.id"), nullable=False),
    Column("enrolled_at", Moment, nullable=False),
    UniqueConstraint("student_id", "course_id"),
    Index(None, "course_id", "student_id"),
)

student_lesson_packages = Table(
    "student_lesson_packages",
    metadata,
    Column("student_id", ForeignKey("students.id"), primary_key=True),
    Column("lesson_package_id", ForeignKey("lesson_packages.id"), primary_key=True),
    Index(None, "lesson_package_id", "student_id"),
)

# A course as a student takes it: the enrollment, with what is shown of the course.
student_courses = select(
    enrollments.c.id,
    enrollments.c.student_id,
    enrollments.c.course_id,
    enrollments.c.enrolled_at,
    courses.c.code,
    courses.c.name,
    courses.c.abbreviation,
    courses.c.seq,
    courses.c.category,
    courses.c.is_demo,
).join_from(enrollments, courses, courses.c.id == enrollments.c.course_id)

# A lesson package as a student has it.
student_packages = select(
    student_lesson_packages.c.student_id,
    student_lesson_packages.c.lesson_package_id,
    lesson_packages.c.course_id,
    lesson_packages.c.code,
    lesson_packages.c.name,
    lesson_packages.c.seq,
).join_from(
    student_lesson_packages, lesson_packages, lesson_packages.c.id == student_lesson_packages.c.lesson_package_id
)
