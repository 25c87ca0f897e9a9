"""Tests that the demo is loaded once, alike on both databases, and lives on when the year ends."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, text, update

import db.demo
from db.accounts import memberships, staff, staff_sections, users
from db.connections.database import Database, connect
from db.courses import courses, enrollments
from db.demo.load import DemoRefused, Loaded, load
from db.kana import search_key
from db.lessons import lessons
from db.migrate import upgrade
from db.notices import informations
from db.organizations import organizations, sections
from db.progress.events import progress_events
from db.students import school_grades, student_years, students
from tests.db.contents import Contents, contents, counts
from tests.services.postgresql import Server, create_database, drop_database

FOLDER = Path(db.demo.__file__).parent
JAPAN = timezone(timedelta(hours=9))
NOW = datetime(2026, 11, 23, 3, 4, 5, 678_901, UTC)
# Rows that no file says: 47 people, and what follows from each of them.
WRITTEN = {
    "users": 47,
    "staff": 11,
    "memberships": 11,
    "staff_sections": 7,
    "students": 36,
    "student_years": 81,
    "student_sections": 36,
    "student_groups": 36,
    "enrollments": 49,
    "student_lesson_packages": 84,
    "information_systems": 13,
    "information_roles": 22,
    "information_organizations": 8,
    "information_tagged": 11,
    "information_attachments": 0,
    "progress_events": 31,
}
FILES = {
    "prefectures", "school_grades", "subjects", "levels", "information_tags", "organizations", "sections", "groups",
    "lesson_packages", "schools", "informations", "subscription_plans", "achievements",
}  # fmt: skip


def rows_of(word: str) -> list[dict[str, object]]:
    """The rows of one of the demo's files."""
    found: list[dict[str, object]] = json.loads((FOLDER / f"{word}.json").read_text("utf-8"))
    return found


async def test_every_row_of_the_files_is_loaded(database: Database) -> None:
    loaded = await load(database, NOW)
    taught = english()
    assert loaded.rows == WRITTEN | {word: len(rows_of(word)) for word in FILES} | {
        "courses": len(rows_of("courses")) + len(rows_of("english_courses")),
        **{name: len(rows) for name, rows in taught.items()},
    }
    there = {name: number for name, number in (await counts(database)).items() if number}
    assert there == {name: number for name, number in loaded.rows.items() if number}


def english() -> dict[str, list[dict[str, object]]]:
    """The lessons, trainings and items of the English courses."""
    taught: list[dict[str, object]] = [one for course in rows_of("english_courses") for one in course["lessons"]]  # type: ignore[attr-defined]  # JSON has no types
    trainings = [one for lesson in taught for one in lesson["trainings"]]  # type: ignore[attr-defined]  # JSON has no types
    items = [one for training in trainings for one in training["items"]]
    return {"lessons": taught, "trainings": trainings, "training_items": items}


async def test_each_course_knows_how_many_lessons_it_has(database: Database) -> None:
    await load(database, NOW)
    counted = select(courses.c.id, func.count(lessons.c.id)).outerjoin(lessons).group_by(courses.c.id)
    async with database.writing() as transaction:
        said = {row[0]: row[1] for row in await transaction.execute(select(courses.c.id, courses.c.lessons_count))}
        there = {row[0]: row[1] for row in await transaction.execute(counted)}
    assert said == there
    assert sum(said.values()) == 28


async def test_a_second_time_changes_nothing(database: Database) -> None:
    await load(database, NOW)
    before = await contents(database)
    assert await load(database, NOW + timedelta(days=400)) == Loaded({})
    assert await contents(database) == before


async def test_what_people_changed_stays(database: Database) -> None:
    await load(database, NOW)
    async with database.writing() as transaction:
        await transaction.execute(update(students).where(students.c.code == "U001").values(school_code="13902F"))
        await transaction.execute(staff_sections.delete())
        await transaction.execute(update(school_grades).where(school_grades.c.value == 0).values(name="既卒"))
    before = await contents(database)
    assert await load(database, NOW) == Loaded({})
    assert await contents(database) == before


async def test_names_that_an_operator_changed_before_stay(database: Database) -> None:
    async with database.writing() as transaction:
        await transaction.execute(insert(school_grades).values(value=0, name="既卒"))
    loaded = await load(database, NOW)
    assert loaded.rows["school_grades"] == 6
    async with database.writing() as transaction:
        assert await transaction.scalar(select(school_grades.c.name).where(school_grades.c.value == 0)) == "既卒"


@pytest.mark.parametrize("taken", ["id", "code", "uid"])
async def test_a_database_with_rows_in_their_place_is_refused_and_left_as_it_is(taken: str, database: Database) -> None:
    async with database.writing() as transaction:
        if taken == "uid":
            await transaction.execute(insert(users).values(uid="auth0|demo-student", created_at=NOW))
        elif taken == "id":
            named = {"code": "ours", "name": "", "abbreviation": "", "search_key": "", "updated_at": NOW}
            await transaction.execute(insert(organizations).values(id=2002, **named))
        else:
            named = {"code": "310A01", "name": "", "abbreviation": "", "search_key": "", "updated_at": NOW}
            await transaction.execute(insert(courses).values(seq=1, category="others", **named))
    before = await contents(database)
    with pytest.raises(DemoRefused, match=r"rows of its own.*Load the demo into an empty database"):
        await load(database, NOW)
    assert await contents(database) == before


async def test_two_that_load_at_once_load_once(migrated: str, database: Database) -> None:
    other = connect(migrated)
    await other.open()
    both = await asyncio.gather(load(database, NOW), load(other, NOW))
    await other.close()
    assert sorted(sum(loaded.rows.values()) > 0 for loaded in both) == [False, True]
    assert (await counts(database))["users"] == 47


async def test_both_databases_hold_the_same(postgresql_server: Server, tmp_path: Path) -> None:
    name = f"alike_{uuid4().hex}"
    urls = create_database(postgresql_server, name), f"sqlite:///{tmp_path}/kakehashi.db"
    found: list[Contents] = []
    for url in urls:
        await asyncio.to_thread(upgrade, url)
        database = connect(url)
        await load(database, NOW)
        found.append(await contents(database))
        await database.close()
    drop_database(postgresql_server, name)
    assert found[0] == found[1]


async def test_the_database_numbers_on_above_the_ids_of_the_demo(database: Database) -> None:
    await load(database, NOW)
    named = {"code": "new", "name": "", "abbreviation": "", "search_key": "", "updated_at": NOW}
    async with database.writing() as transaction:
        for table, values in (
            (users, {"uid": "new", "created_at": NOW}),
            (organizations, named),
            (sections, named | {"organization_id": 1, "seq": 1}),
            (courses, named | {"seq": 1, "category": "others"}),
            (informations, {"title": "", "content": "", "open_at": NOW}),
            (progress_events, {"student_id": 1, "lesson_package_id": 1, "verb": "completed", "created_at": NOW}),
        ):
            highest = await transaction.scalar(text(f"select max(id) from {table.name}"))
            added = await transaction.execute(insert(table).values(**values).returning(table.c.id))
            assert added.scalar_one() > highest


async def test_staff_have_their_roles_where_their_rows_say(database: Database) -> None:
    await load(database, NOW)
    async with database.writing() as transaction:
        origin = staff.join(memberships).outerjoin(organizations, organizations.c.id == memberships.c.organization_id)
        rows = await transaction.execute(
            select(staff.c.uid, memberships.c.role, organizations.c.code).select_from(origin)
        )
        found = {uid: (role, code) for uid, role, code in rows}
    said = {row["uid"]: row for row in rows_of("people") if row["privileges"] != ["student"]}
    assert found == {uid: (row["privileges"][0], row["organization_code"]) for uid, row in said.items()}  # type: ignore[index]  # JSON of mixed values
    assert found["auth0|demo-administrator"] == ("administrator", None)


async def test_a_student_has_its_keys_and_what_the_description_prints(database: Database) -> None:
    await load(database, NOW)
    async with database.writing() as transaction:
        sample = await transaction.execute(select(students).where(students.c.code == "api_student1"))
        found = sample.mappings().one()
    assert found["uid"] == "auth0|685ca7f51c689c6cdef5acca"
    assert (found["organization_id"], found["school_code"]) == (1015, "01091A")
    assert found["date_of_birth"] == date(2010, 6, 26)
    assert found["start_at"] == datetime(2025, 6, 1, tzinfo=JAPAN)
    assert found["end_at"] == datetime(2999, 12, 31, 23, 59, 59, tzinfo=JAPAN)
    assert (found["kana_group"], found["last_name_key"], found["full_name_key"]) == ("K", "ガイブ", "ガイブ レンケイ")
    assert found["account_key"] == search_key("auth0|685ca7f51c689c6cdef5acca", "api_student1")
    assert search_key("外部 連携") in found["search_key"].split("\n")


async def test_a_year_is_there_for_the_time_after_1_april(database: Database) -> None:
    await load(database, NOW)
    async with database.writing() as transaction:
        rows = await transaction.execute(
            select(students.c.code, student_years.c.academic_year, student_years.c.school_grade_value)
            .join_from(students, student_years)
            .where(students.c.code.in_(("api_student1", "U003", "U008", "N011", "N015")))
        )
        found: dict[str, dict[int, int]] = {}
        for code, year, grade in rows:
            found.setdefault(code, {})[year] = grade
    assert found == {
        "api_student1": {2026: 1, 2027: 2},
        "U003": {2025: 2, 2026: 3, 2027: 4},
        "U008": {2025: 5, 2026: 6},
        "N011": {2026: 0, 2027: 0},
        "N015": {2024: 5, 2025: 6},
    }


async def test_a_course_is_taken_from_the_later_of_the_years_and_the_students_beginning(database: Database) -> None:
    await load(database, datetime(2026, 3, 1, tzinfo=UTC))
    async with database.writing() as transaction:
        begun = select(enrollments.c.enrolled_at).join_from(enrollments, students).distinct()
        sample = list(await transaction.scalars(begun.where(students.c.code == "api_student1")))
        other = list(await transaction.scalars(begun.where(students.c.code == "U008")))
    assert sample == [datetime(2025, 6, 1, tzinfo=JAPAN)]
    assert other == [datetime(2025, 4, 1, tzinfo=JAPAN)]


async def test_a_copied_file_has_everything(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kakehashi.db"
    await asyncio.to_thread(upgrade, url)
    database = connect(url)
    await database.open()
    await load(database, NOW)
    (tmp_path / "copy.db").write_bytes((tmp_path / "kakehashi.db").read_bytes())
    copy = connect(f"sqlite:///{tmp_path}/copy.db")
    assert (await counts(copy))["users"] == 47
    await copy.close()
    await database.close()
