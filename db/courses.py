"""Tables of courses (講座), their lesson packages (授業パッケージ) and who takes them; lessons are in db/lessons.py."""

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
    exists,
    false,
    func,
    null,
    select,
)

from db.base import Id, Key, Moment, metadata
from db.json_text import Expression, sql_literal
from db.predicates import Columns, Condition, Predicate, parameter, whole_number

CATEGORIES = ("packaged", "external_app", "recommended", "atama_plus", "others")
ORIGINS = ("diverse", "talktiko")
CEFR_LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")


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
    # Which of the two systems the course comes from. Categories are Diverse's; slugs, CEFR levels, topics Talktiko's.
    Column("origin", Text, nullable=False, server_default="diverse"),
    Column("category", Text),
    Column("slug", Key, unique=True),
    Column("cefr_level", Text),
    Column("language", Text),
    Column("topic", Text),
    Column("description", Text),
    Column("published_at", Moment),
    # Whoever writes lessons writes this too; a test compares them.
    Column("lessons_count", Integer, nullable=False, server_default="0"),
    Column("is_demo", Boolean, nullable=False, server_default=false()),
    Column("subject_key", ForeignKey("subjects.key")),
    Column("level_key", ForeignKey("levels.key")),
    Column("start_date", Date),
    Column("end_date", Date),
    Column("search_key", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint(f"category in {CATEGORIES}", name="category"),
    CheckConstraint(f"origin in {ORIGINS}", name="origin"),
    CheckConstraint(f"cefr_level in {CEFR_LEVELS}", name="cefr_level"),
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
    Column("completed_at", Moment),
    UniqueConstraint("student_id", "course_id"),
    Index(None, "course_id", "student_id"),
    Index(None, "course_id", "id"),
    Index(None, "student_id", "id"),
)

student_lesson_packages = Table(
    "student_lesson_packages",
    metadata,
    Column("student_id", ForeignKey("students.id"), primary_key=True),
    Column("lesson_package_id", ForeignKey("lesson_packages.id"), primary_key=True),
    Index(None, "lesson_package_id", "student_id"),
)

# The courses of which it was told that they are published, until they are so no more; and the day that was told of.
course_publications = Table(
    "course_publications",
    metadata,
    Column("course_id", ForeignKey("courses.id", ondelete="CASCADE"), primary_key=True),
    Column("published_at", Moment, nullable=False),
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
    courses.c.origin,
    courses.c.category,
    courses.c.published_at,
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


def is_published(columns: Columns) -> Condition:
    """A course of Talktiko whose day of publication has come."""
    return is_of(columns, "talktiko") & (columns["published_at"] <= parameter("now", Moment()))


def is_of(columns: Columns, origin: str) -> Condition:
    """A course of one of the two systems."""
    return columns["origin"] == sql_literal(origin)


def published_or_not(columns: Columns, value: Expression) -> Condition:
    """Published, or not, as a bound boolean says; what will never be published is not."""
    return func.coalesce(is_published(columns), false()) == value


def course_in(key: Expression | None, within: Predicate) -> Expression:
    """The id of the course that a text names, among those that `within` lets through; NULL where none is named."""
    return null() if key is None else named_course(key, within)


def in_course(column: Expression, within: Predicate) -> Condition:
    """The column is the id of one of the courses that `within` lets through."""
    found = select(courses.c.id).where(courses.c.id == column, within(courses.c))
    return exists(found.correlate_except(courses))


def named_course(key: Expression, within: Predicate) -> Expression:
    """The id of the course that a text names by its number, else by its code, else by its slug.

    A course that `within` does not let through is not there for this: another may have its number for a code.
    """
    ways = (courses.c.id == whole_number(key), courses.c.code == key, courses.c.slug == key)
    found = (select(courses.c.id).where(way, within(courses.c)).scalar_subquery() for way in ways)
    # PostgreSQL looks no index up by a COALESCE where policies hold; the value of a subquery it does.
    return select(func.coalesce(*found)).scalar_subquery()
