"""Exports: each parameter of their doors under /api/integrations/exports is heeded, and only one's own are there."""

import base64
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from db.exports import exports
from tests.conftest import BASE
from tests.talktiko.asking import NOT_IN_REACH, OWNER, PREFIX, STUDENT, SUNDAI_OWNER, Api, Case
from tests.talktiko.exporting import (
    BEGUN,
    CANCELED,
    CSV,
    DONE,
    EXPIRED,
    FAILED,
    FILE,
    OTHERS,
    OVER,
    STATUSES,
    WAITING,
)

PATH = "/integrations/exports"
DOCUMENT = "query($code: String) { students(organizationCode: $code) { nodes { uid } } }"
# Which of the fixture's exports are listed, the newest first.
LISTING = (
    Case("type", {"type": "activity"}, [BEGUN, WAITING, EXPIRED, DONE]),
    Case("type", {"type": "completions"}, [OVER]),
    Case("status", {"status": "completed"}, [DONE]),
    Case("status", {"status": "expired"}, [EXPIRED, OVER]),
    Case("status", {"status": "canceled"}, [CANCELED]),
)
ONE = (Case("id", {"id": DONE}, DONE),)
# What is kept of a wish: a column, and its value.
CREATING = (
    Case("type", {"type": "learner_progress"}, ("type", "learner_progress")),
    Case("from", {"from": "2026-11-01"}, ("variables", {"since": "2026-11-01", "from": "2026-11-01T00:00:00+09:00"})),
    Case("to", {"to": "2026-11-30"}, ("variables", {"until": "2026-11-30", "to": "2026-11-30T23:59:59.999999+09:00"})),
    Case("course_id", {"course_id": "501"}, ("variables", {"course": "501"})),
    Case("institution_id", {"institution_id": "2001"}, ("variables", {"organization": 2001})),
    Case("format", {"format": "jsonl"}, ("format", "jsonl")),
    Case("encoding", {"encoding": "cp932"}, ("encoding", "cp932")),
    Case("encoding", {"encoding": "utf-8"}, ("encoding", "utf-8")),
    Case("document", {"document": DOCUMENT, "type": "document"}, ("document", DOCUMENT)),
    Case(
        "variables",
        {"variables": {"code": None}, "document": DOCUMENT, "type": "document"},
        ("variables", {"code": None}),
    ),
)
CANCELING = (Case("id", {"id": 1}),)
DOWNLOADING = (Case("id", {"id": DONE}),)
NOT_READY = {BEGUN: "processing", WAITING: "pending", FAILED: "failed", CANCELED: "canceled"}


@pytest.mark.parametrize("case", LISTING, ids=str)
async def test_each_parameter_of_the_list_is_heeded(api: Api, case: Case) -> None:
    rows = await api.rows(PATH, {"per_page": 100, **case.given}, uid=OWNER)
    assert [row["id"] for row in rows if row["id"] in STATUSES] == case.expected


@pytest.mark.parametrize("case", ONE, ids=str)
async def test_an_export_is_named_by_its_number(api: Api, case: Case) -> None:
    answer = await api.get(f"{PATH}/{case.given['id']}", uid=OWNER)
    assert (answer.status_code, answer.json()["data"]["id"]) == (200, case.expected)


async def test_where_the_file_is_fetched_is_said_while_it_can_be(api: Api) -> None:
    rows = {row["id"]: row for row in await api.rows(PATH, {"per_page": 100}, uid=OWNER)}
    there = {id_: row["download_url"] for id_, row in rows.items() if row["download_url"] is not None}
    assert there == {DONE: f"{BASE}{PREFIX}{PATH}/{DONE}/download"}
    progress = {id_: rows[id_]["progress"] for id_ in (DONE, OVER, EXPIRED, FAILED, CANCELED, WAITING, BEGUN)}
    assert progress == {DONE: 1, OVER: 1, EXPIRED: 1, FAILED: 0.25, CANCELED: 0.25, WAITING: None, BEGUN: 0.25}


@pytest.mark.parametrize("case", CREATING, ids=str)
async def test_each_parameter_of_a_new_export_is_heeded(own_api: Api, case: Case) -> None:
    answer = await own_api.ask("POST", PATH, uid=OWNER, json={"type": "activity", **case.given})
    content = answer.json()["data"]
    assert (answer.status_code, content["status"]) == (202, "pending"), answer.text
    assert isinstance(case.expected, tuple)
    name, value = case.expected
    (found,) = await own_api.rows_of(select(exports.c[name]).where(exports.c.id == content["id"]))
    assert found[0] == value


@pytest.mark.parametrize("case", CANCELING, ids=str)
async def test_a_canceled_export_has_its_number_still(own_api: Api, case: Case) -> None:
    made = (await own_api.ask("POST", PATH, uid=OWNER, json={"type": "activity"})).json()["data"]
    assert made["id"] == case.given["id"]
    address = f"{PATH}/{case.given['id']}"
    gone = await own_api.ask("DELETE", address, uid=OWNER)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await own_api.get(address, uid=OWNER)).json()["data"]["status"] == "canceled"
    again = await own_api.ask("DELETE", address, uid=OWNER)
    assert (again.status_code, again.json()) == (404, NOT_IN_REACH)


@pytest.mark.parametrize("case", DOWNLOADING, ids=str)
async def test_the_file_with_the_number_is_fetched(api: Api, case: Case) -> None:
    answer = await api.get(f"{PATH}/{case.given['id']}/download", uid=OWNER)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, FILE, CSV)
    digest = base64.b64encode(sha256(FILE).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"


@pytest.mark.parametrize(("number", "status"), NOT_READY.items())
async def test_what_has_no_file_is_not_ready(api: Api, number: int, status: str) -> None:
    answer = await api.get(f"{PATH}/{number}/download", uid=OWNER)
    said = {"message": f"The export is not completed: its status is {status}."}
    assert (answer.status_code, answer.json()) == (409, said)


@pytest.mark.parametrize("number", [OVER, EXPIRED])
async def test_a_file_that_had_its_time_is_gone(api: Api, number: int) -> None:
    answer = await api.get(f"{PATH}/{number}/download", uid=OWNER)
    assert (answer.status_code, answer.json()) == (410, {"message": "The file is not kept any more."})


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/{id}"), ("GET", "/{id}/download"), ("DELETE", "/{id}")], ids=str
)
@pytest.mark.parametrize(("uid", "number"), [(OWNER, OTHERS), (SUNDAI_OWNER, DONE), (SUNDAI_OWNER, WAITING)])
async def test_the_exports_of_others_are_not_there(api: Api, uid: str, number: int, method: str, path: str) -> None:
    before = await kept(api)
    answer = await api.ask(method, PATH + path.format(id=number), uid=uid)
    assert (answer.status_code, answer.json()) == (404, NOT_IN_REACH)
    assert await kept(api) == before


async def kept(api: Api) -> list[Any]:
    """How the exports of the fixture stand in the table."""
    columns = (exports.c.id, exports.c.status, exports.c.file_name)
    return await api.rows_of(select(*columns).where(exports.c.id.in_(STATUSES)).order_by(exports.c.id))


@pytest.mark.parametrize(
    ("document", "variables", "reason"),
    [
        ("{ students { nodes { uid } } } # \x00", "{}", "text_characters"),
        ("{ students { nodes { uid } } }", "{a: [1e400]}", "export_variables"),
        ("{ students { nodes { uid } } }", "[1]", "export_variables"),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_the_graph(
    api: Api, document: str, variables: str, reason: str
) -> None:
    before = await api.rows_of(select(exports.c.id))
    asked = f"startExport(type: DOCUMENT, document: $document, variables: {variables}) {{ export {{ id }} }}"
    answer = await api.graph(f"mutation($document: String) {{ {asked} }}", {"document": document}, uid=OWNER)
    (error,) = answer.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["reason"]) == ("BAD_USER_INPUT", reason)
    assert await api.rows_of(select(exports.c.id)) == before


async def test_a_student_exports_nothing(api: Api) -> None:
    for method, path in (("GET", PATH), ("POST", PATH), ("GET", f"{PATH}/{DONE}/download")):
        answer = await api.ask(method, path, uid=STUDENT, json={"type": "activity"} if method == "POST" else None)
        assert answer.status_code == 403, (method, path)
