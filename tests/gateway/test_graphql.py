"""The endpoint /graphql: what it takes, what it refuses, and with which status."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from db.maintenance import set_maintenance
from gateway.settings import Environment, Settings
from tests.conftest import SEALING_KEY, Running, running

OWNER = "auth0|demo-owner-parent"
RESPONSE = "application/graphql-response+json"


async def test_a_query_is_answered_by_post_and_by_get(shared: Running) -> None:
    headers = await shared.headers(OWNER)
    posted = await shared.client.post("/graphql", headers=headers, json={"query": "{ viewer { uid } }"})
    got = await shared.client.get("/graphql", headers=headers, params={"query": "{ viewer { uid } }"})
    assert (posted.status_code, posted.json()) == (
        200,
        {
            "data": {"viewer": {"uid": OWNER}},
            "extensions": {"cost": {"points": 1, "limit": 5000, "requests": 1}},
        },
    )
    assert got.content == posted.content
    assert posted.headers["content-type"] == "application/json; charset=utf-8"
    assert len(posted.headers["x-request-id"]) == 16
    stages = [stage.partition(";dur=")[0] for stage in posted.headers["server-timing"].split(", ")]
    assert stages == ["auth", "parse", "plan", "sql", "execute"]


async def test_variables_and_the_operation_name_are_used(shared: Running) -> None:
    document = "query A { viewer { uid } } query B($n: Int!) { organizations(first: $n) { nodes { code } } }"
    body = {"query": document, "operationName": "B", "variables": {"n": 1}}
    answer = await shared.client.post("/graphql", headers=await shared.headers(OWNER), json=body)
    assert answer.json()["data"] == {"organizations": {"nodes": [{"code": "kakehashi"}]}}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b'{"query": "{ viewer', 400),
        (b"\xff\xfe", 400),
        ('{"query":"{viewer{uid}}"}'.encode("utf-16"), 400),
        (b"[" * 100_000, 400),
        # Searched once from each of its quotes, this one would take a minute.
        (b"[]" * 33 + b'\\"' * 65_000, 400),
        (b'{"query":"{viewer{uid}}","variables":{"a":' + b"1" * 5000 + b"}}", 400),
        (b'{"query":"{viewer{uid}}","variables":{"a":NaN}}', 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"query":1}', 400),
        (b'{"query":"{viewer{uid}}","variables":[]}', 400),
        (b'{"query":"{viewer{uid}}","operationName":1}', 400),
        (b'{"query":"{viewer{uid}}","extensions":1}', 400),
        (b'{"a":"' + b"x" * 129 * 1024 + b'"}', 413),
    ],
)
async def test_a_body_that_is_no_graphql_request_is_refused(shared: Running, content: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json", **await shared.headers(OWNER)}
    answer = await shared.client.post("/graphql", headers=headers, content=content)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_another_media_type_is_refused(client: httpx2.AsyncClient, media_type: str) -> None:
    answer = await client.post("/graphql", headers={"Content-Type": media_type}, content=b'{"query":"{__typename}"}')
    assert answer.status_code == 415


async def test_another_method_is_refused_and_told_which_are_allowed(client: httpx2.AsyncClient) -> None:
    answer = await client.put("/graphql")
    assert (answer.status_code, sorted(answer.headers["allow"].split(", "))) == (405, ["GET", "HEAD", "POST"])


@pytest.mark.parametrize("accept", ["text/csv", "text/event-stream;q=0", "text/event-streams"])
async def test_an_unknown_accept_is_refused(client: httpx2.AsyncClient, accept: str) -> None:
    answer = await client.get("/graphql", headers={"Accept": accept}, params={"query": "{__typename}"})
    assert answer.status_code == 406


async def test_a_mutation_by_get_changes_nothing(own: Running) -> None:
    student = "auth0|demo-student"
    mutation = 'mutation { updateMySchoolProfile(schoolCode: "01102K", dateOfBirth: "2011-01-01") { student { uid } } }'
    headers = await own.headers(student)
    refused = await own.client.get("/graphql", headers=headers, params={"query": mutation})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    profile = {"query": "{ viewer { student { dateOfBirth } } }"}
    kept = await own.client.post("/graphql", headers=headers, json=profile)
    assert kept.json()["data"]["viewer"]["student"]["dateOfBirth"] != "2011-01-01"


async def test_the_status_of_a_refused_document_depends_on_the_media_type(shared: Running) -> None:
    headers = await shared.headers(OWNER)
    body = {"query": "{ nonsense }"}
    plain = await shared.client.post("/graphql", headers=headers, json=body)
    own = await shared.client.post("/graphql", headers={**headers, "Accept": RESPONSE}, json=body)
    assert (plain.status_code, own.status_code) == (200, 400)
    assert own.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
    assert "data" not in own.json()


async def test_without_a_token_nothing_is_read(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ organizations { nodes { code } } viewer { uid } }"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert {error["extensions"]["reason"] for error in answer.json()["errors"]} == {"token_missing"}
    assert answer.json()["data"] is None


async def test_a_wrong_token_is_refused_before_anything_runs(shared: Running) -> None:
    before = shared.database.statements
    answer = await shared.client.post(
        "/graphql", headers={"Authorization": "Bearer a.b.c"}, json={"query": "{ viewer { uid } }"}
    )
    assert (answer.status_code, shared.database.statements - before) == (401, 0)


@pytest.mark.parametrize(
    ("uid", "status", "reason"),
    [
        ("auth0|nobody", 401, "token_unknown_user"),
        ("auth0|demo-locked", 403, "account_locked"),
        ("auth0|demo-expired", 403, "account_out_of_period"),
    ],
)
async def test_the_database_decides_on_every_request_who_may_enter(
    shared: Running, uid: str, status: int, reason: str
) -> None:
    every = ["student", "homeroom_teacher", "cram_school_clerk", "cram_school_owner", "administrator"]
    headers = {"Authorization": f"Bearer {shared.signed(uid, every)}"}
    answer = await shared.client.post("/graphql", headers=headers, json={"query": "{ viewer { uid } }"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["reason"]) == (status, reason)


async def test_a_privilege_that_only_the_token_names_is_none(shared: Running) -> None:
    headers = {"Authorization": f"Bearer {shared.signed(OWNER, ['administrator'])}"}
    answer = await shared.client.post("/graphql", headers=headers, json={"query": "{ viewer { uid } }"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["reason"]) == (403, "no_privilege")


async def test_an_error_of_ours_tells_its_id_and_nothing_else(own: Running) -> None:
    async with own.database.writing() as transaction:
        await transaction.execute(text("alter table school_grades rename column name to secret_name"))
    document = "{ students(first: 1) { nodes { schoolGrade { name } } } }"
    answer = await own.client.post("/graphql", headers=await own.headers(OWNER), json={"query": document})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["message"], error["extensions"]["code"]) == (200, "Internal error.", "INTERNAL")
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert "school_grades" not in answer.text


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_what_an_error_says_is_told_to_nobody(own: Running) -> None:
    secret = "postgresql+asyncpg://kakehashi:secret@10.0.0.7/kakehashi"
    async with own.database.writing() as transaction:
        for statement in (
            f"create function leaking() returns text language plpgsql as $$ begin raise '{secret}'; end $$",
            "alter table school_grades rename to kept_grades",
            "create view school_grades as select value, leaking() as name from kept_grades",
        ):
            await transaction.execute(text(statement))
    headers = await own.headers(OWNER)
    document = "{ students(first: 1) { nodes { schoolGrade { name } } } }"
    graph = await own.client.post("/graphql", headers=headers, json={"query": document})
    door = await own.client.get("/api/v1/students?organization_code=kakehashi-ueno", headers=headers)
    assert graph.json()["errors"][0]["message"] == "Internal error."
    assert graph.json()["errors"][0]["extensions"] == {
        "code": "INTERNAL",
        "requestId": graph.headers["x-request-id"],
    }
    assert (door.status_code, door.json()) == (500, {"message": "Internal Server Error"})
    for answer in (graph, door):
        assert "secret" not in answer.text + str(answer.headers)


@pytest.mark.parametrize("path", ["//graphql", "/graphql/", "/graphql//", "/graphql%00", "/%00", "//"])
async def test_a_path_that_is_nearly_the_endpoints_is_none(shared: Running, path: str) -> None:
    headers = await shared.headers(OWNER)
    answer = await shared.client.post(f"http://kakehashi.test{path}", headers=headers, json={"query": "{ __typename }"})
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


async def test_in_maintenance_mode_queries_run_and_mutations_are_refused(own: Running) -> None:
    from_operator = "ただいまメンテナンス中です。"
    async with own.database.writing() as transaction:
        await set_maintenance(transaction, enabled=True, message=from_operator, now=datetime.now(UTC))
    headers = await own.headers("auth0|demo-student")
    mutation = 'mutation { updateMySchoolProfile(schoolCode: "01102K", dateOfBirth: "2011-01-01") { student { uid } } }'
    refused = await own.client.post("/graphql", headers=headers, json={"query": mutation})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "300")
    assert json.loads(refused.text)["errors"][0]["message"] == from_operator
    read = await own.client.post("/graphql", headers=headers, json={"query": "{ viewer { uid } }"})
    assert read.status_code == 200


async def test_in_production_nothing_is_told_without_a_token(filled: dict[str, str], data_dir: Path) -> None:
    settings = Settings(
        environment=Environment.PRODUCTION,
        auth0_issuer="https://tenant.auth0.com/",
        sealing_keys=(SEALING_KEY,),
        database_url=filled["sqlite"],
        data_dir=data_dir,
    )
    async with running(settings) as production:
        answer = await production.client.post("/graphql", json={"query": "{ __schema { types { name } } }"})
        keys = await production.client.get("/.well-known/jwks.json")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["reason"]) == (401, "token_missing")
    assert keys.status_code == 404
