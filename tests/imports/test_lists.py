"""Lists of members: planned, applied, applied again, and what is wrong told by line and column."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from db.accounts import memberships, staff, users
from db.organizations import sections
from db.students import student_sections, student_years, students
from tests.imports.importing import KAKEHASHI, Importing, listed

HEAD = "role,external_id,email,last_name,first_name,last_name_kana,first_name_kana,section_codes,school_grade"
FILE = listed(
    HEAD,
    "student,S-1,S1@school.example,山田,太郎,ヤマダ,タロウ,A01,高1",
    "student,S-2,,鈴木,花子,スズキ,ハナコ,A01;A02,3",
    "coach,T-1,t1@school.example,佐藤,次郎,サトウ,ジロウ,A01,",
)


async def sections_of(importing: Importing, ref: str) -> list[str]:
    """The sections of a student, by code."""
    student = (await importing.students())[ref]
    found = select(sections.c.code).join(student_sections, student_sections.c.section_id == sections.c.id)
    async with importing.running.database.engine.connect() as connection:
        mine = found.where(student_sections.c.student_id == student.id).order_by(sections.c.code)
        return list((await connection.execute(mine)).scalars())


async def everyone(importing: Importing) -> dict[str, Any]:
    """How many rows there are of people, and when any of them was changed last."""
    async with importing.running.database.engine.connect() as connection:
        counted = [select(func.count()).select_from(table) for table in (users, students, staff, memberships)]
        changed = select(func.max(students.c.updated_at))
        return {str(one): (await connection.execute(one)).scalar() for one in (*counted, changed)}


async def test_a_list_is_applied_once_and_changes_nothing_the_second_time(importer: Importing) -> None:
    done = await importer.done(FILE)
    assert (done["status"], done["created"], done["failed"], done["errors"]) == ("completed", 3, 0, []), done
    found = await importer.students()
    assert [(row.last_name, row.first_name_kana, row.email, row.kana_group) for row in found.values()] == [
        ("山田", "タロウ", "s1@school.example", "Y"),
        ("鈴木", "ハナコ", None, "S"),
    ]
    assert await sections_of(importer, "S-2") == ["A01", "A02"]
    async with importer.running.database.engine.connect() as connection:
        ids = [row.id for row in found.values()]
        grades = select(student_years.c.school_grade_value).where(student_years.c.student_id.in_(ids))
        assert list((await connection.execute(grades.order_by(student_years.c.student_id))).scalars()) == [4, 3]
    (coach,) = await importer.roles()
    assert (coach.role, coach.last_name, coach.source_ref) == ("homeroom_teacher", "佐藤", "T-1")
    before = await everyone(importer)
    again = await importer.done(FILE)
    assert (again["status"], again["created"], again["unchanged"]) == ("completed", 0, 3)
    assert await everyone(importer) == before
    # They are in the graph like everybody else.
    answer = await importer.caller.data(
        '{ students(organizationCode: "kakehashi-ueno", first: 100) { nodes { code } } }'
    )
    assert {"S-1", "S-2"} <= {one["code"] for one in answer["students"]["nodes"]}


async def test_a_plan_shows_from_what_to_what_and_changes_nothing(importer: Importing) -> None:
    await importer.done(FILE)
    before = await everyone(importer)
    changed = FILE.replace("山田".encode(), "田中".encode()).replace("ヤマダ".encode(), "タナカ".encode())
    planned = await importer.done(changed.replace(b"A01;A02", b"A02"), dry_run=True)
    assert (planned["status"], planned["updated"], planned["unchanged"]) == ("planned", 2, 1)
    rows = await importer.rows(planned["id"], action="updated")
    assert [(row["line"], row["ref"], row["changes"]) for row in rows] == [
        (2, "S-1", {"last_name": ["山田", "田中"], "last_name_kana": ["ヤマダ", "タナカ"]}),
        (3, "S-2", {"section_codes": [["A01", "A02"], ["A02"]]}),
    ]
    assert await everyone(importer) == before
    apply = "mutation ($n: Int!) { applyImport(legacyId: $n) { memberImport { status } userErrors { code } } }"
    begun = (await importer.caller.data(apply, {"n": planned["id"]}))["applyImport"]
    assert begun == {"memberImport": {"status": "APPLYING"}, "userErrors": []}
    done = await importer.ended(planned["id"], status=("completed",))
    assert (done["updated"], done["unchanged"], done["processed_rows"]) == (2, 1, 3)
    student = (await importer.students())["S-1"]
    assert (student.last_name, student.last_name_key, student.kana_group) == ("田中", "タナカ", "T")
    assert await sections_of(importer, "S-2") == ["A02"]
    again = (await importer.caller.data(apply, {"n": planned["id"]}))["applyImport"]
    assert again == {"memberImport": None, "userErrors": [{"code": "IMPORT_NOT_PLANNED"}]}


WRONG = listed(
    "role,external_id,email,last_name,first_name,section_codes,school_code,school_grade,date_of_birth,end_at",
    "student,A,,良,い,,,,2010-04-01,",
    "pope,B,,a,b,,,,,",
    "student,C,nobody,a,b,,,,2010-02-30,",
    "student,D,,a,b,Z99,,,,",
    "student,E,,a,b,,000000,,,",
    "student,F,,a,b,,,中9,,",
    "student,A,,a,b,,,,,",
    "student,,,a,b,,,,,",
    "student,G,,a",
    'student,H,,"a"b,c,,,,,',
    "coach,I,,a,b,,,,2010-04-01,",
    "administrator,J,,a,b,,,,,",
    "student,K,,,b,,,,,",
    "student,L,,a,b,,,,,tomorrow",
    "student,M,,最,後,,,,,",
)


async def test_the_error_of_a_row_hides_no_other_and_holds_back_no_other(importer: Importing) -> None:
    done = await importer.done(WRONG)
    assert (done["status"], done["created"], done["failed"]) == ("completed", 2, 13)
    assert list(await importer.students()) == ["A", "M"]
    found = sorted((one["line"], one["column"], one["code"]) for one in done["errors"] if one["column"])
    assert found == [
        (3, "role", "ROLE_UNKNOWN"),
        (4, "date_of_birth", "DATE"),
        (4, "email", "EMAIL"),
        (5, "section_codes", "PLACE_UNKNOWN"),
        (6, "school_code", "SCHOOL_UNKNOWN"),
        (7, "school_grade", "GRADE_UNKNOWN"),
        (8, "external_id", "TWICE"),
        (9, "external_id", "NOBODY"),
        (12, "date_of_birth", "STUDENTS_ONLY"),
        (13, "role", "ROLE_REFUSED"),
        (14, "last_name", "EMPTY"),
        (15, "end_at", "DATE"),
    ]
    whole = [(one["line"], one["code"]) for one in done["errors"] if one["column"] is None]
    assert whole == [(10, "CELL_COUNT"), (11, "MALFORMED")]
    assert done["error_count"] == len(found) + len(whole)
    # What is told never repeats what stands there.
    assert not any(value in str(done["errors"]) for value in ("pope", "nobody", "Z99", "中9", "tomorrow"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
async def test_encodings_and_japanese_headings(importer: Importing, encoding: str) -> None:
    heading = "権限,外部ID,生徒コード,姓,名,セイ,メイ,学年,生年月日,終了日"
    text = f"{heading}\r\n生徒,髙-1,0042,髙橋,﨑子,タカハシ,サキコ,高2,2009/4/2,2027/3/31\r\n"
    done = await importer.done(text.encode(encoding))
    expected = "cp932" if encoding == "cp932" else "utf-8"
    assert (done["status"], done["created"], done["encoding"]) == ("completed", 1, expected)
    student = (await importer.students())["髙-1"]
    assert (student.code, student.last_name, str(student.date_of_birth)) == ("0042", "髙橋", "2009-04-02")
    # The last moment of the day in Japan.
    assert student.end_at.replace(tzinfo=UTC) == datetime(2027, 3, 31, 14, 59, 59, 999999, tzinfo=UTC)


async def test_what_others_said_of_somebody_is_let_be(importer: Importing) -> None:
    database = importer.running.database
    async with database.writing() as transaction:
        ueno = students.c.organization_id == 2002
        first, second = (
            await transaction.execute(select(students.c.id).where(ueno).order_by(students.c.id).limit(2))
        ).scalars()
        await transaction.execute(update(students).where(students.c.id == first).values(external_id="M-1"))
        await transaction.execute(
            update(students).where(students.c.id == second).values(source="lti", external_id="M-2")
        )
        (elsewhere,) = (await transaction.execute(select(students.c.uid).where(~ueno).limit(1))).scalars()
    before = await everyone(importer)
    done = await importer.done(
        listed(
            "role,uid,external_id,last_name,first_name",
            "student,,M-1,x,y",
            "student,,M-2,x,y",
            f"student,{elsewhere},N,x,y",
        )
    )
    assert (done["status"], done["skipped"], done["failed"], done["updated"]) == ("completed", 2, 1, 0)
    rows = await importer.rows(done["id"])
    assert [row["reason"] for row in rows] == ["source_manual", "source_lti", None]
    assert [(one["line"], one["code"]) for one in done["errors"]] == [(4, "ELSEWHERE")]
    assert await everyone(importer) == before


async def test_a_mirror_ends_whom_the_file_does_not_have_but_not_too_many_unasked(importer: Importing) -> None:
    rows = [f"student,S-{n},,姓{n},名,,,," for n in range(10)]
    await importer.done(listed(HEAD, *rows))
    async with importer.running.database.writing() as transaction:
        manual = insert(users).values(uid="by|hand", created_at=datetime.now(UTC)).returning(users.c.id)
        number = (await transaction.execute(manual)).scalar_one()
        copied = select(students).where(students.c.source == "csv").limit(1)
        row = dict((await transaction.execute(copied)).one()._mapping)  # its public name
        row |= {"id": number, "uid": "by|hand", "source": "manual", "source_ref": None, "code": "H", "external_id": "H"}
        await transaction.execute(insert(students).values(**row))
    few = await importer.done(listed(HEAD, *rows[:8]), mode="mirror")
    assert (few["status"], few["deactivated"], few["unchanged"], few["active_before"]) == ("completed", 2, 8, 10)
    blocked = await importer.done(listed(HEAD, *rows[:6]), mode="mirror")
    assert (blocked["status"], blocked["deactivated"]) == ("blocked", 2)
    assert blocked["error"] == "2 of 8 active members of this source would end: more than 20 percent."
    (ending, *_) = await importer.rows(blocked["id"], action="deactivated")
    assert (ending["line"], ending["ref"], list(ending["changes"])) == (None, "S-6", ["end_at"])
    assert sum(row.end_at.year == 2999 for row in (await importer.students()).values()) == 8
    path = f"/api/institutions/2002/members/bulk/{blocked['id']}/apply"
    refused = await importer.caller.post(path, {})
    assert (refused.status_code, "Look at the plan" in refused.text) == (409, True)
    assert (await importer.caller.post(path, {"confirmed": True})).status_code == 202
    done = await importer.ended(blocked["id"], status=("completed",))
    assert (done["deactivated"], done["unchanged"]) == (2, 6)
    ended = {ref for ref, row in (await importer.students()).items() if row.end_at.year != 2999}
    assert ended == {"S-6", "S-7", "S-8", "S-9"}
    assert [row.code for row in (await importer.students(source="manual")).values()]
    # Who comes back is active again.
    back = await importer.done(listed(HEAD, *rows))
    assert (back["updated"], back["unchanged"]) == (4, 6)


async def test_nobody_is_ended_where_a_row_does_not_say_whom_it_is_about(importer: Importing) -> None:
    rows = [f"student,S-{n},,姓{n},名,,,," for n in range(10)]
    await importer.done(listed(HEAD, *rows))
    blocked = await importer.done(listed(HEAD, *rows[:9], "student,,,姓9,名,,,,"), mode="mirror")
    assert (blocked["status"], blocked["error"]) == (
        "blocked",
        "1 members would end, and 1 rows do not say whom they are about.",
    )


async def test_roles_begin_where_others_end_and_owners_are_for_owners(importer: Importing) -> None:
    head = "role,external_id,last_name,first_name,start_at,end_at"
    await importer.done(listed(head, "coach,T-1,a,b,,", "owner,O-1,c,d,,"))
    clerk = await importer.by("auth0|demo-clerk-parent")
    done = await clerk.done(listed(head, "clerk,T-1,a,b,,", "owner,O-1,c,x,,", "owner,O-2,e,f,,"))
    assert (done["updated"], done["failed"]) == (1, 2)
    assert [(one["line"], one["column"], one["code"]) for one in done["errors"]] == [
        (3, "role", "OWNERS_ONLY"),
        (4, "role", "OWNERS_ONLY"),
    ]
    roles = [(one.role, one.source_ref, one.end_at is None, one.last_name) for one in await importer.roles()]
    assert roles == [
        ("homeroom_teacher", "T-1", False, "a"),
        ("cram_school_owner", "O-1", True, "c"),
        ("cram_school_clerk", "T-1", True, "a"),
    ]
    blocked = await clerk.done(listed(head, "clerk,T-1,a,b,,"), mode="mirror")
    assert (blocked["status"], blocked["skipped"], blocked["deactivated"]) == ("completed", 1, 0)
    assert [row["reason"] for row in await clerk.rows(blocked["id"], action="skipped")] == ["owner"]


async def test_whoever_asked_may_not_any_more(idle: Importing, url: str) -> None:
    answer = await idle.send(FILE, organization=KAKEHASHI)
    number = answer.json()["data"]["id"]
    async with idle.running.database.writing() as transaction:
        locked = update(staff).where(staff.c.uid == "auth0|demo-owner-parent").values(locked_at=datetime.now(UTC))
        await transaction.execute(locked)
    await idle.worked(url, number)
    row = await idle.row(number)
    assert (row.status, row.error) == (
        "failed",
        "Whoever asked for it may not import members of this organization any more.",
    )
    assert await idle.students(KAKEHASHI) == {}
