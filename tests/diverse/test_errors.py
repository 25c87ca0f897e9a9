"""Everything that does not go well, in one shape: a message, and a stable code where there is one."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from gateway.settings import Settings
from tests.conftest import Running, running
from tests.diverse.asking import ADMINISTRATOR, COACH_CHILD, SAMPLE_STUDENT, STUDENT, Api
from tests.services.postgresql import Server, create_database, drop_database

JSON = "application/json; charset=utf-8"
SEARCH = "/api/v1/students/search"


def refused(answer: httpx2.Response) -> tuple[int, str | None]:
    """The status and the code of a refusal, which is always one JSON object with a message."""
    assert answer.headers["content-type"] == JSON
    assert set(answer.json()) <= {"message", "code"}
    assert answer.json()["message"]
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "token_missing"),
        ("Bearer ", "token_missing"),
        ("Bearer garbled", "token_malformed"),
        ("Bearer a.b.c", "token_malformed"),
        ("Basic YTpi", "token_malformed"),
    ],
)
async def test_without_a_readable_token_nobody_enters(api: Api, authorization: str | None, code: str) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await api.running.client.get("/api/v1/schools", headers=headers)
    assert refused(answer) == (401, code)
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_who_may_not_enter_learns_nothing_of_parameters_and_bodies(api: Api) -> None:
    for method, path in (("GET", "/api/v1/organizations?order_by=nothing"), ("POST", SEARCH)):
        answer = await api.running.client.request(method, path)
        assert refused(answer) == (401, "token_missing")


async def test_a_token_in_the_query_string_is_refused(api: Api) -> None:
    token = await api.running.token(ADMINISTRATOR)
    assert refused(await api.running.client.get(f"/api/v1/schools?access_token={token}")) == (401, "token_malformed")


async def test_two_tokens_are_refused(api: Api) -> None:
    header = ("Authorization", (await api.headers(ADMINISTRATOR))["Authorization"])
    answer = await api.running.client.get("/api/v1/schools", headers=[header, header])
    assert refused(answer) == (401, "token_malformed")


@pytest.mark.parametrize(
    ("uid", "privileges", "expected"),
    [
        ("auth0|nobody", ["administrator"], (401, "token_unknown_user")),
        ("auth0|demo-locked", ["homeroom_teacher"], (403, "account_locked")),
        ("auth0|demo-expired", ["cram_school_clerk"], (403, "account_out_of_period")),
        ("auth0|demo-u014", ["student"], (403, "account_locked")),
        ("auth0|demo-u013", ["student"], (403, "account_out_of_period")),
        ("auth0|demo-n014", ["student"], (403, "account_out_of_period")),
        (STUDENT, ["administrator"], (403, "no_privilege")),
        (STUDENT, ["superuser"], (403, "no_privilege")),
        (STUDENT, [], (403, "no_privilege")),
    ],
)
async def test_the_database_decides_who_of_the_known_may_enter(
    api: Api, uid: str, privileges: list[str], expected: tuple[int, str]
) -> None:
    token = api.running.signed(uid, privileges)
    answer = await api.running.client.get("/api/v1/schools", headers={"Authorization": f"Bearer {token}"})
    assert refused(answer) == expected
    assert ("www-authenticate" in answer.headers) is (expected[0] == 401)


async def test_without_the_issuers_keys_nobody_is_judged(shared: Running, data_dir: Path) -> None:
    # Port 9 is the discard service's, and nothing listens there.
    settings = Settings(
        database_url=shared.settings.database_url, data_dir=data_dir, auth0_issuer="http://127.0.0.1:9/"
    )
    async with running(settings) as started:
        headers = {"Authorization": f"Bearer {started.signed(STUDENT, ['student'])}"}
        answer = await started.client.get("/api/v1/me", headers=headers)
    assert refused(answer) == (503, "keys_unavailable")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1", "/api/v1/", "/api/v1/student", "/api/v1/me/", "/api/v1//me", "/api/v1/students/me/school"),
        *("/api/v1/%00", "/api/v1/me%00", "/api/v1/documents", "/api/v1/documents/nothing", "/api/v1/documents/%00"),
        "/api/v1/documents/..%2frefusals.py",
    ],
)
async def test_there_is_nothing_elsewhere_under_the_prefix(api: Api, path: str) -> None:
    answer = await api.running.client.get(path, headers=await api.headers(ADMINISTRATOR))
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
    assert answer.headers["content-type"] == JSON


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/me", "GET, HEAD"),
        ("DELETE", "/organizations", "GET, HEAD"),
        ("PUT", "/students", "GET, HEAD"),
        ("GET", "/students/me", "PATCH, PUT"),
        ("POST", "/students/me", "PATCH, PUT"),
        ("GET", "/students/search", "POST"),
        ("HEAD", "/students/search", "POST"),
        ("GET", "/students/lesson_packages", "POST"),
        ("PATCH", "/students/by_course_category", "GET, HEAD"),
        ("OPTIONS", "/schools", "GET, HEAD"),
        ("TRACE", "/courses", "GET, HEAD"),
        ("POST", "/documents/me_student", "GET, HEAD"),
    ],
)
async def test_another_method_is_told_which_ones_there_are(api: Api, method: str, path: str, allowed: str) -> None:
    answer = await api.running.client.request(method, f"/api/v1{path}")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == JSON
    assert method == "HEAD" or answer.json() == {"message": "Method Not Allowed"}


async def test_head_is_answered_like_get(api: Api) -> None:
    headers = await api.headers(ADMINISTRATOR)
    asked = [await api.running.client.request(name, "/api/v1/schools", headers=headers) for name in ("GET", "HEAD")]
    for name in ("content-type", "content-length", "x-graphql-document"):
        assert asked[1].headers[name] == asked[0].headers[name]
    assert asked[1].status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b'{"uids":["a"]', b"null", b"[]", b'"uids"', b'{"uids":["\xff"]}', b'{"uids":["\\ud800"]}'),
        *('{"uids":["a"]}'.encode("utf-16"), b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"uids":NaN}'),
        b'{"uids":["a"],"other":' + b"[" * 64 + b"]" * 64 + b"}",
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_a_body_that_is_no_json_object_is_refused(api: Api, body: bytes) -> None:
    headers = {**await api.headers(ADMINISTRATOR), "Content-Type": "application/json"}
    answer = await api.running.client.post(SEARCH, content=body, headers=headers)
    assert refused(answer) == (400, None)


@pytest.mark.parametrize("digits", [20, 400, 5000])
async def test_a_number_of_any_length_in_a_body_makes_no_error_of_ours(api: Api, digits: int) -> None:
    headers = {**await api.headers(ADMINISTRATOR), "Content-Type": "application/json"}
    body = b'{"uids":["a"],"organization_id":' + b"9" * digits + b"}"
    assert refused(await api.running.client.post(SEARCH, content=body, headers=headers)) == (400, None)


async def test_a_body_has_at_most_128_kib(api: Api) -> None:
    headers = {**await api.headers(ADMINISTRATOR), "Content-Type": "application/json"}
    frame = b'{"uids":["auth0|demo-u001"],"other":""}'
    fitting = frame[:-2] + b"a" * (128 * 1024 - len(frame)) + frame[-2:]
    answer = await api.running.client.post(SEARCH, content=fitting, headers=headers)
    assert (len(fitting), answer.status_code) == (128 * 1024, 200)
    answer = await api.running.client.post(SEARCH, content=fitting[:-2] + b'a"}', headers=headers)
    assert refused(answer) == (413, None)


@pytest.mark.parametrize(
    "media_type",
    [
        *(None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("application/json; charset=shift_jis", "application/jsonp"),
    ],
)
async def test_a_body_of_another_media_type_is_refused(api: Api, media_type: str | None) -> None:
    headers = {**await api.headers(ADMINISTRATOR), **({} if media_type is None else {"Content-Type": media_type})}
    answer = await api.running.client.post(SEARCH, content=b'{"uids":["a"]}', headers=headers)
    assert refused(answer) == (415, None)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "application/json;q=0"])
async def test_answers_are_json_whatever_is_accepted(api: Api, accept: str) -> None:
    headers = {**await api.headers(ADMINISTRATOR), "Accept": accept}
    answer = await api.running.client.get("/api/v1/schools?per=1", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)


async def test_an_organization_nobody_knows_is_forbidden_to_staff_and_not_found_for_operators(api: Api) -> None:
    unknown = {"organization_code": "no-such"}
    assert refused(await api.get("/sections", unknown, uid=COACH_CHILD)) == (403, "organization_out_of_reach")
    assert refused(await api.get("/sections", unknown)) == (404, "organization_unknown")


async def test_a_refusal_by_the_graph_names_the_document_that_ran_and_an_earlier_one_does_not(api: Api) -> None:
    asked = {"organization_code": "api_spec"}
    assert (await api.get("/students", asked, uid=SAMPLE_STUDENT)).headers["x-graphql-document"] == "students"
    assert "x-graphql-document" not in (await api.get("/students", uid=SAMPLE_STUDENT)).headers


@pytest.fixture
async def doomed(postgresql_server: Server, filled: dict[str, str], data_dir: Path) -> AsyncIterator[tuple[Api, str]]:
    """The API on a PostgreSQL database that is going to be broken, and the name of that database."""
    assert filled["postgresql"]
    name = f"doomed_{uuid4().hex}"
    url = create_database(postgresql_server, name, template="filled")
    async with running(Settings(database_url=url, data_dir=data_dir)) as started:
        yield Api(started), name
    drop_database(postgresql_server, name)


async def test_while_the_database_is_gone_every_operation_asks_to_come_again(
    doomed: tuple[Api, str], postgresql_server: Server
) -> None:
    api, name = doomed
    headers = await api.headers(SAMPLE_STUDENT)
    drop_database(postgresql_server, name)
    for method, path in (("GET", "/me"), ("GET", "/schools"), ("PATCH", "/students/me"), ("POST", "/students/search")):
        answer = await api.running.client.request(method, f"/api/v1{path}", headers=headers, json={})
        assert refused(answer) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0


async def test_an_error_of_ours_says_nothing_of_itself(doomed: tuple[Api, str]) -> None:
    api, _ = doomed
    async with api.running.database.writing() as transaction:
        await transaction.execute(text("drop table prefectures cascade"))
    answer = await api.get("/schools")
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert answer.headers["content-type"] == JSON
