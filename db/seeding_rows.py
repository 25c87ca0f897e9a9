"""The rows of large data. Who the n-th student is depends on n alone, so that adding more changes nobody."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Table

from db.accounts import users
from db.courses import enrollments, student_lesson_packages
from db.demo.days import Days
from db.japan import JAPAN
from db.progress.events import progress_events
from db.seeding_names import FIRST_NAMES, LAST_NAMES
from db.students import student, student_groups, student_sections, student_years, students

SEED = 20_261_123
UID = "auth0|large-"
FOREVER = datetime(2999, 12, 31, 23, 59, 59, tzinfo=JAPAN)
YEAR_S = 365 * 24 * 3600
# How many packages a student has of each course taken.
SHARES = (4, 3, 3)
# Of a hundred packages: completed. Of a hundred students: locked, and out of their period.
COMPLETED, LOCKED, GONE = 90, 1, 1
# An organization for 5,000 students and five to a family, of which the first two share the first 10,000.
ORGANIZATION, FAMILY = 5000, 5
SCHOOLS, FIRST_SCHOOLS, PER_SCHOOL = 5000, 20, 20

Row: TypeAlias = dict[str, Any]
Batch: TypeAlias = dict[Table, list[Row]]

# Each table after those that it refers to.
TABLES = (
    users,
    students,
    student_years,
    student_sections,
    student_groups,
    enrollments,
    student_lesson_packages,
    progress_events,
)


@dataclass(frozen=True)
class Ground:
    """The ids of what students are placed in: organizations and courses by number, what is inside them in order."""

    organizations: list[int]
    sections: list[list[int]]
    groups: list[list[int]]
    courses: list[int]
    packages: list[list[int]]


def organization_of(number: int) -> int:
    """Which organization the student with this number (from 0) is in."""
    family, place = divmod(number, FAMILY * ORGANIZATION)
    return family * FAMILY + (place % 2 if place < 2 * ORGANIZATION else place // ORGANIZATION)


def organization_count(students_: int) -> int:
    """How many organizations so many students are in."""
    family, place = divmod(students_, FAMILY * ORGANIZATION)
    return family * FAMILY + (max(2, -(-place // ORGANIZATION)) if place else 0)


def school_count(students_: int) -> int:
    """How many schools so many students go to."""
    return min(SCHOOLS, FIRST_SCHOOLS + students_ // PER_SCHOOL)


def school_code(number: int) -> str:
    """The code of a school."""
    return f"L{number + 1:05d}"


def uid(number: int) -> str:
    """The uid of a student."""
    return f"{UID}{number + 1:07d}"


def batch(numbers: range, ground: Ground, days: Days, *, first_user: int, first_event: int) -> Batch:
    """The rows of some students, whose ids are counted from `first_user`, and of their events."""
    rows: Batch = {table: [] for table in TABLES}
    for id_, number in enumerate(numbers, first_user):
        randomness = random.Random(SEED + number)  # noqa: S311  # the same for the same number, and no secret
        rows[users].append({"id": id_, "uid": uid(number), "created_at": days.now})
        grade = randomness.randrange(1, 7) if randomness.randrange(30) else 0
        rows[students].append(learner(number, id_, grade, ground, days, randomness))
        rows[student_years] += years(id_, grade, days)
        place(rows, id_, organization_of(number), ground, randomness)
        take(rows, id_, ground, days, randomness)
    for event_id, event in enumerate(rows[progress_events], first_event):
        event["id"] = event_id
    return rows


def learner(number: int, id_: int, grade: int, ground: Ground, days: Days, randomness: random.Random) -> Row:
    """The student's own row; the day of birth is right for the grade."""
    last, last_kana = randomness.choice(LAST_NAMES)
    first, first_kana = randomness.choice(FIRST_NAMES)
    birth = days.first_of(days.academic_year(-12 - (grade or 7))).date() + timedelta(days=randomness.randrange(365))
    begun = days.first_of(days.academic_year(-1))
    lot = randomness.randrange(100)
    return student(
        uid=uid(number),
        code=f"L{number + 1:07d}",
        external_id=f"large_{number + 1:07d}",
        names=(last, first, last_kana, first_kana),
        id=id_,
        start_at=begun,
        end_at=days.first_of(days.academic_year()) - timedelta(seconds=1) if lot < GONE else FOREVER,
        locked_at=days.now if GONE <= lot < GONE + LOCKED else None,
        organization_id=ground.organizations[organization_of(number)],
        demo=False,
        date_of_birth=birth,
        school_code=school_code(randomness.randrange(school_count(number))),
        years=[days.academic_year(-1), days.academic_year()],
        updated_at=days.now,
    )


def years(id_: int, grade: int, days: Days) -> Iterator[Row]:
    """The grades of this year and the last; before 中1 there is none of ours, which is 0."""
    for offset, value in ((-1, max(grade - 1, 0)), (0, grade)):
        yield {"student_id": id_, "academic_year": days.academic_year(offset), "school_grade_value": value}


def place(rows: Batch, id_: int, organization: int, ground: Ground, randomness: random.Random) -> None:
    """One section and two groups of the student's organization."""
    section_id = randomness.choice(ground.sections[organization])
    rows[student_sections].append({"student_id": id_, "section_id": section_id})
    for group_id in randomness.sample(ground.groups[organization], 2):
        rows[student_groups].append({"student_id": id_, "group_id": group_id})


def take(rows: Batch, id_: int, ground: Ground, days: Days, randomness: random.Random) -> None:
    """Three courses, some packages of each one after the other, and when most of them were completed."""
    enrolled_at = days.first_of(days.academic_year())
    minute = days.now.replace(second=0, microsecond=0)
    for course, share in zip(randomness.sample(range(len(ground.courses)), len(SHARES)), SHARES, strict=True):
        rows[enrollments].append({"student_id": id_, "course_id": ground.courses[course], "enrolled_at": enrolled_at})
        packages = ground.packages[course]
        start = randomness.randrange(len(packages) - share + 1)
        for package_id in packages[start : start + share]:
            rows[student_lesson_packages].append({"student_id": id_, "lesson_package_id": package_id})
            if randomness.randrange(100) < COMPLETED:
                created_at = minute - timedelta(seconds=randomness.randrange(YEAR_S))
                rows[progress_events].append(
                    {
                        "student_id": id_,
                        "lesson_package_id": package_id,
                        "verb": "completed",
                        "created_at": created_at,
                    }
                )
