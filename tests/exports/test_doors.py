"""Exports over REST and over GraphQL: asked for, listed, canceled, by whom, and with which mistakes."""

from db.exports import exports
from resolvers.exports.commands import MOST_UNFINISHED
from tests.accounts.calling import (
    ADMINISTRATOR,
    COACH,
    OWNER,
    STUDENT,
    SUNDAI_OWNER,
    Caller,
    by_auth0,
    by_token,
    count,
)
from tests.exports.exporting import EXPORTS, Exports

KEYS = ["id", "type", "status", "row_count", "progress", "download_url", "expires_at", "error"]
MORE = ["format", "encoding", "total_rows", "file_size", "sha256", "created_at", "started_at", "finished_at"]
STUDENTS = "{ students { nodes { code } } }"
START = """
mutation($type: ExportType!, $document: String, $variables: JSON, $filter: ExportFilter) {
  startExport(type: $type, document: $document, variables: $variables, filter: $filter) {
    export { legacyId status type format encoding downloadPath progress rowCount }
  }
}
"""


async def test_an_export_is_asked_for_shown_and_let_go_over_rest(made: Exports) -> None:
    answer = await made.owner.post(EXPORTS, {"type": "completions"})
    assert answer.status_code == 202
    number = answer.json()["data"]["id"]
    assert answer.json() == {"data": {"id": number, "type": "completions", "status": "pending"}}
    done = await made.finished(number)
    assert list(done) == [*KEYS, *MORE]
    assert (done["status"], done["progress"], done["error"], done["format"]) == ("completed", 1, None, "csv")
    assert done["download_url"].endswith(f"{EXPORTS}/{number}/download")
    assert (await made.owner.client.get(done["download_url"], headers=made.owner.to)).status_code == 200
    (listed,) = (await made.owner.get(EXPORTS)).json()["data"]
    assert listed == done
    assert (await made.owner.delete(f"{EXPORTS}/{number}")).status_code == 204
    gone = await made.shown(number)
    assert (gone["status"], gone["download_url"]) == ("expired", None)
    assert (await made.owner.delete(f"{EXPORTS}/{number}")).status_code == 404


async def test_both_doors_see_the_same(made: Exports) -> None:
    data = await made.owner.data(START, {"type": "DOCUMENT", "document": STUDENTS, "variables": {}})
    new = data["startExport"]["export"]
    assert (new["status"], new["type"], new["format"], new["encoding"]) == ("PENDING", "DOCUMENT", "CSV", "UTF_8_SIG")
    done = await made.finished(new["legacyId"])
    document = (
        "query($n: Int!) { export(legacyId: $n) { status rowCount totalRows progress fileSize sha256 downloadPath } }"
    )
    shown = (await made.owner.data(document, {"n": new["legacyId"]}))["export"]
    assert shown == {
        "status": "COMPLETED",
        "rowCount": done["row_count"],
        "totalRows": done["total_rows"],
        "progress": 1.0,
        "fileSize": done["file_size"],
        "sha256": done["sha256"],
        "downloadPath": f"{EXPORTS}/{new['legacyId']}/download",
    }
    cancel = "mutation($n: Int!) { cancelExport(legacyId: $n) { export { status downloadPath } } }"
    canceled = (await made.owner.data(cancel, {"n": new["legacyId"]}))["cancelExport"]["export"]
    assert canceled == {"status": "EXPIRED", "downloadPath": None}
    assert (await made.shown(new["legacyId"]))["status"] == "expired"


async def test_lists_are_filtered(made: Exports) -> None:
    numbers = [await made.asked(type_) for type_ in ("completions", "activity", "completions")]
    for number in numbers:
        await made.finished(number)
    await made.owner.delete(f"{EXPORTS}/{numbers[0]}")

    async def listed(**query: object) -> list[int]:
        return [one["id"] for one in (await made.owner.get(EXPORTS, **query)).json()["data"]]

    assert await listed() == numbers[::-1]
    assert await listed(type="completions") == [numbers[2], numbers[0]]
    assert await listed(status="completed") == [numbers[2], numbers[1]]
    assert await listed(status="expired", type="completions") == [numbers[0]]
    assert await listed(status="failed") == []
    assert (await made.owner.get(EXPORTS, status="done")).status_code == 422


MISTAKES: list[tuple[dict[str, object], str]] = [
    ({}, "type"),
    ({"type": "grades"}, "type"),
    ({"type": "activity", "format": "xlsx"}, "format"),
    ({"type": "activity", "encoding": "latin-1"}, "encoding"),
    ({"type": "activity", "format": "jsonl", "encoding": "cp932"}, "encoding"),
    ({"type": "activity", "from": "2026-02-30"}, "from"),
    ({"type": "activity", "from": "2026-02-02", "to": "2026-02-01"}, "from"),
    ({"type": "activity", "institution_id": "x"}, "institution_id"),
    ({"type": "activity", "document": STUDENTS}, "document"),
    ({"type": "document"}, "document"),
    ({"type": "document", "document": "{"}, "document"),
    ({"type": "document", "document": "{ nothing }"}, "document"),
    ({"type": "document", "document": "{ viewer { uid } }"}, "document"),
    ({"type": "document", "document": '{ student(uid: "a") { code } }'}, "student"),
    ({"type": "document", "document": "{ students { totalCount } }"}, "students"),
    ({"type": "document", "document": "{ students { nodes { code } edges { cursor } } }"}, "students"),
    ({"type": "document", "document": "{ students(first: 5) { nodes { code } } }"}, "first"),
    ({"type": "document", "document": "{ students { nodes { viewerCan } } }"}, "viewerCan"),
    (
        {"type": "document", "document": "{ students { nodes { code } } schools { nodes { code } } }"},
        "document",
    ),
    ({"type": "document", "document": "mutation { cancelExport(legacyId: 1) { export { id } } }"}, "document"),
    ({"type": "document", "document": "subscription { eventStream { id } }"}, "document"),
    ({"type": "document", "document": STUDENTS, "course_id": "1"}, "course_id"),
    ({"type": "document", "document": STUDENTS, "variables": [1]}, "variables"),
    (
        {
            "type": "document",
            "document": "query($c: Int!) { students(organizationLegacyId: $c) { nodes { code } } }",
        },
        "variables",
    ),
]
BEYOND: list[tuple[dict[str, object], int]] = [
    ({"type": "activity", "course_id": "nothing"}, 404),
    ({"type": "activity", "institution_id": 9}, 403),
    ({"type": "document", "document": '{ students(organizationCode: "sundai") { nodes { code } } }'}, 403),
]


async def test_what_is_wrong_is_named_and_nothing_is_queued(idle: Exports) -> None:
    for given, field in MISTAKES:
        answer = await idle.owner.post(EXPORTS, given)
        assert answer.status_code == 422, (given, answer.text)
        assert list(answer.json()["errors"]) == [field], given
    assert await count(idle.running.database, exports) == 0


async def test_what_is_out_of_reach_is_refused_as_the_list_itself_refuses_it(idle: Exports) -> None:
    for given, status in BEYOND:
        answer = await idle.owner.post(EXPORTS, given)
        assert answer.status_code == status, (given, answer.text)
    assert await count(idle.running.database, exports) == 0


async def test_who_may_export(idle: Exports) -> None:
    for uid, status in ((OWNER, 202), (SUNDAI_OWNER, 202), (ADMINISTRATOR, 202), (COACH, 202), (STUDENT, 403)):
        answer = await (await by_auth0(idle.running, uid)).post(EXPORTS, {"type": "activity"})
        assert answer.status_code == status, uid
    assert (await idle.running.client.post(EXPORTS, json={"type": "activity"})).status_code == 401
    assert await count(idle.running.database, exports) == 4


async def test_exports_of_others_are_not_there(made: Exports) -> None:
    number = await made.asked("completions")
    await made.finished(number)
    for uid in (ADMINISTRATOR, SUNDAI_OWNER, COACH):
        other = await by_auth0(made.running, uid)
        assert (await other.get(EXPORTS)).json()["data"] == []
        for path in (f"{EXPORTS}/{number}", f"{EXPORTS}/{number}/download"):
            assert (await other.get(path)).status_code == 404
        assert (await other.delete(f"{EXPORTS}/{number}")).status_code == 404
    assert (await made.shown(number))["status"] == "completed"


async def test_demo_tokens_have_no_exports(idle: Exports) -> None:
    token = idle.running.signed(OWNER, ["cram_school_owner"], demo=True)
    demo = Caller(idle.running.client, {"Authorization": f"Bearer {token}"})
    number = await idle.asked("activity")
    assert (await demo.post(EXPORTS, {"type": "activity"})).status_code == 403
    assert (await demo.get(EXPORTS)).json()["data"] == []
    assert (await demo.get(f"{EXPORTS}/{number}/download")).status_code == 404
    assert await count(idle.running.database, exports) == 1


async def test_a_token_needs_the_ability_to_export_and_for_a_document_those_of_its_fields(idle: Exports) -> None:
    reader = await by_token(idle.running, OWNER, ["exports:read"])
    assert (await reader.post(EXPORTS, {"type": "activity"})).json() == {"message": "Invalid ability provided."}
    writer = await by_token(idle.running, OWNER, ["exports:write"])
    assert (await writer.post(EXPORTS, {"type": "activity"})).status_code == 202
    assert (await writer.get(EXPORTS)).status_code == 403
    own = {"type": "document", "document": STUDENTS}
    assert (await writer.post(EXPORTS, own)).json() == {"message": "Invalid ability provided."}
    both = await by_token(idle.running, OWNER, ["exports:write", "members:read"])
    assert (await both.post(EXPORTS, own)).status_code == 202
    assert await count(idle.running.database, exports) == 2


async def test_where_registered_documents_alone_are_run_none_of_ones_own_is_exported(idle: Exports) -> None:
    made = await idle.owner.data(
        'mutation { createApiToken(name: "a", abilities: ["*"], documentsOnly: true) { plainTextToken } }'
    )
    token = made["createApiToken"]["plainTextToken"]
    caller = Caller(idle.running.client, {"Authorization": f"Bearer {token}"})
    assert (await caller.post(EXPORTS, {"type": "document", "document": STUDENTS})).status_code == 403
    assert (await caller.post(EXPORTS, {"type": "activity"})).status_code == 202
    assert await count(idle.running.database, exports) == 1


async def test_so_many_may_be_under_way(idle: Exports) -> None:
    numbers = [await idle.asked("activity") for _ in range(MOST_UNFINISHED)]
    answer = await idle.owner.post(EXPORTS, {"type": "activity"})
    assert answer.status_code == 400
    assert answer.json()["message"] == "10 exports of yours are under way. Wait for one, or cancel it."
    await idle.owner.delete(f"{EXPORTS}/{numbers[0]}")
    assert (await idle.owner.post(EXPORTS, {"type": "activity"})).status_code == 202


async def test_the_same_key_asks_once(idle: Exports) -> None:
    answers = [await idle.owner.post(EXPORTS, {"type": "activity"}, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    assert await count(idle.running.database, exports) == 1
