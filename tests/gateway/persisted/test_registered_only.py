"""Where registered documents alone are run: for tokens that say so, and for everybody where the operator says so."""

from collections.abc import AsyncIterator, Mapping

import pytest

from tests.accounts.calling import CREATE, ME, OWNER, TOKENS, Caller, bearer, by_auth0, count, new_token
from tests.conftest import Running, running
from tests.gateway.persisted.asking import (
    DATA,
    REFUSED,
    RESPONSE,
    UNKNOWN,
    apollo,
    id_of,
    new_text,
    outcome,
    post,
    registered,
)

INTROSPECTION = "{ __schema { queryType { name } } }"
CREATE_ONLY = """
mutation ($only: Boolean) {
  createApiToken(name: "only", abilities: ["*"], documentsOnly: $only) {
    token { legacyId documentsOnly }
    plainTextToken
    userErrors { code }
  }
}
"""


async def token_of(caller: Caller, *, only: bool | None) -> tuple[dict[str, object], dict[str, str]]:
    """A new token, as the graph shows it, and the headers of who has it."""
    made = (await caller.data(CREATE_ONLY, {"only": only}))["createApiToken"]
    assert made["userErrors"] == []
    return made["token"], bearer(made["plainTextToken"])


@pytest.fixture
async def only(persisted: Running) -> Mapping[str, str]:
    """The headers of a token for which registered documents alone are run."""
    shown, headers = await token_of(await by_auth0(persisted, OWNER), only=True)
    assert shown["documentsOnly"] is True
    return headers


@pytest.fixture(scope="session")
async def closed(persisted: Running) -> AsyncIterator[Running]:
    """A process in which registered documents alone are run for anybody."""
    async with running(persisted.settings.model_copy(update={"registered_only": True})) as started:
        yield started


async def refused_everywhere(process: Running, headers: Mapping[str, str]) -> None:
    """Any text that is not registered is refused, valid or not, before anybody parses it, and kept nowhere."""
    documents = process.app.state.parts.execution.documents
    for text in (new_text(), new_text("{ nonsense"), new_text(INTROSPECTION)):
        named: list[dict[str, object]] = [{}, {"documentId": id_of(text)}, {"extensions": apollo(text)}]
        for body in ({"query": text, **name} for name in named):
            answers = [await post(process, body, headers=headers, accept=accept) for accept in ("*/*", RESPONSE)]
            assert [outcome(answer) for answer in answers] == [(403, REFUSED)] * 2
        assert text not in documents
        for body in named[1:]:
            assert outcome(await post(process, body, headers=headers)) == (200, UNKNOWN)


async def runs_registered(process: Running, headers: Mapping[str, str], selection: str) -> dict[str, object]:
    """A registered document runs, however it is named; gives its data."""
    text = await registered(process, new_text(selection))
    bodies = ({"documentId": id_of(text)}, {"extensions": apollo(text)}, {"query": text})
    first, *others = [outcome(await post(process, body, headers=headers)) for body in bodies]
    assert others == [first, first]
    assert first[0] == 200
    assert isinstance(first[1], dict)
    return first[1]


async def test_a_token_for_documents_only_runs_registered_ones_and_no_others(
    persisted: Running, only: Mapping[str, str]
) -> None:
    assert await runs_registered(persisted, only, "{ viewer { uid } }") == DATA
    await refused_everywhere(persisted, only)
    free = bearer(await new_token(persisted, OWNER))
    assert outcome(await post(persisted, {"query": new_text()}, headers=free)) == (200, DATA)


async def test_a_text_that_others_sent_does_not_run_for_documents_only(
    persisted: Running, only: Mapping[str, str]
) -> None:
    text = new_text()
    assert outcome(await post(persisted, {"query": text, "extensions": apollo(text)})) == (200, DATA)
    assert outcome(await post(persisted, {"extensions": apollo(text)})) == (200, DATA)
    assert outcome(await post(persisted, {"extensions": apollo(text)}, headers=only)) == (200, UNKNOWN)


async def test_the_refusal_counts_against_the_quota_and_asks_for_one_statement_more(
    persisted: Running, only: Mapping[str, str]
) -> None:
    before = persisted.database.statements
    refused = await post(persisted, {"query": new_text()}, headers=only)
    # The token, the person, and whether the text is registered.
    assert persisted.database.statements - before == 3
    assert outcome(refused) == (403, REFUSED)
    assert [refused.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining")] == ["1000", "999"]


async def test_rest_doors_keep_working_with_a_token_for_documents_only(
    persisted: Running, only: Mapping[str, str]
) -> None:
    caller = Caller(persisted.client, only)
    assert (await caller.get(ME)).json()["data"]["uid"] == OWNER
    assert (await caller.get("/api/v1/me")).json()["uid"] == OWNER


async def test_where_the_operator_says_so_it_holds_for_everybody(closed: Running) -> None:
    people: list[dict[str, str]] = [await closed.headers(OWNER), bearer(await token_by_rest(closed)), {}]
    for headers in people:
        await refused_everywhere(closed, headers)
    assert await runs_registered(closed, people[0], "{ viewer { uid } }") == DATA
    shown = await runs_registered(closed, people[0], INTROSPECTION)
    assert shown["data"] == {"__schema": {"queryType": {"name": "Query"}}}


async def token_by_rest(process: Running, **more: object) -> str:
    """A token that is made over REST, whose doors work where the graph takes no texts."""
    caller = await by_auth0(process, OWNER)
    made = await caller.post(TOKENS, {"name": "by REST", "abilities": ["*"], **more})
    assert made.status_code == 201, made.text
    # The documented shape has no key for it.
    assert set(made.json()["data"]) == {"id", "name", "abilities", "last_used_at", "expires_at", "created_at"}
    return str(made.json()["plainTextToken"])


@pytest.mark.parametrize(
    ("given", "shown"), [({}, False), ({"documents_only": True}, True), ({"documents_only": 0}, False)]
)
async def test_over_rest_a_token_is_made_for_documents_only_by_a_parameter(
    persisted: Running, given: dict[str, object], shown: bool
) -> None:
    headers = bearer(await token_by_rest(persisted, **given))
    text = await registered(persisted, new_text("{ apiTokens(per: 100) { nodes { legacyId documentsOnly } } }"))
    answer = await post(persisted, {"documentId": id_of(text)}, headers=headers)
    number = int(headers["Authorization"].removeprefix("Bearer ").partition("|")[0])
    listed = {node["legacyId"]: node["documentsOnly"] for node in answer.json()["data"]["apiTokens"]["nodes"]}
    assert listed[number] is shown


async def test_a_token_for_documents_only_makes_no_other_kind(persisted: Running, only: Mapping[str, str]) -> None:
    create = await registered(persisted, CREATE_ONLY.replace('only"', f'{new_text("")[2:-1]}"'))
    caller, before = Caller(persisted.client, only), await count(persisted.database)
    by_graph = await post(persisted, {"documentId": id_of(create), "variables": {"only": False}}, headers=only)
    by_rest = await caller.post(TOKENS, {"name": "free", "abilities": ["*"], "documents_only": False})
    assert by_graph.json()["errors"][0]["extensions"] == {
        "code": "FORBIDDEN",
        "reason": "documents_only_beyond_own",
        "field": "documentsOnly",
    }
    assert by_rest.status_code == 403
    assert await count(persisted.database) == before
    unsaid = await caller.post(TOKENS, {"name": "same", "abilities": ["*"]})
    kin = bearer(unsaid.json()["plainTextToken"])
    assert outcome(await post(persisted, {"query": new_text()}, headers=kin)) == (403, REFUSED)


async def test_a_token_is_for_every_document_unless_told(persisted: Running) -> None:
    caller = await by_auth0(persisted, OWNER)
    made = (await caller.data(CREATE, {"name": "free", "abilities": ["*"]}))["createApiToken"]
    assert outcome(await post(persisted, {"query": new_text()}, headers=bearer(made["plainTextToken"]))) == (200, DATA)
    shown, _ = await token_of(caller, only=None)
    assert shown["documentsOnly"] is False
