"""Tests that large data is the same every time, grows without changing, and stands beside the demo."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from db.accounts import memberships, staff, users
from db.connections.database import Database, connect
from db.courses import student_lesson_packages
from db.demo.load import load
from db.organizations import organizations
from db.progress.events import progress_events
from db.seeding import seed_students
from db.seeding_names import FIRST_NAMES, LAST_NAMES, school_name
from db.seeding_rows import organization_count, organization_of, school_count
from db.students import students
from tests.db.conftest import Make
from tests.db.contents import contents, counts

NOW = datetime(2026, 11, 23, 3, 4, 5, 678_901, UTC)


async def seeded(database: Database, number: int) -> list[int]:
    """Seed so many students; gives what was told on the way."""
    told: list[int] = []
    await seed_students(database, students=number, now=NOW, progress=told.append)
    return told


@pytest.fixture
async def another(make_migrated: Make) -> AsyncIterator[Database]:
    """A second migrated database of the same kind."""
    opened = connect(make_migrated())
    yield opened
    await opened.close()


async def test_every_student_has_a_place_courses_and_packages(database: Database) -> None:
    assert await seeded(database, 300) == [300]
    found = await counts(database)
    events = found.pop("progress_events")
    assert {table: number for table, number in found.items() if number} == {
        "organizations": 2,
        "sections": 20,
        "groups": 20,
        "users": 301,
        "staff": 1,
        "memberships": 1,
        "subjects": 19,
        "levels": 5,
        "courses": 60,
        "lesson_packages": 600,
        "prefectures": 47,
        "schools": 35,
        "school_grades": 7,
        "information_tags": 9,
        "subscription_plans": 3,
        "achievements": 8,
        "students": 300,
        "student_years": 600,
        "student_sections": 300,
        "student_groups": 600,
        "enrollments": 900,
        "student_lesson_packages": 3000,
    }
    assert 2600 < events < 2800


async def test_two_databases_are_seeded_alike(database: Database, another: Database) -> None:
    await seeded(database, 300)
    await seeded(another, 300)
    assert await contents(database) == await contents(another)


async def test_adding_the_difference_comes_to_the_same(database: Database, another: Database) -> None:
    assert [await seeded(database, number) for number in (100, 101, 300)] == [[100], [101], [300]]
    await seeded(another, 300)
    assert await contents(database) == await contents(another)


async def test_seeding_as_many_again_or_fewer_adds_nothing(database: Database) -> None:
    await seeded(database, 60)
    before = await contents(database)
    assert await seeded(database, 60) == [60]
    assert await seeded(database, 7) == [60]
    assert await seeded(database, 0) == []
    assert await contents(database) == before


async def test_the_demo_stays_as_it_was(database: Database) -> None:
    await load(database, NOW)
    demo = await contents(database)
    await seeded(database, 60)
    both = await contents(database)
    assert {table: [row for row in rows if row in both[table]] for table, rows in demo.items()} == demo


async def test_the_demo_can_be_loaded_afterwards(database: Database) -> None:
    await seeded(database, 60)
    assert (await load(database, NOW)).rows["users"] == 47
    assert await seeded(database, 80) == [80]
    assert (await counts(database))["students"] == 36 + 80


async def test_many_students_come_in_batches(database: Database) -> None:
    assert await seeded(database, 4100) == [2000, 4000, 4100]
    async with database.writing() as transaction:
        rows = await transaction.execute(
            select(organizations.c.code, func.count(students.c.id)).join_from(organizations, students)
            .group_by(organizations.c.code).order_by(organizations.c.code)
        )  # fmt: skip
        assert [tuple(row) for row in rows] == [("L001", 2050), ("L002", 2050)]
        last = await transaction.scalar(select(func.max(students.c.uid)))
        assert last == "auth0|large-0004100"


async def test_students_are_in_their_own_organizations_places(database: Database) -> None:
    await seeded(database, 60)
    for unit in ("section", "group"):
        strangers = (
            f"select count(*) from student_{unit}s as link join students on students.id = link.student_id"
            f" join {unit}s as place on place.id = link.{unit}_id"
            " where place.organization_id <> students.organization_id"
        )
        assert [tuple(row) for row in await database.read(strangers, [])] == [(0,)]


async def test_packages_are_of_courses_that_the_student_takes(database: Database) -> None:
    await seeded(database, 60)
    others = (
        "select count(*) from student_lesson_packages as had join lesson_packages as package on package.id ="
        " had.lesson_package_id left join enrollments on enrollments.student_id = had.student_id and"
        " enrollments.course_id = package.course_id where enrollments.id is null"
    )
    assert [tuple(row) for row in await database.read(others, [])] == [(0,)]


async def test_a_package_that_a_student_has_is_completed_at_most_once_and_in_the_last_year(database: Database) -> None:
    await seeded(database, 60)
    async with database.writing() as transaction:
        rows = (await transaction.execute(select(progress_events))).all()
        had = {tuple(row) for row in await transaction.execute(select(student_lesson_packages))}
    done = [(row.student_id, row.lesson_package_id) for row in rows]
    assert len(done) == len(set(done))
    assert set(done) < had
    assert {row.verb for row in rows} == {"completed"}
    assert all(NOW - timedelta(days=366) < row.created_at <= NOW for row in rows)


async def test_the_owner_of_the_first_family_can_be_measured_as(database: Database) -> None:
    await seeded(database, 10)
    await seeded(database, 20)
    async with database.writing() as transaction:
        origin = staff.join(memberships).join(organizations, organizations.c.id == memberships.c.organization_id)
        found = await transaction.execute(
            select(staff.c.uid, memberships.c.role, organizations.c.code, organizations.c.parent_id).select_from(origin)
        )
        assert [tuple(row) for row in found] == [("auth0|large-owner", "cram_school_owner", "L001", None)]
        parent = select(organizations.c.parent_id).where(organizations.c.code == "L002").scalar_subquery()
        assert await transaction.scalar(select(organizations.c.code).where(organizations.c.id == parent)) == "L001"
        assert await transaction.scalar(select(func.count()).select_from(users)) == 21


@pytest.mark.parametrize("number", [-1, 10_000_000])
async def test_a_number_that_cannot_be_is_refused(number: int, database: Database) -> None:
    with pytest.raises(ValueError, match="choose a number from 0 to 9999999"):
        await seeded(database, number)
    assert (await counts(database))["organizations"] == 0


@pytest.mark.parametrize(
    ("number", "organizations_", "last"),
    [(1, 2, 0), (2, 2, 1), (10_000, 2, 1), (10_001, 3, 2), (25_000, 5, 4), (25_001, 7, 5), (100_000, 20, 19)],
)
def test_an_organization_has_about_5000_students(number: int, organizations_: int, last: int) -> None:
    assert organization_count(number) == organizations_
    assert organization_of(number - 1) == last


def test_no_organization_has_more_than_5000_students() -> None:
    places = [organization_of(number) for number in range(50_000)]
    assert {places.count(organization) for organization in range(10)} == {5000}


def test_schools_are_up_to_5000_with_names_of_their_own() -> None:
    assert [school_count(number) for number in (0, 300, 99_600, 1_000_000)] == [20, 35, 5000, 5000]
    assert len({school_name(number) for number in range(5000)}) == 5000


def test_people_have_many_names_each_with_its_kana() -> None:
    for names in (LAST_NAMES, FIRST_NAMES):
        assert len(set(names)) == len(names) >= 60
        assert all(
            written and kana == "".join(filter(lambda letter: "ァ" <= letter <= "ー", kana)) for written, kana in names
        )
