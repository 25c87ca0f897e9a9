"""By whichever way students' data is read, the log says of whom and what; and nothing of what was not shown."""

import json
from pathlib import Path

from gateway.settings import EngineMode, Settings
from tests.accesses.logged import Entry, digest, entries, students_of, written
from tests.accounts.calling import COACH, OWNER, STUDENT, Caller, by_auth0, by_token
from tests.conftest import Running, running
from tests.egress.receiver import receiving
from tests.exports.exporting import exporting
from tests.gateway.subscriptions.happening import AT_UENO, happen
from tests.gateway.subscriptions.serving import served
from tests.gateway.subscriptions.test_sse import events_of
from tests.webhooks.hooks import at, hooking

PARENT, UENO, NAMBA = "kakehashi", "kakehashi-ueno", "kakehashi-namba"
PAGE = """query Page($first: Int) {
  students(organizationCode: "kakehashi", first: $first) { totalCount nodes { code school { name } learner { xp } } }
}"""
READ = ("Learner.xp", "Student.code", "Student.learner", "Student.school")
OWN = "{ viewer { student { code learner { xp } } } students: learnerProgress(first: 1) { totalCount } }"


def read(operation: str | None, organization: str, fields: tuple[str, ...], *codes: str, uid: str = OWNER) -> Entry:
    """What the log says of a document on the graph."""
    return Entry(uid, "graphql", operation, organization, fields, codes)


async def test_a_document_is_recorded_however_often_and_by_whichever_path_it_runs(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    for first in (2, 2, 1):
        await owner.data(PAGE, {"first": first})
        # What waits and is read again is told once.
        await written(own)
    assert own.app.state.parts.execution.expressed == 1 + 1
    both, one = read("Page", PARENT, READ, "HQ001", "HQ002"), read("Page", PARENT, READ, "HQ001")
    assert await entries(own) == [both, both, one]
    (row, *_) = await written(own)
    assert (row.kind, row.document, row.token_id, row.reader_name) == ("read", digest(PAGE), None, "高橋 誠")
    assert (row.reader_id, row.role, row.subject_uid) == (await number_of(own, OWNER), None, None)


async def number_of(running: Running, uid: str) -> int:
    """The number of an account."""
    ((id_,),) = await running.database.read(f"select id from users where uid = '{uid}'", ())  # ours
    return int(id_)


async def test_the_stepwise_engine_records_the_same(url: str, data_dir: Path) -> None:
    settings = Settings(database_url=url, data_dir=data_dir, engine=EngineMode.STEPWISE)
    async with running(settings) as stepwise:
        await (await by_auth0(stepwise, OWNER)).data(PAGE, {"first": 2})
        assert await entries(stepwise) == [read("Page", PARENT, READ, "HQ001", "HQ002")]


async def test_what_differs_of_students_stands_apart_and_what_is_read_twice_stands_once(own: Running) -> None:
    document = """{
      a: students(organizationCode: "kakehashi", first: 1) { nodes { code } }
      b: students(organizationCode: "kakehashi", first: 2) { edges { node { lastName } } }
      c: sections(organizationCode: "kakehashi-namba", first: 5) { nodes { students(first: 1) { nodes { uid } } } }
    }"""
    answer = await (await by_auth0(own, OWNER)).data(document)
    below = {row["uid"] for section in answer["c"]["nodes"] for row in section["students"]["nodes"]}
    one, other, third = await entries(own)
    assert one == read(None, PARENT, ("Student.code", "Student.lastName"), "HQ001")
    assert other == read(None, PARENT, ("Student.lastName",), "HQ002")
    assert (third.organization, third.fields) == (NAMBA, ("Student.uid",))
    assert {f"auth0|demo-{code.lower()}" for code in third.students} == below
    assert len(below) == 3


async def test_an_api_token_and_fields_that_python_makes_are_recorded(own: Running) -> None:
    coach = await by_token(own, COACH, ["members:read", "progress:read"])
    await coach.data("query A { students(first: 1) { nodes { viewerCan } } }")
    await coach.data("query B { learningInsights(studentLegacyId: 1) { timeOfDay { part } } }")
    await coach.data("query C { leaderboard(period: ALL, per: 2) { nodes { displayName } } }")
    ((first, second, third), rows) = (await entries(own), await written(own))
    assert first.fields == ("Student.viewerCan",)
    assert second == read("B", UENO, ("Query.learningInsights",), "U100", uid=COACH)
    assert (third.fields, third.organization, len(third.students)) == (("Query.leaderboard",), UENO, 2)
    (number,) = {row.token_id for row in rows}
    assert coach.headers["Authorization"].startswith(f"Bearer {number}|")


async def test_doors_are_named_by_their_paths(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    for path, query in (
        ("/api/v1/students", {"organization_code": PARENT, "per": 1}),
        ("/api/cefr/report", {"user_id": AT_UENO}),
    ):
        assert (await owner.get(path, **query)).status_code == 200
    students, report = await entries(own)
    assert (students.way, students.operation, students.students) == ("rest", "GET /api/v1/students", ("HQ001",))
    assert {"Student.code", "Student.firstName", "SchoolGrade.name"} <= set(students.fields)
    assert (report.way, report.operation, report.students) == ("rest", "GET /api/cefr/report", ("U100",))
    assert {row.document for row in await written(own)} == {None}


async def test_nothing_is_recorded_of_what_was_not_shown(own: Running) -> None:
    owner, student = await by_auth0(own, OWNER), await by_auth0(own, STUDENT)
    for caller, document in (
        (owner, "{ students(first: 1) { totalCount pageInfo { hasNextPage } nodes { __typename } } }"),
        (owner, '{ students(filter: {keyword: "nobody of this name"}) { nodes { lastName } } }'),
        (owner, '{ students(organizationCode: "sundai") { nodes { lastName } } }'),
        (owner, '{ student(uid: "auth0|685ca7f51c689c6cdef5acca") { lastName } }'),
        # The second field spoils the answer as a whole.
        (owner, '{ a: students(first: 1) { nodes { code } } b: students(organizationCode: "sundai") { totalCount } }'),
        (owner, "{ courses(first: 3) { nodes { code } } statistics { learners } }"),
        (student, "{ students { nodes { code } } }"),
        (student, OWN),
        (student, "{ learningInsights { timeOfDay { part } } }"),
        (Caller(own.client, {}), "{ students { nodes { code } } }"),
    ):
        await caller.graph(document)
    for path in ("/api/v1/students?organization_code=sundai", "/api/cefr/report", "/api/cefr/report?user_id=999999"):
        assert (await owner.client.get(path, headers=owner.to)).status_code >= 400
    assert await entries(own) == []


async def test_a_cursor_is_read_of_whom_it_stands_for_and_another_student_by_name(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    await owner.data('{ students(organizationCode: "kakehashi", first: 1) { pageInfo { endCursor } } }')
    await owner.data('{ students(organizationCode: "kakehashi", first: 1) { edges { cursor } } }')
    student = await by_auth0(own, STUDENT)
    board = (await student.data("{ leaderboard(period: ALL, per: 100) { nodes { displayName isMe } } }"))["leaderboard"]
    end, edge, others = await entries(own)
    assert (end.fields, end.students) == (("PageInfo.endCursor",), ("HQ001",))
    assert (edge.fields, edge.students) == (("StudentEdge.cursor",), ("HQ001",))
    assert (others.reader, others.organization) == (STUDENT, UENO)
    assert len(others.students) == sum(not one["isMe"] for one in board["nodes"]) > 3
    assert "U100" not in others.students


async def test_each_message_of_a_subscription_is_recorded(url: str, data_dir: Path) -> None:
    document = "subscription Told { eventStream { typeCode data student { code } } }"
    async with served(Settings(database_url=url, data_dir=data_dir)) as door:
        headers = await door.headers(COACH)
        async with events_of(door, headers, document) as (_, events):
            await happen(door.database, AT_UENO, 1)
            assert (await events.take()) is not None
            fields = ("Event.data", "Event.typeCode", "Student.code")
            assert await entries(door) == [Entry(COACH, "subscription", "Told", UENO, fields, ("U100",))]
        assert [row.document for row in await written(door)] == [digest(document)]


async def test_an_export_is_recorded_with_its_file(url: str, tmp_path: Path, data_dir: Path) -> None:
    document = '{ students(organizationCode: "kakehashi") { nodes { code learner { xp } } } }'
    async with exporting(url, data_dir, store=f"file://{tmp_path}") as made:
        number = await made.asked("document", document=document, format="jsonl")
        failed = await made.asked("document", document="{ students { nodes { code } } }")
        await made.owner.delete(f"/api/integrations/exports/{failed}")
        assert (await made.finished(number))["status"] == "completed"
        codes = tuple(json.loads(line)["code"] for line in (await made.fetched(number)).text.splitlines())
        rows = [row for row in await written(made.running) if row.operation == f"export {number} of document"]
        assert [(row.kind, row.way, row.document) for row in rows] == [("export", "export", digest(document))]
        assert await students_of(made.running.database, rows[0].id) == codes
        assert rows[0].fields == ["Learner.xp", "Student.code", "Student.learner"]
        await made.made("completions")
        (kept,) = [row for row in await written(made.running) if str(row.operation).endswith("of completions")][:1]
        assert (kept.document, kept.reader_uid) == (None, OWNER)


async def test_a_payload_document_is_recorded_once_and_a_dry_run_as_what_it_is(url: str, data_dir: Path) -> None:
    document = "subscription { eventStream { typeCode student { code } } }"
    fields = ("Event.typeCode", "Student.code")
    async with receiving() as receiver, hooking(url, data_dir) as hooks:
        thin, made = await hooks.made(at(receiver)), await hooks.made(at(receiver), document=document)
        await hooks.happen()
        await hooks.finished(thin["id"], 1)
        await hooks.finished(made["id"], 1)
        dry = "mutation Dry($id: Int) { dryRunWebhook(legacyId: $id) { body userErrors { code message } } }"
        shown = (await hooks.owner.data(dry, {"id": made["id"]}))["dryRunWebhook"]
        assert (shown["userErrors"], bool(shown["body"])) == ([], True)
    # The worker has written what it had at its end, like the web process.
    async with running(Settings(database_url=url, data_dir=data_dir)) as again:
        found = await entries(again)
    dry_run = Entry(OWNER, "graphql", "Dry", UENO, fields, ("U100",))
    told = Entry(OWNER, "webhook", f"webhook {made['id']}", UENO, fields, ("U100",))
    assert sorted(found, key=str) == sorted([dry_run, told], key=str)
