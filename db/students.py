"""Tables of students (生徒), their schools (学校), academic years and places."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    cast,
    exists,
    false,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db.accounts import SOURCES, person_columns, source_columns
from db.base import Key, Moment, metadata
from db.courses import courses, enrollments
from db.json_text import Expression
from db.kana import fold, kana_group, search_key
from db.organizations import groups, sections
from db.predicates import Columns, Condition, Predicate, parameter

FIRST_YEAR, YEARS = 2000, 63

# Last name, first name, and both in kana.
Names: TypeAlias = tuple[str, str, str, str]

prefectures = Table(
    "prefectures",
    metadata,
    Column("code", Key, primary_key=True),
    Column("name", Text, nullable=False),
)

schools = Table(
    "schools",
    metadata,
    Column("code", Key, primary_key=True),
    Column("name", Key, nullable=False),
    Column("name_kana", Text, nullable=False),
    Column("establishment_type", Text, nullable=False),
    Column("prefecture_code", ForeignKey("prefectures.code"), nullable=False),
    Column("search_key", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("establishment_type in ('national', 'public', 'private')", name="establishment_type"),
    Index(None, "prefecture_code", "code"),
    Index(None, "name", "code"),
)

school_grades = Table(
    "school_grades",
    metadata,
    Column("value", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
)

students = Table(
    "students",
    metadata,
    *person_columns(),
    Column("organization_id", ForeignKey("organizations.id"), nullable=False),
    Column("demo", Boolean, nullable=False, server_default=false()),
    *source_columns(),
    # Whoever writes student_years writes this too: `roster` of all years that the student has there.
    Column("roster_years", BigInteger, nullable=False),
    Column("date_of_birth", Date),
    Column("school_code", ForeignKey("schools.code")),
    Column("kana_group", Text, nullable=False),
    Column("last_name_key", Key, nullable=False),
    Column("full_name_key", Key, nullable=False),
    Column("search_key", Text, nullable=False),
    Column("account_key", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
    ForeignKeyConstraint(["id", "uid"], ["users.id", "users.uid"]),
    CheckConstraint("kana_group in ('A','K','S','T','N','H','M','Y','R','W','OTHER')", name="kana_group"),
    CheckConstraint(f"source in {SOURCES}", name="source"),
    UniqueConstraint("uid"),
    # What decides whether a student is listed stands in the index, so that counting a roster reads no rows.
    Index(
        "ix_students_roster",
        "organization_id",
        "code",
        "id",
        postgresql_include=["start_at", "end_at", "locked_at", "demo", "roster_years"],
    ),
    Index(None, "organization_id", "last_name_key", "id"),
    Index(None, "organization_id", "full_name_key", "id"),
    Index(None, "organization_id", "external_id", "id"),
    # Those whom somebody else told of, as that one calls them.
    Index(
        "ix_students_source_ref",
        "organization_id",
        "source_ref",
        "id",
        postgresql_where=text("source <> 'manual'"),
        sqlite_where=text("source <> 'manual'"),
    ),
    Index(None, "code", "id"),
    Index(None, "school_code"),
)

student_years = Table(
    "student_years",
    metadata,
    Column("student_id", ForeignKey("students.id"), primary_key=True),
    Column("academic_year", Integer, primary_key=True),
    Column("school_grade_value", ForeignKey("school_grades.value"), nullable=False),
)


def membership_table(name: str, unit: str) -> Table:
    """Which students are in a section or group, readable from both ends."""
    column = f"{unit.removesuffix('s')}_id"
    return Table(
        name,
        metadata,
        Column("student_id", ForeignKey("students.id"), primary_key=True),
        Column(column, ForeignKey(f"{unit}.id"), primary_key=True),
        Index(None, column, "student_id"),
    )


student_sections = membership_table("student_sections", "sections")
student_groups = membership_table("student_groups", "groups")


def school(*, code: str, name: str, **more: object) -> dict[str, object]:
    """The values of one row of schools, with the key that searching reads."""
    return {"code": code, "name": name, "search_key": search_key(name), **more}


def roster(years: Iterable[int]) -> int:
    """Academic years as one number with a bit for each, so that whether one is among them can stand in an index.

    The years 2000 to 2062 have one; ValueError for any other.
    """
    bits = [year - FIRST_YEAR for year in years]
    if not all(0 <= bit < YEARS for bit in bits):
        raise ValueError(f"Academic years are from {FIRST_YEAR} to {FIRST_YEAR + YEARS - 1}.")
    return sum(1 << bit for bit in set(bits))


def student(
    *, uid: str, code: str, external_id: str, names: Names, years: Iterable[int], **more: object
) -> dict[str, object]:
    """The values of one row of students, with every key that searching and ordering read.

    `names` are last name, first name, and both in kana; `years` the academic years of its student_years.
    """
    last, first, last_kana, first_kana = names
    searched = (code, external_id, last, first, last_kana, first_kana)
    full = (last + first, f"{last} {first}", last_kana + first_kana, f"{last_kana} {first_kana}")
    return {
        "uid": uid,
        "code": code,
        "external_id": external_id,
        "last_name": last,
        "first_name": first,
        "last_name_kana": last_kana,
        "first_name_kana": first_kana,
        "kana_group": kana_group(last_kana),
        "last_name_key": fold(last_kana),
        "full_name_key": fold(f"{last_kana} {first_kana}"),
        "search_key": search_key(*searched, *full),
        "account_key": search_key(uid, code),
        "roster_years": roster(years),
        **more,
    }


def in_section(columns: Columns, code: Expression) -> Condition:
    """In the section with this code of the student's own organization."""
    return placed(columns, student_sections, sections, code)


def in_group(columns: Columns, code: Expression) -> Condition:
    """In the group with this code of the student's own organization."""
    return placed(columns, student_groups, groups, code)


def placed(columns: Columns, places: Table, units: Table, code: Expression) -> Condition:
    """The unit is found once, by organization and code; then the student's place is one probe."""
    unit_id = places.c.section_id if "section_id" in places.c else places.c.group_id
    named = select(units.c.id).where(units.c.organization_id == columns["organization_id"], units.c.code == code)
    found = select(places.c.student_id).where(
        places.c.student_id == columns["id"], unit_id == named.correlate_except(units).scalar_subquery()
    )
    return exists(found.correlate_except(places, units))


def in_year(columns: Columns) -> Condition:
    """On the roster of the current academic year (年度)."""
    year = parameter("academic_year", Integer()) - literal_column(str(FIRST_YEAR))
    bit = cast(literal_column("1"), BigInteger).op("<<")(year)
    return columns["roster_years"].op("&")(bit) != literal_column("0")


def in_grade(columns: Columns, value: Expression) -> Condition:
    """The grade that is shown of the student is this one: that of the latest year up to the current one."""
    years = student_years
    shown = (
        select(years.c.school_grade_value)
        .where(years.c.student_id == columns["id"], is_past_year(years.c))
        .order_by(years.c.academic_year.desc())
        .limit(literal_column("1"))
    )
    # The column has 16 bits, and a client's integer may need 32.
    return cast(shown.correlate_except(years).scalar_subquery(), Integer()) == value


def is_past_year(columns: Columns) -> Condition:
    """The current academic year or an earlier one; rows for the next year are prepared before it begins."""
    return columns["academic_year"] <= parameter("academic_year", Integer())


def in_period(columns: Columns) -> Condition:
    """Inside start_at … end_at now, both ends included."""
    now = parameter("now", Moment())
    return (columns["start_at"] <= now) & (columns["end_at"] >= now)


def not_locked(columns: Columns) -> Condition:
    """Not locked; locked students are never listed."""
    return columns["locked_at"].is_(None)


def takes_category(columns: Columns, category: Expression, within: Predicate) -> Condition:
    """Enrolled in a course of this category that `within` lets through."""
    found = (
        select(enrollments.c.student_id)
        .select_from(enrollments.join(courses, courses.c.id == enrollments.c.course_id))
        .where(enrollments.c.student_id == columns["id"], courses.c.category == category, within(courses.c))
    )
    return exists(found.correlate_except(enrollments, courses))


def of_student(column: Expression, within: Predicate) -> Condition:
    """The column is the id of one of the students whom `within` lets through."""
    found = select(students.c.id).where(students.c.id == column, within(students.c))
    return exists(found.correlate_except(students))


def of_demo_student(uid: Expression) -> Condition:
    """The column is the uid of a demo student."""
    found = select(students.c.id).where(students.c.uid == uid, students.c.demo)
    return exists(found.correlate_except(students))


def student_in(id_: Expression, within: Predicate) -> Expression:
    """The id of the student with this id, where `within` lets it through."""
    named = students.alias("named_student")
    return select(named.c.id).where(named.c.id == id_, within(named.c)).scalar_subquery()


# A student's grade in each academic year, with the name that people call it by.
student_grades = select(
    student_years.c.student_id, student_years.c.academic_year, school_grades.c.value, school_grades.c.name
).join_from(student_years, school_grades, school_grades.c.value == student_years.c.school_grade_value)


class Changed(NamedTuple):
    """What an update changed: the student's organization and the columns whose values are other ones now."""

    organization_id: int
    fields: tuple[str, ...]


async def school_exists(connection: AsyncConnection, code: str) -> bool:
    """Whether there is a school with this code."""
    found = await connection.execute(select(schools.c.code).where(schools.c.code == code))
    return found.first() is not None


async def update(
    connection: AsyncConnection, student_id: int, values: Mapping[str, object], *, now: datetime
) -> Changed:
    """Change columns of one student; the row is locked, so that what changed is told truly."""
    columns = [students.c[name] for name in values]
    row = select(students.c.organization_id, *columns).where(students.c.id == student_id).with_for_update()
    before = (await connection.execute(row)).one()
    fields = tuple(name for name, old in zip(values, before[1:], strict=True) if old != values[name])
    if fields:
        await connection.execute(students.update().where(students.c.id == student_id).values(**values, updated_at=now))
    return Changed(before[0], fields)
