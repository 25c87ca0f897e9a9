"""What is in a file: the same as the graph shows page by page, for the owner as of then."""

import json
from typing import Any

import pytest
from sqlalchemy import update

from db.courses import enrollments
from db.students import students
from resolvers.exports.tables import GETA
from tests.accounts.calling import ADMINISTRATOR, COACH, OWNER, STUDENT, SUNDAI_OWNER, by_auth0
from tests.exports.exporting import Exports

STUDENTS = "{ students { nodes { code lastName organization { code } school { name } sections { code } } } }"
PAGE = (
    "query($after: String) { students(first: 7, after: $after) { pageInfo { hasNextPage endCursor }"
    " nodes { code lastName organization { code } school { name } sections { code } } } }"
)


async def page_by_page(exports: Exports) -> list[dict[str, Any]]:
    """The same students as the graph shows them in pages."""
    found: list[dict[str, Any]] = []
    after, goes_on = None, True
    while goes_on:
        page = (await exports.owner.data(PAGE, {"after": after}))["students"]
        found += page["nodes"]
        after, goes_on = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


async def test_json_lines_are_what_the_graph_shows_page_by_page(made: Exports) -> None:
    lines = (await made.made("document", document=STUDENTS, format="jsonl")).decode().splitlines()
    shown = await page_by_page(made)
    assert len(shown) > 20
    assert [json.loads(line) for line in lines] == shown


async def test_csv_has_objects_as_columns_and_lists_as_cells(made: Exports) -> None:
    rows = await made.table("document", document=STUDENTS)
    shown = await page_by_page(made)
    assert list(rows[0]) == ["code", "lastName", "organization.code", "school.name", "sections"]
    assert [
        {
            "code": one["code"],
            "lastName": one["lastName"],
            "organization.code": one["organization"]["code"],
            "school.name": "" if one["school"] is None else one["school"]["name"],
            "sections": json.dumps(one["sections"], separators=(",", ":")),
        }
        for one in shown
    ] == rows


async def test_lists_below_a_row_are_pages_with_their_counts(made: Exports) -> None:
    document = "{ students { nodes { code enrollments(first: 1) { totalCount nodes { enrolledAt } } } } }"
    rows = await made.table("document", document=document)
    asked = await made.owner.data(
        "{ students(first: 100) { nodes { code enrollments(first: 1) { totalCount nodes { enrolledAt } } } } }"
    )
    assert list(rows[0]) == ["code", "enrollments.totalCount", "enrollments.nodes"]
    found = [(r["code"], int(r["enrollments.totalCount"]), json.loads(r["enrollments.nodes"])) for r in rows]
    assert found == [
        (one["code"], one["enrollments"]["totalCount"], one["enrollments"]["nodes"])
        for one in asked["students"]["nodes"]
    ]


async def test_variables_narrow_a_document(made: Exports) -> None:
    document = (
        "query($code: String, $k: String) {"
        " students(organizationCode: $code, filter: {keyword: $k}) { nodes { code } } }"
    )
    every = await made.table("document", document=document, variables={"code": "kakehashi-ueno"})
    one = await made.table("document", document=document, variables={"k": every[0]["code"]})
    assert len(every) > 5
    assert one == [every[0]]


async def test_the_documented_lists_are_what_the_graph_shows(made: Exports) -> None:
    completions = await made.table("completions")
    asked = await made.owner.data(
        "{ enrollments(first: 100, completed: true) { totalCount nodes"
        " { completedAt course { code } student { uid organization { code } } } } }"
    )
    assert asked["enrollments"]["totalCount"] == len(completions) > 10
    assert [
        (one["completedAt"], one["course"]["code"], one["student"]["uid"], one["student"]["organization"]["code"])
        for one in asked["enrollments"]["nodes"]
    ] == [(r["completed_at"], r["course.code"], r["learner.uid"], r["learner.organization.code"]) for r in completions]
    progress = await made.table("learner_progress")
    asked = await made.owner.data(
        "{ learnerProgress(first: 100) { totalCount nodes { stateCode percent lesson { name } } } }"
    )
    assert asked["learnerProgress"]["totalCount"] == len(progress)
    assert [(one["stateCode"], one["percent"], one["lesson"]["name"]) for one in asked["learnerProgress"]["nodes"]] == [
        (r["state"], float(r["percent"]), r["lesson.name"]) for r in progress[:100]
    ]
    activity = await made.table("activity")
    asked = await made.owner.data("{ learnerActivity(first: 100) { totalCount nodes { period xp student { uid } } } }")
    assert asked["learnerActivity"]["totalCount"] == len(activity)
    assert [(one["period"], one["xp"], one["student"]["uid"]) for one in asked["learnerActivity"]["nodes"]] == [
        (r["day"], int(r["xp"]), r["learner.uid"]) for r in activity[:100]
    ]


@pytest.mark.parametrize(
    ("type_", "column", "course"),
    [("completions", "completed_at", "course.code"), ("learner_progress", "updated_at", "lesson.course.code")],
)
async def test_days_and_courses_narrow_the_documented_lists(
    made: Exports, type_: str, column: str, course: str
) -> None:
    every = await made.table(type_)
    days = sorted(row[column][:10] for row in every)
    first, last = days[len(days) // 4], days[3 * len(days) // 4]
    code = every[0][course]
    some = await made.table(type_, **{"from": first, "to": last}, course_id=code)
    wanted = [row for row in every if first <= row[column][:10] <= last and row[course] == code]
    assert 0 < len(wanted) < len(every)
    assert some == wanted


async def test_an_organization_narrows_the_documented_lists(made: Exports) -> None:
    every = await made.table("activity")
    ueno = await made.owner.data('{ organization(code: "kakehashi-ueno") { legacyId } }')
    some = await made.table("activity", institution_id=ueno["organization"]["legacyId"])
    assert some == [row for row in every if row["learner.organization.code"] == "kakehashi-ueno"]
    assert 0 < len(some) < len(every)


async def test_everyone_gets_what_they_may_see(made: Exports) -> None:
    document = "{ students { nodes { uid } } }"
    for uid in (OWNER, COACH, SUNDAI_OWNER, ADMINISTRATOR):
        other = Exports(made.running, await by_auth0(made.running, uid))
        rows = await other.table("document", document=document)
        asked = await other.owner.data("{ students(first: 100) { nodes { uid } } }")
        assert [row["uid"] for row in rows] == [one["uid"] for one in asked["students"]["nodes"]]


async def test_formulas_do_nothing_and_numbers_stay_numbers(made: Exports) -> None:
    names = {
        "=1+1": "'=1+1",
        "＝ＨＹＰＥＲ": "'＝ＨＹＰＥＲ",
        "-5": "'-5",
        "@a": "'@a",
        "+": "'+",
        'a,"b"\r\nc': 'a,"b"\r\nc',
    }
    document = "query($uids: [String!]) { students(filter: {uids: $uids}) { nodes { lastName legacyId } } }"
    for name, written in names.items():
        async with made.running.database.writing() as transaction:
            await transaction.execute(update(students).where(students.c.uid == STUDENT).values(last_name=name))
        data = await made.made("document", document=document, variables={"uids": [STUDENT]})
        (row,) = await made.table("document", document=document, variables={"uids": [STUDENT]})
        assert row["lastName"] == written
        assert data.startswith(b"\xef\xbb\xbflastName,legacyId\r\n")
        assert data.endswith(f",{row['legacyId']}\r\n".encode())
        assert row["legacyId"].isdigit()


async def test_encodings(made: Exports) -> None:
    document = "query($uids: [String!]) { students(filter: {uids: $uids}) { nodes { lastName } } }"
    async with made.running.database.writing() as transaction:
        named = update(students).where(students.c.uid == STUDENT).values(last_name="髙﨑〜−한①")
        await transaction.execute(named)
    asked: dict[str, Any] = {"document": document, "variables": {"uids": [STUDENT]}}
    assert await made.made("document", **asked) == "\ufefflastName\r\n髙﨑〜−한①\r\n".encode()
    assert await made.made("document", **asked, encoding="utf-8") == "lastName\r\n髙﨑〜−한①\r\n".encode()
    sjis = await made.made("document", **asked, encoding="cp932")
    assert sjis == f"lastName\r\n髙﨑～－{GETA}①\r\n".encode("cp932")
    assert await made.made("document", **asked, format="jsonl") == '{"lastName":"髙﨑〜−한①"}\n'.encode()


async def test_more_than_one_batch_is_whole_and_in_order(made: Exports) -> None:
    async with made.running.database.writing() as transaction:
        await transaction.execute(update(enrollments).values(completed_at=None))
    activity = await made.table("activity")
    assert len(activity) > 1000
    shown = await made.finished(await made.asked("activity"))
    assert (shown["row_count"], shown["total_rows"], shown["progress"]) == (len(activity), len(activity), 1)
    assert await made.table("completions") == []
