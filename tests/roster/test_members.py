"""What changes in rosters is told: each cause as exactly these events, once, to whom it concerns."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update

from db.connections.database import connect
from db.courses import courses, enrollments
from db.organizations import named, organizations, sections
from db.roster import prune
from db.students import student_sections
from tests.accounts.calling import SUNDAI_OWNER, by_auth0
from tests.egress.receiver import receiving
from tests.roster.telling import (
    KAKEHASHI,
    NAMBA,
    NEW,
    NOW,
    SUNDAI,
    UENO,
    changed,
    created,
    executed,
    follows,
    gone,
    new_student,
    newest,
    removed,
    roster,
    settled,
    told,
    updated,
    working_on,
)
from tests.webhooks.hooks import Hooks, at, bodies, hooking

SECTION = {"id": 9001, "seq": 1, "updated_at": NOW, **named(code="zz", name="n", abbreviation="a")}


async def test_what_was_there_before_is_not_told(url: str, data_dir: Path) -> None:
    async with working_on(url, data_dir) as database:
        await settled(database)
        assert await told(database) == []
    async with working_on(url, data_dir) as database:
        await settled(database)
        assert await told(database) == []


async def test_each_cause_is_told_as_exactly_these_events(url: str, data_dir: Path) -> None:
    in_section = insert(student_sections).values(student_id=NEW, section_id=5)
    async with working_on(url, data_dir) as database:
        await settled(database)
        # New, in a section at once.
        found = await follows(database, *new_student(UENO), in_section)
        assert found == [created(UENO), roster(UENO, "student")]
        found = await follows(database, changed(code="new", first_name="x"), changed(external_id="y", code="newer"))
        assert sorted(found[0][4]["changed"]) == ["code", "external_id", "first_name"]
        assert found == [updated(UENO, *found[0][4]["changed"]), roster(UENO, "student")]
        found = await follows(database, delete(student_sections).where(student_sections.c.student_id == NEW))
        assert found == [updated(UENO, "sections"), roster(UENO, "student")]
        assert await follows(database, changed(locked_at=NOW)) == [removed(UENO), roster(UENO, "student")]
        # Who is locked is in nobody's roster, wherever.
        assert await follows(database, changed(code="unseen"), changed(organization_id=NAMBA)) == []
        assert await follows(database, changed(locked_at=NOW + timedelta(days=1))) == []
        found = await follows(database, changed(locked_at=None))
        assert found == [created(NAMBA), roster(NAMBA, "student")]
        found = await follows(database, changed(organization_id=SUNDAI))
        assert found == [removed(NAMBA), created(SUNDAI), roster(SUNDAI, "student"), roster(NAMBA, "student")]
        # There and back again between two looks is a change like any other.
        found = await follows(database, changed(organization_id=UENO), changed(organization_id=SUNDAI))
        assert found == [
            updated(SUNDAI, "organization_id"),
            roster(SUNDAI, "student"),
            roster(UENO, "student"),
        ]
        assert await follows(database, gone()) == [removed(SUNDAI), roster(SUNDAI, "student")]
        # Came and went between two looks, and never seen.
        found = await follows(database, *new_student(UENO, id_=NEW + 1, locked=True))
        assert found == []
        assert await follows(database, gone(NEW + 1)) == []


async def test_of_everything_else_only_that_the_roster_changed(url: str, data_dir: Path) -> None:
    enrolled = {"id": 900001, "student_id": 14, "course_id": 9, "enrolled_at": NOW}
    free = select(enrollments.c.course_id).where(enrollments.c.student_id == 14)
    async with working_on(url, data_dir) as database:
        await settled(database)
        async with database.writing() as transaction:
            every = set((await transaction.scalars(select(courses.c.id))).all())
            taken = set((await transaction.scalars(free)).all())
        enrolled["course_id"] = min(every - taken)
        found = await follows(database, insert(sections).values(**SECTION, organization_id=UENO))
        assert found == [roster(UENO, "section")]
        # A section has the number of an organization's; whether a student of that number is locked is another matter.
        found = await follows(database, update(sections).where(sections.c.id == 9001).values(organization_id=NAMBA))
        assert found == [roster(UENO, "section"), roster(NAMBA, "section")]
        found = await follows(
            database,
            delete(sections).where(sections.c.id == 9001),
            update(organizations).where(organizations.c.id == NAMBA).values(abbreviation="z"),
            text("update groups set seq = seq + 100 where organization_id = 2003"),
        )
        assert [one[:4] for one in found] == [roster(NAMBA)[:4]]
        assert {"organization", "section"} <= set(found[0][4]["types"])
        found = await follows(database, insert(enrollments).values(**enrolled))
        assert found == [roster(KAKEHASHI, "enrollment")]
        # Staff are in no roster, and courses in no organization's.
        staff = text("update memberships set role = 'cram_school_clerk' where organization_id = 2001")
        assert await follows(database, staff) == []
        assert await follows(database, update(courses).where(courses.c.id == 501).values(description="d")) == []
        # An organization that is gone is told of to nobody, and holds up nothing.
        born = insert(organizations).values(id=7, updated_at=NOW, **named(code="o7", name="n", abbreviation="a"))
        await executed(database, born, delete(organizations).where(organizations.c.id == 7))
        assert await follows(database, *new_student(UENO)) == [created(UENO), roster(UENO, "student")]


async def test_a_student_who_moves_is_told_of_to_both_and_neither_learns_of_the_other(url: str, data_dir: Path) -> None:
    async with receiving() as here, receiving() as there, hooking(url, data_dir) as hooks:
        database = hooks.running.database
        other = Hooks(hooks.running, await by_auth0(hooks.running, SUNDAI_OWNER))
        await settled(database)
        await hooks.made(at(here))
        await other.made(at(there))
        for change in (*[[one] for one in new_student(UENO)], [changed(organization_id=SUNDAI)], [changed(code="z")]):
            await follows(database, *change)
        await follows(database, gone())
        await settled(database)

    def told_to(place: int, subject: tuple[str, int], type_: str, **body: object) -> tuple[str, dict[str, object]]:
        kind, number = subject
        return type_, {"organization_id": place, "subject": {"type": kind, "id": number}, **body}

    member, rosters = ("Student", NEW), {"types": ["student"], "changes": 1}
    first, second = ("Organization", UENO), ("Organization", SUNDAI)
    got = [sorted(((one["type"], one["data"]) for one in bodies(each)), key=str) for each in (here, there)]
    assert got[0] == sorted(
        [
            told_to(UENO, member, "member.created"),
            told_to(UENO, first, "roster.changed", **rosters),
            told_to(UENO, first, "member.removed", student=NEW),
            told_to(UENO, first, "roster.changed", **rosters),
        ],
        key=str,
    )
    assert got[1] == sorted(
        [
            told_to(SUNDAI, member, "member.created"),
            told_to(SUNDAI, second, "roster.changed", **rosters),
            told_to(SUNDAI, member, "member.updated", changed=["code"]),
            told_to(SUNDAI, second, "roster.changed", **rosters),
            told_to(SUNDAI, second, "member.removed", student=NEW),
            told_to(SUNDAI, second, "roster.changed", **rosters),
        ],
        key=str,
    )


async def test_what_happens_while_nobody_works_is_told_once_by_however_many_come(url: str, data_dir: Path) -> None:
    async with working_on(url, data_dir) as database:
        await settled(database)
    students = range(NEW, NEW + 700)
    database = connect(url)
    await database.open()
    for some in (students[:350], students[350:]):
        await executed(database, *[one for id_ in some for one in new_student(UENO, id_=id_)])
    await database.close()
    async with working_on(url, data_dir) as first, working_on(url, data_dir) as second:
        await executed(second, *[one for id_ in range(NEW + 700, NEW + 720) for one in new_student(UENO, id_=id_)])
        await settled(first)
        found = await told(first)
    members = [one for one in found if one[0] != "roster.changed"]
    assert members == [created(UENO, id_) for id_ in range(NEW, NEW + 720)]
    assert {one[:2] for one in found if one[0] == "roster.changed"} == {("roster.changed", UENO)}
    assert sum(one[4]["changes"] for one in found if one[0] == "roster.changed") == 720
    async with working_on(url, data_dir) as database:
        await settled(database)
        assert await told(database) == found


async def test_what_was_pruned_before_anybody_told_of_it_is_left_out(url: str, data_dir: Path) -> None:
    async with working_on(url, data_dir) as database:
        await settled(database)
    database = connect(url)
    await database.open()
    await executed(database, *new_student(UENO))
    async with database.writing() as transaction:
        now = datetime.now(UTC)
        assert await prune(transaction, before=now + timedelta(hours=1), now=now) > 0
    await executed(database, changed(code="kept"))
    await database.close()
    async with working_on(url, data_dir) as database:
        await settled(database)
        assert await told(database) == [updated(UENO, "code"), roster(UENO, "student")]


# On SQLite one transaction writes at a time.
@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_lock_is_told_although_a_section_was_given_meanwhile(url: str, data_dir: Path) -> None:
    async with working_on(url, data_dir) as database:
        await settled(database)
        await follows(database, *new_student(UENO))
        before = await newest(database)
        async with database.writing() as locking:
            await locking.execute(changed(locked_at=NOW))
            # This sees a student who is not locked, and its number in the log is the higher one.
            await executed(database, insert(student_sections).values(student_id=NEW, section_id=5))
            await asyncio.sleep(0)
        await settled(database)
        assert await told(database, before) == [removed(UENO), roster(UENO, "student")]
        before = await newest(database)
        async with database.writing() as unlocking:
            await unlocking.execute(changed(locked_at=None))
            await executed(database, delete(student_sections).where(student_sections.c.student_id == NEW))
        await settled(database)
        assert await told(database, before) == [created(UENO), roster(UENO, "student")]
