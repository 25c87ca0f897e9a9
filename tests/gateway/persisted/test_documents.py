"""Registered documents by `documentId`: what runs, what is unknown, what is malformed, and what it costs."""

import logging
from collections.abc import Mapping

import pytest
from sqlalchemy import text as sql

from db.documents import every_document
from gateway.persisted.documents import Source
from gateway.persisted.named import Named
from gateway.settings import Environment
from tests.accounts.calling import OWNER
from tests.conftest import Running, running
from tests.gateway.persisted.asking import (
    DATA,
    NO_STORE,
    RESPONSE,
    UNKNOWN,
    apollo,
    bad,
    get,
    hash_of,
    id_of,
    new_text,
    outcome,
    post,
    registered,
)

PUBLIC = "{ subscriptionPlans { code } }"
MUTATION = "mutation { revokeApiToken(legacyId: 1) { revoked } }"
HASH = "a" * 64
WRONG = "Cannot query field 'shoeSize' on type 'Viewer'."


async def test_a_registered_document_runs_by_its_id(persisted: Running) -> None:
    text = await registered(persisted, new_text())
    for answer in (
        await post(persisted, {"documentId": id_of(text)}),
        await get(persisted, {"documentId": id_of(text)}),
        await post(persisted, {"documentId": id_of(text), "query": text}),
        await get(persisted, {"documentId": id_of(text), "query": ""}),
        await post(persisted, {"extensions": apollo(text)}),
        await get(persisted, {"extensions": apollo(text)}),
        await post(persisted, {"documentId": id_of(text), "extensions": apollo(text)}),
    ):
        assert outcome(answer) == (200, DATA)


async def test_variables_and_the_operation_name_go_with_an_id(persisted: Running) -> None:
    text = await registered(persisted, new_text("query B($n: Int!) { organizations(first: $n) { nodes { code } } }"))
    asked = {"documentId": id_of(text), "operationName": "B", "variables": {"n": 1}}
    answers = [await post(persisted, asked), await get(persisted, asked)]
    assert [answer.json()["data"] for answer in answers] == [{"organizations": {"nodes": [{"code": "kakehashi"}]}}] * 2
    wrong = await post(persisted, {**asked, "operationName": "C"})
    assert wrong.json()["errors"][0]["message"] == "Unknown operation named 'C'."


async def test_a_document_is_read_once_and_then_found_in_memory(persisted: Running) -> None:
    text, headers = await registered(persisted, new_text()), await persisted.headers(OWNER)
    counts = []
    for body in ({"query": text}, {"documentId": id_of(text)}, {"documentId": id_of(text)}):
        before = persisted.database.statements
        assert outcome(await post(persisted, body, headers=headers)) == (200, DATA)
        counts.append(persisted.database.statements - before)
    # Who may enter is asked on every request; a text that comes along is never looked up.
    assert counts == [1, 2, 1]


@pytest.mark.parametrize("id_", [f"sha256:{HASH}", "x-mine:1", "md5:0123", "7f9a", HASH, "x-a.b_c~d:1"])
async def test_an_unknown_id_is_told_as_apollo_and_the_draft_expect(persisted: Running, id_: str) -> None:
    plain = await post(persisted, {"documentId": id_})
    own = await post(persisted, {"documentId": id_}, accept=RESPONSE)
    by_get = await get(persisted, {"documentId": id_}, accept=RESPONSE)
    assert [outcome(answer) for answer in (plain, own, by_get)] == [(200, UNKNOWN), (404, UNKNOWN), (404, UNKNOWN)]
    assert [answer.headers["cache-control"] for answer in (plain, own, by_get)] == [NO_STORE] * 3
    assert own.headers["content-type"] == f"{RESPONSE}; charset=utf-8"


MALFORMED = "documentId is malformed: send sha256: and 64 hexadecimal digits in lower case."
APOLLO_MALFORMED = "extensions.persistedQuery.sha256Hash is malformed: send 64 hexadecimal digits in lower case."
QUERY = "{ viewer { uid } }"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "query is missing, and so is documentId."),
        ({"query": None, "documentId": None}, "query is missing, and so is documentId."),
        ({"query": 1, "documentId": f"sha256:{HASH}"}, "query is no text."),
        ({"documentId": 1}, "documentId is no text."),
        ({"documentId": ""}, MALFORMED),
        ({"documentId": "sha256:"}, MALFORMED),
        ({"documentId": f"sha256:{HASH[1:]}"}, MALFORMED),
        ({"documentId": f"sha256:{HASH}a"}, MALFORMED),
        ({"documentId": f"sha256:{HASH}\n"}, MALFORMED),
        ({"documentId": f"sha256:{HASH.upper()}"}, MALFORMED),
        ({"documentId": "a:b:c"}, MALFORMED),
        ({"documentId": "日本"}, MALFORMED),
        ({"documentId": "x y"}, MALFORMED),
        ({"documentId": f"sha256:{HASH}", "query": QUERY}, "documentId does not match query"),
        ({"documentId": "x-mine:1", "query": QUERY}, "documentId does not match query"),
        ({"extensions": {"persistedQuery": 1}}, "extensions.persistedQuery is no object."),
        ({"extensions": {"persistedQuery": {}}}, "Unsupported persisted query version"),
        ({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": HASH}}}, "Unsupported persisted query version"),
        ({"extensions": {"persistedQuery": {"version": 1}}}, APOLLO_MALFORMED),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH.upper()}}}, APOLLO_MALFORMED),
        (
            {"query": QUERY, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}},
            "provided sha does not match query",
        ),
        (
            {"documentId": f"sha256:{HASH[1:]}b", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}},
            "documentId does not match extensions.persistedQuery",
        ),
    ],
)
async def test_what_names_no_document_is_a_bad_request(
    persisted: Running, body: Mapping[str, object], message: str
) -> None:
    before = persisted.database.statements
    answers = [await post(persisted, body, headers={}, accept=accept) for accept in ("*/*", RESPONSE)]
    assert [outcome(answer) for answer in answers] == [(400, bad(message))] * 2
    assert persisted.database.statements == before


async def test_a_matching_text_beside_an_unknown_id_is_run_and_not_kept(persisted: Running) -> None:
    text = new_text()
    assert outcome(await post(persisted, {"documentId": id_of(text), "query": text})) == (200, DATA)
    assert outcome(await post(persisted, {"documentId": id_of(text)})) == (200, UNKNOWN)
    assert outcome(await post(persisted, {"extensions": apollo(text)})) == (200, UNKNOWN)


async def test_a_registered_mutation_by_get_is_not_run(persisted: Running) -> None:
    text = await registered(persisted, new_text(MUTATION))
    refused = await get(persisted, {"documentId": id_of(text)})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


async def test_people_without_a_token_run_registered_documents_that_are_public(
    persisted: Running,
) -> None:
    settings = persisted.settings.model_copy(
        update={"environment": Environment.PRODUCTION, "auth0_issuer": "https://issuer.test/"}
    )
    public, private = await registered(persisted, new_text(PUBLIC)), await registered(persisted, new_text())
    async with running(settings) as production:
        shown = await post(production, {"documentId": id_of(public)}, headers={})
        refused = await post(production, {"documentId": id_of(private)}, headers={})
    assert (shown.status_code, set(shown.json())) == (200, {"data", "extensions"})
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["reason"]) == (401, "token_missing")


async def test_asking_for_an_unknown_document_counts_as_a_call(persisted: Running) -> None:
    three = persisted.settings.model_copy(update={"auth0_rate_limit_per_minute": 3})
    bodies = ({"documentId": f"sha256:{HASH}"}, {"documentId": "x-mine:1"}, {"extensions": apollo(new_text())})
    async with running(three) as counted:
        answers = [await post(counted, body) for body in bodies]
        fourth = await post(counted, {"documentId": f"sha256:{HASH}"})
    assert [outcome(answer) for answer in answers] == [(200, UNKNOWN)] * 3
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0"]
    assert (fourth.status_code, fourth.json()["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")


async def test_a_registered_document_costs_the_quota_what_it_shows(persisted: Running) -> None:
    text = await registered(persisted, new_text("{ students(first: 100) { nodes { school { name } } } }"))
    async with running(persisted.settings.model_copy(update={"auth0_rate_limit_per_minute": 3})) as counted:
        answer = await post(counted, {"documentId": id_of(text)})
    assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, "1")


async def test_a_documents_own_cost_limit_comes_with_it(persisted: Running) -> None:
    documents = persisted.app.state.parts.documents
    limited, unlimited = new_text(), new_text()
    await registered(persisted, limited, cost_limit=70)
    await registered(persisted, unlimited)
    found = [await documents.source(Named(None, hash_of(text)), None) for text in (limited, unlimited)]
    assert found == [Source(limited, registered=True, cost_limit=70), Source(unlimited, registered=True)]
    assert await documents.source(Named(limited), None) == Source(limited)


async def test_a_document_that_does_not_fit_the_graph_any_more_is_told_at_the_start_and_not_run(
    own: Running, caplog: pytest.LogCaptureFixture
) -> None:
    fits, gone = new_text(), "query Gone {\n  viewer { uid shoeSize }\n}"
    await registered(own, fits)
    async with own.database.writing() as transaction:
        await transaction.execute(
            sql(
                "insert into registered_documents (sha256, source, operation, registered_at)"
                f" values ('{hash_of(gone)}', '{gone}', 'Gone', '2026-01-01 00:00:00')"
            )
        )
    with caplog.at_level(logging.ERROR, "gateway.persisted.documents"):
        async with running(own.settings) as again:
            refused = await post(again, {"documentId": id_of(gone)})
            assert outcome(await post(again, {"documentId": id_of(fits)})) == (200, DATA)
    assert [record.getMessage() for record in caplog.records] == [
        f"The registered document {id_of(gone)} (Gone) does not fit the graph and is not run: line 2: {WRONG}"
    ]
    assert refused.json()["errors"][0]["message"] == WRONG
    assert "data" not in refused.json()
    assert {document.sha256 for document in await every_document(own.database)} == {hash_of(fits), hash_of(gone)}


async def test_a_registered_document_may_cost_what_it_was_registered_with(persisted: Running) -> None:
    organizations = "{ organizations(first: 100) { nodes { students(first: 100) { nodes { uid } } } } }"
    dear = await registered(persisted, new_text(organizations), cost_limit=20_000)
    cost = {"points": 10_100, "limit": 20_000, "requests": 101}
    assert (await post(persisted, {"documentId": id_of(dear)})).json()["extensions"] == {"cost": cost}
    for limit, most in ((None, 5000), (10_099, 10_099)):
        text = await registered(persisted, new_text(organizations), cost_limit=limit)
        refused = (await post(persisted, {"documentId": id_of(text)})).json()
        assert refused["errors"][0]["extensions"] == {"code": "LIMIT_EXCEEDED", "reason": "cost"}
        assert refused["extensions"]["cost"]["limit"] == most
        assert "data" not in refused
