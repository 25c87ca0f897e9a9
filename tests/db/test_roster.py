"""The log of roster changes: what is written for each change, whoever makes it; alike on both databases."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, insert, select, update

from db.accounts import memberships, staff, users
from db.connections.database import Database, Transaction
from db.courses import courses, enrollments
from db.horizon import horizon
from db.operations import reading_positions, settings
from db.organizations import groups, named, organizations, sections
from db.outbox import Position as Place
from db.positions import ROSTER, begin, held
from db.roster import Position, forget_foreign, prune, reached
from db.roster_log import roster_changes
from db.roster_news import look, look_statement
from db.students import school_grades, student, student_groups, student_sections, students

NOW = datetime(2026, 11, 26, 3, 4, 5, tzinfo=UTC)
PERSON: dict[str, Any] = {"start_at": NOW, "end_at": NOW, "updated_at": NOW}
SHOWN = ("kind", "type", "row_id", "organization_before", "organization_after", "student_id")
SIGHT = ("demo_before", "locked_before", "origin_before")


async def add(transaction: Transaction, table: Table, **row: object) -> None:
    """Insert one row."""
    await transaction.execute(insert(table).values(**row))


async def add_student(transaction: Transaction, id_: int, *, organization: int, code: str = "s") -> None:
    """A student and the account."""
    await add(transaction, users, id=id_, uid=f"u{id_}", created_at=NOW)
    names = ("山田", "花子", "ヤマダ", "ハナコ")
    row = student(uid=f"u{id_}", code=code, external_id="x", names=names, years=[2026])
    await add(transaction, students, **row, **PERSON, id=id_, organization_id=organization)


@pytest.fixture
async def roster(database: Database) -> Database:
    """Two organizations with a section, a course, and a student in the first."""
    async with database.writing() as transaction:
        for id_ in (1, 2):
            row = named(code=f"o{id_}", name="n", abbreviation="a", updated_at=NOW)
            await add(transaction, organizations, id=id_, **row)
        await add(
            transaction,
            sections,
            id=5,
            organization_id=1,
            seq=1,
            **named(code="c", name="n", abbreviation="a"),
            updated_at=NOW,
        )
        await add(
            transaction,
            groups,
            id=6,
            organization_id=1,
            seq=1,
            **named(code="c", name="n", abbreviation="a"),
            updated_at=NOW,
        )
        await add(transaction, school_grades, value=1, name="中1")
        await add_student(transaction, 7, organization=1)
        await add(transaction, courses, id=8, seq=1, **named(code="k", name="n", abbreviation="a"), updated_at=NOW)
        await add(transaction, enrollments, id=9, student_id=7, course_id=8, enrolled_at=NOW)
    return database


async def told(database: Database, after: int = 0) -> list[tuple[Any, ...]]:
    """The log behind a number: what is shown, what decides on sight, changed columns and earlier keys."""
    async with database.writing() as transaction:
        log = roster_changes.c
        columns = [log[name] for name in (*SHOWN, *SIGHT, "fields", "keys")]
        found = await transaction.execute(select(*columns).where(log.change_no > after).order_by(log.change_no))
        return [tuple(row) for row in found]


async def last(database: Database) -> int:
    """The last number of the log."""
    async with database.writing() as transaction:
        return (
            await transaction.execute(select(roster_changes.c.change_no).order_by(roster_changes.c.change_no.desc()))
        ).scalars().first() or 0


async def changed(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """What raw SQL writes into the log."""
    before = await last(database)
    async with database.writing() as transaction:
        await transaction.exec_driver_sql(statement)
    return await told(database, before)


NONE = (None, None, None)


CREATED: list[tuple[Any, ...]] = [
    ("created", "organization", 1, None, 1, None, *NONE, [], {}),
    ("created", "organization", 2, None, 2, None, *NONE, [], {}),
    ("created", "section", 5, None, 1, None, *NONE, [], {}),
    ("created", "group", 6, None, 1, None, *NONE, [], {}),
    ("created", "student", 7, None, 1, None, *NONE, [], {}),
    ("created", "course", 8, None, None, None, *NONE, [], {}),
    ("created", "enrollment", 9, None, 1, 7, *NONE, [], {}),
]


async def test_new_rows_are_told_in_their_order(roster: Database) -> None:
    assert await told(roster) == CREATED


STUDENT = ("updated", "student", 7, 1, 1, None, False, False, None)
CHANGES = {
    "update students set code = 'c''\"' where id = 7": [(*STUDENT, ["code"], {"code": "s"})],
    "update students set code = 's' where id = 7": [],
    "update students set school_code = null, updated_at = updated_at": [],
    "update students set last_name_key = 'カ', search_key = ''": [
        (*STUDENT, ["last_name_key", "search_key"], {"last_name_key": "ヤマダ"})
    ],
    "update students set organization_id = 2 where id = 7": [
        ("updated", "student", 7, 1, 2, None, False, False, None, ["organization_id"], {}),
        ("updated", "enrollment", 9, 1, 2, 7, False, False, None, [], {}),
    ],
    "update students set locked_at = '2026-04-01 00:00:00+00'": [
        (*STUDENT, ["locked_at"], {}),
        ("updated", "enrollment", 9, 1, 1, 7, False, False, None, [], {}),
    ],
    "insert into student_sections (student_id, section_id) values (7, 5)": [(*STUDENT, ["sections"], {})],
    "insert into student_groups (student_id, group_id) values (7, 6)": [(*STUDENT, ["groups"], {})],
    "insert into student_years (student_id, academic_year, school_grade_value) values (7, 2026, 1)": [
        (*STUDENT, ["school_grade"], {})
    ],
    "update sections set seq = 4": [("updated", "section", 5, 1, 1, None, *NONE, ["seq"], {"seq": 1})],
    "update organizations set parent_id = 1 where id = 2": [
        ("updated", "organization", 2, 2, 2, None, *NONE, ["parent_id"], {})
    ],
    "update courses set is_demo = true": [
        ("updated", "course", 8, None, None, None, False, None, "diverse", ["is_demo"], {})
    ],
    "update enrollments set completed_at = '2026-04-01 00:00:00+00'": [
        ("updated", "enrollment", 9, 1, 1, 7, False, False, None, ["completed_at"], {})
    ],
    "delete from enrollments": [("deleted", "enrollment", 9, 1, None, 7, False, False, None, [], {})],
    "update groups set id = 60": [
        ("deleted", "group", 6, 1, None, None, *NONE, [], {}),
        ("created", "group", 60, None, 1, None, *NONE, [], {}),
    ],
    "delete from sections": [("deleted", "section", 5, 1, None, None, *NONE, [], {})],
}


@pytest.mark.parametrize("statement", CHANGES)
async def test_whoever_changes_a_row_it_is_told(roster: Database, statement: str) -> None:
    assert await changed(roster, statement) == CHANGES[statement]


async def test_a_place_that_is_taken_or_left_is_an_update_of_the_student(roster: Database) -> None:
    for table, column, unit in ((student_sections, "section_id", 5), (student_groups, "group_id", 6)):
        await changed(roster, f"insert into {table.name} (student_id, {column}) values (7, {unit})")
        found = await changed(roster, f"delete from {table.name}")
        assert [row[:3] for row in found] == [("updated", "student", 7)]
    await changed(
        roster, "insert into student_years (student_id, academic_year, school_grade_value) values (7, 2026, 1)"
    )
    assert [row[-2] for row in await changed(roster, "update student_years set academic_year = 2027")] == [
        ["school_grade"]
    ]


async def test_memberships_are_told(roster: Database) -> None:
    async with roster.writing() as transaction:
        await add(transaction, users, id=20, uid="u20", created_at=NOW)
        names = dict.fromkeys(("first_name", "last_name", "first_name_kana", "last_name_kana"), "n")
        await add(transaction, staff, id=20, uid="u20", code="", external_id="", **names, **PERSON)
        await add(transaction, memberships, id=21, staff_id=20, organization_id=2, role="cram_school_owner")
    assert (await told(roster))[-1] == ("created", "membership", 21, None, 2, None, *NONE, [], {})


async def test_many_rows_of_one_statement_are_all_told(roster: Database) -> None:
    async with roster.writing() as transaction:
        for id_ in range(30, 40):
            await add_student(transaction, id_, organization=1, code=f"s{id_}")
    before = await last(roster)
    async with roster.writing() as transaction:
        await transaction.execute(update(students).values(organization_id=2))
    found = [row for row in await told(roster, before) if row[1] == "student"]
    assert sorted(row[2:5] for row in found) == [(id_, 1, 2) for id_ in (7, *range(30, 40))]
    assert json.loads(json.dumps([row[-2] for row in found])) == [["organization_id"]] * 11


async def test_what_is_undone_is_not_told(roster: Database) -> None:
    before = await told(roster)
    async with roster.engine.connect() as connection:
        await connection.exec_driver_sql("update students set code = 'never'")
        await connection.rollback()
    assert await told(roster) == before


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_log_that_was_restored_into_another_server_is_forgotten(roster: Database) -> None:
    async with roster.writing() as transaction:
        place = Place(*(await reached(roster)).now)
        await begin(transaction, ROSTER, place)
        assert await transaction.run_sync(forget_foreign, NOW) == 0
        assert await held(transaction, ROSTER) == place
        await transaction.execute(update(roster_changes).values(transaction_id=2**40))
    async with roster.writing() as transaction:
        assert await transaction.run_sync(forget_foreign, NOW) == len(CREATED)
    stands = await reached(roster)
    assert Position(0, 0) < stands.kept <= stands.now
    assert await told(roster) == []
    async with roster.writing() as transaction:
        # Whoever tells of the log goes on from where it is kept.
        assert await held(transaction, ROSTER) == Place(*stands.kept)
        # So it does where nothing was left in the log, and its place alone is another server's.
        await transaction.execute(update(reading_positions).values(transaction_id=2**40, seq=9))
        assert await transaction.run_sync(forget_foreign, NOW) == 0
        found = await held(transaction, ROSTER)
        assert found is not None
        assert (stands.kept.transaction <= found.transaction < 2**40, found.seq) == (True, 0)


async def test_old_changes_are_forgotten_and_where_the_log_begins_is_kept(roster: Database) -> None:
    assert (await reached(roster)).kept == Position(0, 0)
    async with roster.writing() as transaction:
        assert await prune(transaction, before=NOW - timedelta(days=9999), now=NOW) == 0
    known = await told(roster)
    async with roster.writing() as transaction:
        assert await prune(transaction, before=NOW + timedelta(days=99999), now=NOW) == len(known)
    stands = await reached(roster)
    assert await told(roster) == []
    assert Position(0, 0) < stands.kept <= stands.now <= stands.until
    async with roster.writing() as transaction:
        assert len((await transaction.execute(select(settings))).all()) == 1
    assert [row[:3] for row in await changed(roster, "update students set code = 'z'")] == [("updated", "student", 7)]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_look_for_news_does_not_read_the_whole_log(roster: Database) -> None:
    async with roster.writing() as transaction:
        await begin(transaction, ROSTER, Place(0, 0))
        filled = "insert into roster_changes (at, kind, type, row_id, fields, keys)"
        series = "select now(), 'updated', 'section', n, '[]', '{}' from generate_series(1, 20000) n"
        await transaction.exec_driver_sql(f"{filled} {series}")
    assert await look(roster)
    async with roster.writing() as transaction:
        await transaction.execute(update(reading_positions).values(transaction_id=horizon() - 1, seq=2**40))
        await transaction.exec_driver_sql("analyze roster_changes")
    assert not await look(roster)
    statement = look_statement(roster.dialect)
    lines = await roster.read(f"explain {statement.sql}", roster.bound(statement, {"name": ROSTER}))
    plan = "\n".join(line for (line,) in lines)
    assert "ix_roster_changes_transaction_id_change_no" in plan
    assert "Seq Scan on roster_changes" not in plan
