"""rosterDiff through the app: what each viewer is told of what changed, and when a cursor is worth nothing any more."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from db.connections.database import Database
from db.organizations import organizations
from db.roster import prune
from db.students import students
from tests.conftest import Running

OWNER_PARENT, ADMINISTRATOR, STUDENT = "auth0|demo-owner-parent", "auth0|demo-administrator", "auth0|demo-student"
COACH_CHILD = "auth0|demo-coach-child"
DIFF = """
query ($after: String, $types: [RosterType!], $first: Int!) {
  rosterDiff(after: $after, types: $types, first: $first) {
    changes { kind type id changedFields node { __typename id ... on Student { uid organization { code } } } }
    nextCursor hasMore snapshotRequired
  }
}
"""
Diff = dict[str, Any]


async def asked(app: Running, uid: str, **variables: object) -> Diff:
    """The whole answer."""
    body = {"query": DIFF, "variables": {"first": 500, **variables}}
    answer = await app.client.post("/graphql", json=body, headers=await app.headers(uid))
    return dict(answer.json())


async def diff(app: Running, uid: str, **variables: object) -> Diff:
    """The diff, which must be without errors."""
    answer = await asked(app, uid, **variables)
    assert "errors" not in answer, answer
    return dict(answer["data"]["rosterDiff"])


async def cursor(app: Running, uid: str) -> str:
    """The cursor of now."""
    found = await diff(app, uid)
    assert (found["changes"], found["hasMore"], found["snapshotRequired"]) == ([], False, False)
    return str(found["nextCursor"])


async def executed(database: Database, *statements: str) -> None:
    """Change rows behind the app's back, each statement in a transaction of its own."""
    for statement in statements:
        async with database.writing() as transaction:
            await transaction.execute(text(statement))


async def rows(database: Database, statement: Any) -> list[Any]:  # noqa: ANN401  # any select
    """What a select finds."""
    async with database.writing() as transaction:
        return list(await transaction.execute(statement))


def id_of(kind: str, number: int) -> str:
    """The global id of a row."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


@pytest.fixture
async def places(own: Running) -> dict[str, int]:
    """A student who is listed, the student's organization within the parent owner's reach, and one that is not."""
    found = await rows(own.database, select(organizations.c.id, organizations.c.parent_id, organizations.c.code))
    (parent,) = [row.id for row in found if row.code == "kakehashi"]
    inside = {row.id for row in found if parent in (row.id, row.parent_id)}
    outside = min(row.id for row in found if row.id not in inside)
    listed = select(students.c.id, students.c.organization_id).where(students.c.locked_at.is_(None))
    student = next(row for row in await rows(own.database, listed) if row.organization_id in inside)
    return {"student": student.id, "inside": student.organization_id, "outside": outside, "parent": parent}


def told(found: Diff) -> list[tuple[str, str, str]]:
    """Kind, type and id of each change."""
    return [(change["kind"], change["type"], change["id"]) for change in found["changes"]]


async def test_an_update_is_told_with_its_fields_and_the_row_as_it_is(own: Running, places: dict[str, int]) -> None:
    after, id_ = await cursor(own, OWNER_PARENT), places["student"]
    await executed(own.database, f"update students set code = 'new', last_name_key = 'カ' where id = {id_}")
    await executed(own.database, f"update students set first_name = 'x', code = 'newer' where id = {id_}")
    before = own.database.statements
    found = await diff(own, OWNER_PARENT, after=after, types=["STUDENT"])
    with_nodes = own.database.statements - before
    assert told(found) == [("UPDATED", "STUDENT", id_of("Student", id_))]
    (change,) = found["changes"]
    assert change["changedFields"] == ["code", "firstName"]
    assert (change["node"]["__typename"], change["node"]["id"]) == ("Student", change["id"])
    before = own.database.statements
    assert told(await diff(own, OWNER_PARENT, after=found["nextCursor"])) == []
    # All nodes of a type are one statement more.
    assert with_nodes == own.database.statements - before + 1


async def test_a_student_who_moves_leaves_one_scope_and_enters_another(own: Running, places: dict[str, int]) -> None:
    owner, operator = await cursor(own, OWNER_PARENT), await cursor(own, ADMINISTRATOR)
    id_, move = places["student"], "update students set organization_id = {} where id = {}"
    await executed(own.database, move.format(places["outside"], id_))
    left = await diff(own, OWNER_PARENT, after=owner)
    assert ("LEFT_SCOPE", "STUDENT", id_of("Student", id_)) in told(left)
    assert {change["kind"] for change in left["changes"]} == {"LEFT_SCOPE"}
    assert all((change["node"], change["changedFields"]) == (None, []) for change in left["changes"])
    assert ("UPDATED", "STUDENT", id_of("Student", id_)) in told(await diff(own, ADMINISTRATOR, after=operator))
    await executed(own.database, f"update students set code = 'unseen' where id = {id_}")
    unseen = await diff(own, OWNER_PARENT, after=left["nextCursor"])
    assert unseen["changes"] == []
    await executed(own.database, move.format(places["inside"], id_))
    entered = await diff(own, OWNER_PARENT, after=unseen["nextCursor"], types=["STUDENT"])
    assert told(entered) == [("ENTERED_SCOPE", "STUDENT", id_of("Student", id_))]
    assert entered["changes"][0]["node"]["id"] == id_of("Student", id_)
    # There and back again within one answer is an update.
    assert [kind for kind, _, _ in told(await diff(own, OWNER_PARENT, after=owner, types=["STUDENT"]))] == ["UPDATED"]


async def test_what_is_locked_leaves_and_comes_back(own: Running, places: dict[str, int]) -> None:
    after, id_ = await cursor(own, OWNER_PARENT), places["student"]
    await executed(own.database, f"update students set locked_at = '2026-04-01 00:00:00+00' where id = {id_}")
    locked = await diff(own, OWNER_PARENT, after=after, types=["STUDENT"])
    assert told(locked) == [("LEFT_SCOPE", "STUDENT", id_of("Student", id_))]
    await executed(own.database, f"update students set locked_at = null where id = {id_}")
    opened = await diff(own, OWNER_PARENT, after=locked["nextCursor"], types=["STUDENT"])
    assert told(opened) == [("ENTERED_SCOPE", "STUDENT", id_of("Student", id_))]


async def test_what_is_made_and_unmade_is_told_once_it_was_seen(own: Running, places: dict[str, int]) -> None:
    start = await cursor(own, OWNER_PARENT)
    columns = "id, organization_id, code, name, abbreviation, seq, search_key, updated_at"
    row = "'zz', 'n', 'a', 1, '', '2026-04-01 00:00:00+00'"
    for id_, place in ((9001, "inside"), (9002, "outside")):
        await executed(own.database, f"insert into sections ({columns}) values ({id_}, {places[place]}, {row})")
    created = await diff(own, OWNER_PARENT, after=start)
    assert told(created) == [("CREATED", "SECTION", id_of("Section", 9001))]
    await executed(own.database, "delete from sections where id > 9000")
    deleted = await diff(own, OWNER_PARENT, after=created["nextCursor"])
    assert told(deleted) == [("DELETED", "SECTION", id_of("Section", 9001))]
    assert deleted["changes"][0]["node"] is None
    assert (await diff(own, OWNER_PARENT, after=start))["changes"] == []


async def test_answers_are_cut_and_gone_on_with(own: Running, places: dict[str, int]) -> None:
    after, seen = await cursor(own, OWNER_PARENT), list[tuple[str, str, str]]()
    ids = [row.id for row in await rows(own.database, select(students.c.id))]
    for id_ in ids:
        await executed(own.database, f"update students set search_key = 'x' where id = {id_}")
    whole = told(await diff(own, OWNER_PARENT, after=after))
    for _ in range(len(ids)):
        found = await diff(own, OWNER_PARENT, after=after, first=5)
        seen, after = seen + told(found), found["nextCursor"]
        if not found["hasMore"]:
            break
    assert seen == whole
    assert 0 < len(whole) < len(ids)


async def test_types_that_may_not_be_read_are_refused_when_named_and_else_left_out(
    own: Running, places: dict[str, int]
) -> None:
    after = await cursor(own, STUDENT)
    await executed(own.database, "update students set search_key = 'x'", "update courses set search_key = 'x'")
    found = await diff(own, STUDENT, after=after)
    assert {type_ for _, type_, _ in told(found)} == {"COURSE"}
    refused = await asked(own, STUDENT, after=after, types=["COURSE", "STUDENT"])
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["FORBIDDEN"]


async def test_a_cursor_from_before_the_log_needs_a_new_snapshot(own: Running, places: dict[str, int]) -> None:
    after = await cursor(own, OWNER_PARENT)
    await executed(own.database, f"update students set code = 'a' where id = {places['student']}")
    now = datetime.now(UTC)
    async with own.database.writing() as transaction:
        assert await prune(transaction, before=now + timedelta(days=1), now=now) > 0
    found = await diff(own, OWNER_PARENT, after=after)
    assert (found["changes"], found["snapshotRequired"]) == ([], True)
    again = await diff(own, OWNER_PARENT, after=found["nextCursor"])
    assert (again["changes"], again["snapshotRequired"]) == ([], False)


async def test_who_reaches_other_organizations_than_before_needs_a_new_snapshot(
    own: Running, places: dict[str, int]
) -> None:
    after, others = await cursor(own, OWNER_PARENT), await cursor(own, COACH_CHILD)
    outside = f"update organizations set parent_id = {places['parent']} where id = {places['outside']}"
    orphans = f"update organizations set parent_id = null where parent_id = {places['outside']}"
    await executed(own.database, orphans, outside)
    assert (await diff(own, OWNER_PARENT, after=after))["snapshotRequired"]
    assert not (await diff(own, COACH_CHILD, after=others))["snapshotRequired"]
    # A cursor is good for whoever sees the same, and nobody else.
    assert (await diff(own, ADMINISTRATOR, after=after))["snapshotRequired"]


def forged(*values: object) -> str:
    """A cursor that says so."""
    return base64.b64encode(json.dumps(values).encode()).decode()


WRONG = ["", "x", "é", forged(), forged("roster"), forged("roster", 1, 2), forged("roster", 1, 2, 3)]
WRONG += [forged("roster", True, 1, "x"), forged("roster", 1.0, 1, "x"), forged("roster", -1, 1, "x")]
WRONG += [forged("students.code", 1, 1, "x"), forged("roster", 2**63, 1, "x"), forged("roster", 1, 2**64, "x")]


async def test_no_cursor_and_no_size_that_makes_no_sense_is_taken(shared: Running) -> None:
    for after in WRONG:
        answer = await asked(shared, OWNER_PARENT, after=after)
        assert [error["extensions"]["reason"] for error in answer["errors"]] == ["cursor_invalid"], after
    for first in (0, -1, 1001):
        answer = await asked(shared, OWNER_PARENT, first=first)
        assert [error["extensions"]["reason"] for error in answer["errors"]] == ["page_size"], first
    far = await diff(shared, OWNER_PARENT, after=forged("roster", 2**63 - 1, 2**63 - 1, "x"))
    assert far["snapshotRequired"]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_change_that_commits_late_is_told_late(own: Running, places: dict[str, int]) -> None:
    async with own.database.engine.connect() as late:
        await late.execute(text(f"update students set code = 'late' where id = {places['student']}"))
        after = await cursor(own, OWNER_PARENT)
        await executed(own.database, "update sections set search_key = 'x'")
        found = await diff(own, OWNER_PARENT, after=after)
        assert found["changes"] == []
        await late.commit()
    found = await diff(own, OWNER_PARENT, after=found["nextCursor"])
    assert {type_ for _, type_, _ in told(found)} == {"STUDENT", "SECTION"}
