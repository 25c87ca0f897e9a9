"""What is kept of documents: little of each, and a bounded amount of all."""

import gc
from collections.abc import Iterator

import pytest
from graphql import DocumentNode, GraphQLError, Token

from schema.execution import DOCUMENTS, TOKENS, Execution
from schema.reading import read
from schema.root import graph_of
from tests.conftest import Running

GRAPH = graph_of(stepwise=False)
VALID = (
    "query Named($first: Int) { organizations(first: $first) { nodes { ...O } } } fragment O on Organization { name }"
)


@pytest.fixture
def by_counts() -> Iterator[None]:
    """Only new objects are counted, and nothing is collected: what is gone is gone because nothing holds it."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def alive(kind: type[object]) -> int:
    """How many new objects of a kind there are."""
    return sum(isinstance(each, kind) for each in gc.get_objects())


@pytest.mark.parametrize(
    "source",
    [
        VALID,
        "{ organizations { nodes { nothing } } }",
        "{ organizations(first: 1",
        "{ " + "__typename " * 60 + "}",
        "{ viewer { uid } " + "# a comment\n" * 20 + "}",
    ],
    ids=["valid", "invalid", "cut off", "too much", "comments"],
)
def test_no_token_is_kept(source: str, by_counts: None) -> None:
    kept = read(GRAPH.schema, source)
    if kept.tokens:
        # Not even as garbage.
        assert alive(Token) == 0
    gc.collect()
    assert alive(Token) == 0
    assert kept.is_valid == (source == VALID or "uid" in source)


def test_a_document_counts_its_tokens_and_errors_still_say_where_they_are() -> None:
    tokens = ["start", "{", "viewer", "{", "uid", "}", "}", "end"]
    assert read(GRAPH.schema, "{ viewer { uid } }").tokens == len(tokens)
    (error,) = read(GRAPH.schema, "{ viewer {\n  nothing } }").errors
    assert error.formatted["locations"] == [{"line": 2, "column": 3}]


def test_an_error_that_is_kept_holds_no_frames() -> None:
    for source in ("{", "{ " + "__typename " * 60 + "}", "{ viewer { nothing } }"):
        for error in read(GRAPH.schema, source).errors:
            assert isinstance(error, GraphQLError)
            assert error.__traceback__ is None
            assert error.original_error is None or error.original_error.__traceback__ is None


def test_documents_that_were_asked_longest_ago_are_forgotten() -> None:
    execution = Execution(GRAPH)
    for number in range(DOCUMENTS + 5):
        execution.prepare(f"query Q{number} {{ __typename }}")
    assert len(execution.documents) == DOCUMENTS
    assert "query Q4 { __typename }" not in execution.documents
    assert "query Q5 { __typename }" in execution.documents


def test_long_documents_leave_room_for_fewer() -> None:
    execution = Execution(GRAPH)
    for number in range(DOCUMENTS):
        execution.prepare(f"query Q{number} {{ viewer {{ " + "uid " * 49 + "} }")
        assert execution.tokens == sum(each.tokens for each in execution.documents.values()) <= TOKENS
    (size,) = {each.tokens for each in execution.documents.values()}
    assert len(execution.documents) == TOKENS // size < DOCUMENTS
    execution.forget()
    assert (execution.tokens, len(execution.documents)) == (0, 0)


async def test_a_plan_keeps_no_document_alive(own: Running, by_counts: None) -> None:
    execution = own.app.state.parts.execution
    execution.forget()
    headers = await own.headers("auth0|demo-sundai-owner")
    for _ in range(3):
        answer = await own.client.post("/graphql", json={"query": VALID}, headers=headers)
        assert answer.json()["data"]["organizations"]["nodes"]
    assert alive(DocumentNode) == 1
    execution.documents.clear()
    gc.collect()
    assert len(execution.graph.engine.plans) > 0
    assert alive(DocumentNode) == 0
