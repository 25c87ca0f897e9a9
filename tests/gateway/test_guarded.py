"""Documents and values that are meant to harm: each is refused by the name of what it is too much of."""

import json
from collections.abc import Mapping

import httpx2
import pytest

from gateway.settings import Environment, Settings
from tests.conftest import SEALING_KEY, Running, running

OWNER = "auth0|demo-owner-parent"
RESPONSE = "application/graphql-response+json"
CHAIN = "".join(f"fragment F{n} on Organization {{ ...F{n + 1} ...F{n + 1} }} " for n in range(24))
NESTED = "students(first: 100) { nodes { "

OVERSIZED: list[tuple[str, str]] = [
    (f"{{ organizations {{ nodes {{ ...F0 }} }} }} {CHAIN} fragment F24 on Organization {{ code }}", "fields"),
    ("{ organizations " + "{ nodes { organization " * 6 + "{ code }" + "}}" * 6 + "}", "depth"),
    ("{ viewer { " + "".join(f"a{n}: uid " for n in range(31)) + "} }", "aliases"),
    ("{ viewer { uid" + " @include(if: true)" * 51 + "} }", "directives"),
    ("{ viewer { " + "uid " * 1998 + "} }", "tokens"),
    ("{ organizations { nodes { " + "parent { code } " * 200 + "} } }", "repeated"),
    ("{ " + "viewer { uid } " * 21 + "}", "root_fields"),
    ("{ viewer { uid } } " + "".join(f"fragment F{n} on Viewer {{ uid }} " for n in range(51)), "fragments"),
    ("{ viewer { uid } } #" + "x" * 33_000, "source_bytes"),
    ("{ organizations(first: 100) { nodes { students(first: 100) { nodes { uid } } } } }", "cost"),
]


async def post(running: Running, body: Mapping[str, object], uid: str = OWNER) -> httpx2.Response:
    """Send a GraphQL request as a person, for GraphQL's own media type."""
    headers = {**await running.headers(uid), "Accept": RESPONSE}
    return await running.client.post("/graphql", headers=headers, json=body)


@pytest.mark.parametrize(("document", "limit"), OVERSIZED, ids=[limit for _, limit in OVERSIZED])
async def test_a_document_beyond_a_limit_is_refused_by_its_name(shared: Running, document: str, limit: str) -> None:
    headers = {**await shared.headers(OWNER), "Accept": RESPONSE}
    before = shared.database.statements
    answer = await shared.client.post("/graphql", headers=headers, json={"query": document})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]) == (400, {"code": "LIMIT_EXCEEDED", "reason": limit})
    assert f"({limit})" in error["message"]
    assert "data" not in answer.json()
    # One statement lets the person in; none reads anything.
    assert shared.database.statements - before == 1


async def test_a_document_whose_statement_a_database_does_not_take_is_refused_or_answered(shared: Running) -> None:
    parents = " ".join(f"a{n}: parent {{ ...O }}" for n in range(30))
    below = "students(first: 1) { nodes { uid } } sections(first: 1) { nodes { code } }"
    document = (
        f"{{ organizations(first: 1) {{ nodes {{ {parents} }} }} }} fragment O on Organization {{ code {below} }}"
    )
    answer = (await post(shared, {"query": document})).json()
    if shared.database.dialect.name == "postgresql":
        (node,) = answer["data"]["organizations"]["nodes"]
        assert len(node) == 30
    else:
        # SQLite joins at most 64 tables.
        (error,) = answer["errors"]
        assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "reason": "statement"}
        assert answer["data"] is None


@pytest.mark.parametrize(
    "cycle",
    [
        "{ viewer { ...A } } fragment A on Viewer { ...A }",
        "{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...C } fragment C on Viewer { ...A }",
    ],
)
async def test_fragments_in_a_circle_are_refused(shared: Running, cycle: str) -> None:
    answer = await post(shared, {"query": cycle})
    assert answer.status_code == 400
    assert "within itself" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("first", [0, -1, 101])
async def test_a_page_size_that_cannot_be_is_an_error_of_its_field(shared: Running, first: int) -> None:
    document = "query ($n: Int) { a: organizations(first: $n) { totalCount } viewer { uid } }"
    answer = await post(shared, {"query": document, "variables": {"n": first}})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["path"]) == (200, ["a"])
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "reason": "page_size", "field": "first"}


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("query ($n: Int) { organizations(first: $n) { totalCount } }", {"n": 2**31}),
        ("{ organizations(first: 2147483648) { totalCount } }", {}),
        (f"{{ organizations(first: {'9' * 5000}) {{ totalCount }} }}", {}),
        (f"query ($n: Int = -{'9' * 5000}) {{ organizations(first: $n) {{ totalCount }} }}", {}),
        ("query ($u: String!) { student(uid: $u) { uid } }", {"u": "a\x00b"}),
        ('{ student(uid: "a\\u0000b") { uid } }', {}),
        (
            'mutation ($d: Date!) { updateMySchoolProfile(schoolCode: "a", dateOfBirth: $d) { student { uid } } }',
            {"d": "0000-01-01"},
        ),
        (
            'mutation ($d: Date!) { updateMySchoolProfile(schoolCode: "a", dateOfBirth: $d) { student { uid } } }',
            {"d": "10000-01-01"},
        ),
        (
            'mutation ($d: Date!) { updateMySchoolProfile(schoolCode: "a", dateOfBirth: $d) { student { uid } } }',
            {"d": "2026-02-30"},
        ),
    ],
)
async def test_a_value_that_no_type_has_is_the_clients_mistake(
    shared: Running, document: str, variables: dict[str, object]
) -> None:
    uid = "auth0|demo-student" if document.startswith("mutation") else OWNER
    answer = await post(shared, {"query": document, "variables": variables}, uid)
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("lone", ['"\\ud800"', '"\\udfff"', '"a\\ud800b"'])
async def test_half_a_surrogate_pair_is_refused_wherever_it_stands(shared: Running, lone: str) -> None:
    headers = {**await shared.headers(OWNER), "Content-Type": "application/json"}
    body = f'{{"query": "query ($u: String!) {{ student(uid: $u) {{ uid }} }}", "variables": {{"u": {lone}}}}}'
    in_body = await shared.client.post("/graphql", headers=headers, content=body.encode())
    assert (in_body.status_code, in_body.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
    in_document = await post(shared, {"query": f"{{ student(uid: {lone}) {{ uid }} }}"})
    assert (in_document.status_code, in_document.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "GRAPHQL_PARSE_FAILED",
    )


async def test_what_a_document_costs_is_told_with_its_answer_and_before(shared: Running) -> None:
    document = "query ($n: Int) { organizations(first: $n) { nodes { code sections { totalCount } } } }"
    cost = {"points": 30 * (1 + 20), "limit": 5000, "requests": 7}
    ran = await post(shared, {"query": document, "variables": {"n": 30}})
    assert ran.json()["extensions"] == {"cost": cost}
    explain = (
        "query ($d: String!, $v: JSON) { explainCost(document: $d, variables: $v) { points limit requests problems } }"
    )
    told = await post(shared, {"query": explain, "variables": {"d": document, "v": {"n": 30}}})
    assert told.json()["data"]["explainCost"] == {**cost, "problems": []}


@pytest.mark.parametrize("number", ["18446744073709551616", "1e+308"])
async def test_a_page_larger_than_numbers_in_json_is_refused_and_its_price_told(shared: Running, number: str) -> None:
    headers = {**await shared.headers(OWNER), "Content-Type": "application/json"}
    document = "query ($n: Int!) { rosterDiff(first: $n) { hasMore } }"
    body = f'{{"query": "{document}", "variables": {{"n": {number}}}}}'
    answer = await shared.client.post("/graphql", headers=headers, content=body.encode())
    told = answer.json()
    assert (answer.status_code, told["extensions"]["cost"]["points"]) == (200, 2**31 - 1)
    assert told["errors"][0]["extensions"]["reason"] == "cost"
    explain = "query ($d: String!, $v: JSON) { explainCost(document: $d, variables: $v) { points requests } }"
    body = f'{{"query": "{explain}", "variables": {{"d": "{document}", "v": {{"n": {number}}}}}}}'
    answer = await shared.client.post("/graphql", headers=headers, content=body.encode())
    assert answer.json()["data"] == {"explainCost": {"points": 2**31 - 1, "requests": 21474837}}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("{ viewer { nonsense } }", "Cannot query field 'nonsense' on type 'Viewer'."),
        ("{", "Syntax Error: Expected Name, found <EOF>."),
        (
            "query A { viewer { uid } } query B { viewer { uid } }",
            "The document has no such operation, or several and none is named.",
        ),
    ],
)
async def test_what_cannot_be_run_has_no_price(shared: Running, document: str, problem: str) -> None:
    explain = "query ($d: String!) { explainCost(document: $d) { points requests problems } }"
    told = await post(shared, {"query": explain, "variables": {"d": document}})
    assert told.json()["data"]["explainCost"] == {"points": None, "requests": None, "problems": [problem]}


async def test_a_document_of_ours_may_be_sent_whatever_it_costs(shared: Running) -> None:
    headers = await shared.headers(OWNER)
    source = (await shared.client.get("/api/v1/documents/lesson_packages", headers=headers)).text
    order = {"order_by": "UID", "order_direction": "ASC"}
    given = {"organization_code": "kakehashi", "page": 1, "per": 50, **order}
    answer = await post(shared, {"query": source, "variables": given})
    cost = answer.json()["extensions"]["cost"]
    assert (answer.status_code, cost["limit"], cost["points"] > 5000) == (200, None, True)
    assert "errors" not in answer.json()


async def test_who_has_no_token_is_not_told_what_the_graph_has_instead(shared: Running) -> None:
    misspelt = {"query": '{ publicCourse(sluug: "x") { name } publicCoursess { totalCount } }'}
    anonymous = await shared.client.post("/graphql", json=misspelt)
    known = await post(shared, misspelt)
    assert "Did you mean" in json.dumps(known.json())
    assert "Did you mean" not in json.dumps(anonymous.json())
    assert len(anonymous.json()["errors"]) == len(known.json()["errors"])


async def test_nobody_without_a_token_looks_at_the_graph_in_production(shared: Running) -> None:
    settings = Settings(
        database_url=shared.settings.database_url,
        data_dir=shared.settings.data_dir,
        environment=Environment.PRODUCTION,
        auth0_issuer="https://tenant.auth0.com/",
        sealing_keys=(SEALING_KEY,),
    )
    async with running(settings) as production:
        answer = await production.client.post("/graphql", json={"query": "{ __schema { types { name } } }"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["reason"]) == (401, "token_missing")


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}, {"Origin": "https://elsewhere.example"}])
async def test_a_get_that_a_foreign_page_could_cause_is_refused(
    client: httpx2.AsyncClient, headers: Mapping[str, str]
) -> None:
    answer = await client.get("/graphql", headers=headers, params={"query": "{ __typename }"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
    preflighted = await client.get(
        "/graphql", headers={**headers, "GraphQL-Require-Preflight": "1"}, params={"query": "{ __typename }"}
    )
    assert (preflighted.status_code, preflighted.json()["data"]) == (200, {"__typename": "Query"})


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        ("application/*;q=0.5", "application/json; charset=utf-8"),
        (f"{RESPONSE}, application/json", f"{RESPONSE}; charset=utf-8"),
        (f"application/json, {RESPONSE}", f"{RESPONSE}; charset=utf-8"),
        (f"application/json;q=0.9, {RESPONSE};q=0.8", "application/json; charset=utf-8"),
        (f"{RESPONSE};q=0, */*", "application/json; charset=utf-8"),
        (f"text/html, {RESPONSE};q=0.1", f"{RESPONSE}; charset=utf-8"),
        ("text/html", None),
        ("application/json;q=0", None),
        ("", "application/json; charset=utf-8"),
    ],
)
async def test_the_media_type_is_the_one_that_is_liked_best(
    shared: Running, accept: str | None, media_type: str | None
) -> None:
    headers = {**await shared.headers(OWNER), **({} if accept is None else {"Accept": accept})}
    answer = await shared.client.post("/graphql", headers=headers, json={"query": "{ __typename }"})
    if media_type is None:
        assert answer.status_code == 406
    else:
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)


async def test_long_answers_are_compressed_for_who_reads_that(shared: Running) -> None:
    body = {"query": "{ __schema { types { name description } } }"}
    headers = await shared.headers(OWNER)
    for accepted, encoding, vary in (("gzip", "gzip", "Accept-Encoding"), ("identity", None, None)):
        answer = await shared.client.post("/graphql", headers={**headers, "Accept-Encoding": accepted}, json=body)
        assert (answer.headers.get("content-encoding"), answer.headers.get("vary")) == (encoding, vary)
        assert answer.json()["data"]["__schema"]["types"]
