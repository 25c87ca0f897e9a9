"""What documents cost, counted by hand: an object is a point, a page as many as it could show, a change ten more."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, get_operation_ast, parse, validate

from schema.cost import points, requests
from schema.root import graph_of

GRAPH = graph_of(stepwise=False).schema
SIGN_IN = 'signIn(email: "a", password: "b") { token }'
LESSONS = "fragment L on Course { lessons { name trainings { name } } }"
BY_HAND: list[tuple[str, int]] = [
    ("{ __typename }", 0),
    ("{ viewer { uid roles } }", 1),
    ("{ viewer { account { name email } } }", 1 * (1 + 1)),
    ("{ viewer { account { name } organization { name } trial { active } } }", 1 + 3),
    ("{ a: viewer { uid } b: viewer { uid } }", 2),
    ("{ courses { nodes { name } } }", 20),
    ("{ courses { totalCount } }", 20),
    ("{ courses(first: 7) { nodes { name } pageInfo { hasNextPage } edges { cursor node { code } } } }", 7),
    ("{ courses(page: 3, per: 100) { nodes { name } } }", 100),
    ("{ courses(per: 5, page: 1) { totalCount } }", 5),
    ("{ courses(first: null) { totalCount } }", 20),
    ("{ courses(first: null, per: 100) { totalCount } }", 100),
    ("{ courses(per: 100, first: null) { totalCount } }", 100),
    ("{ courses(first: 0) { totalCount } }", 1),
    ("{ courses(first: -5) { totalCount } }", 1),
    ("{ courses(first: 50) { nodes { subject { name } level { name } } } }", 50 * (1 + 2)),
    ("{ courses(first: 50) { edges { node { subject { name } } } } }", 50 * (1 + 1)),
    ("{ courses(first: 10) { nodes { lessons { name } } } }", 10 * (1 + 10)),
    ("{ courses(first: 100) { nodes { lessons { trainings { items { seq } } } } } }", 100 * (1 + 10 * (1 + 10 * 11))),
    ("{ organizations(first: 10) { nodes { students(first: 9) { nodes { uid } } } } }", 10 * (1 + 9)),
    ("{ organizations(first: 2) { nodes { students(first: 3) { nodes { school { name } } } } } }", 2 * (1 + 3 * 2)),
    # What is dearer than an Int can say costs as much as an Int can say.
    ("{ rosterDiff(first: 2147483647) { changes { kind } } }", 2**31 - 1),
    ("{ abilities { name } }", 10),
    ("{ subscriptionPlans { code } }", 10),
    ("{ learner { skills { score } achievements { code } xp } }", 1 * (1 + 10 + 10)),
    ("{ leaderboard(per: 100) { nodes { rank } } }", 1 * (1 + 10)),
    ("{ statistics { learners } }", 1),
    ('{ node(id: "x") { id } }', 1),
    ('{ nodes(ids: ["x", "y", "z"]) { id } }', 3),
    ("{ nodes(ids: []) { id } }", 1),
    ('{ node(id: "x") { ... on Section { organization { code } } ... on Node { ... on Group { id } } } }', 1 + 1),
    ('{ nodes(ids: ["x", "y"]) { ...O } } fragment O on Organization { students(first: 9) { totalCount } }', 2 * 10),
    ('{ explainToken(document: "{ viewer { uid } }") { needs { path } } }', 500 + 1 * (1 + 10)),
    # What is skipped is counted: whoever pays less for it would learn the answer by the price.
    ("{ courses(first: 30) @skip(if: true) { totalCount } }", 30),
    ("{ ... on Query { ... { courses(first: 30) { totalCount } } } }", 30),
    # A fragment costs wherever it is spread.
    (f"{{ courses(first: 2) {{ nodes {{ ...L }} }} }} {LESSONS}", 2 * (1 + 10 * (1 + 10))),
    (
        f"{{ a: courses(first: 2) {{ nodes {{ ...L }} }} b: courses(first: 3) {{ nodes {{ ...L }} }} }} {LESSONS}",
        5 * (1 + 10 * (1 + 10)),
    ),
    ("{ ...A ...A } fragment A on Query { viewer { uid } }", 2),
    (f"mutation {{ {SIGN_IN} }}", 1 + 10),
    (f"mutation {{ a: {SIGN_IN} b: {SIGN_IN} }}", 2 * (1 + 10)),
    (f"mutation {{ ...F }} fragment F on Mutation {{ a: {SIGN_IN} b: {SIGN_IN} c: {SIGN_IN} }}", 3 * (1 + 10)),
    (f"mutation {{ ... {{ a: {SIGN_IN} b: {SIGN_IN} }} }}", 2 * (1 + 10)),
    ("mutation { recordProgress(events: []) { results { score } learner { xp } } }", 1 * (1 + 10 + 1) + 10),
]
PAGE = "query ($n: Int) { courses(first: $n) { totalCount } }"
DEFAULT = "query ($n: Int = 40) { courses(first: $n) { totalCount } }"


def cost(source: str, variables: dict[str, Any] | None = None, name: str | None = None) -> int:
    """The points of a valid document."""
    document = parse(source)
    assert validate(GRAPH, document) == []
    operation = get_operation_ast(document, name)
    assert isinstance(operation, OperationDefinitionNode)
    return points(GRAPH, document, operation, variables or {})


@pytest.mark.parametrize(("source", "expected"), BY_HAND)
def test_a_document_costs_what_it_could_show(source: str, expected: int) -> None:
    assert cost(source) == expected


@pytest.mark.parametrize(
    ("source", "variables", "expected"),
    [
        (PAGE, {"n": 7}, 7),
        (PAGE, {"n": 7.0}, 7),
        (PAGE, {"n": 100.0}, 100),
        (PAGE, {"n": None}, 20),
        (PAGE, {}, 20),
        (PAGE, {"n": -1}, 1),
        (PAGE, {"m": 7}, 20),
        (DEFAULT, {}, 40),
        (DEFAULT, {"n": 3}, 3),
        (DEFAULT, {"n": None}, 20),
    ],
)
def test_a_variable_counts_as_its_value(source: str, variables: dict[str, Any], expected: int) -> None:
    assert cost(source, variables) == expected


@pytest.mark.parametrize("value", ["7", [7], {"a": 7}, 7.5])
def test_a_variable_that_is_no_number_counts_as_none(value: object) -> None:
    assert cost(PAGE, {"n": value}) == 20


def test_only_the_operation_that_runs_is_counted() -> None:
    source = "query A { viewer { uid } } query B { courses(first: 90) { totalCount } }"
    assert (cost(source, name="A"), cost(source, name="B")) == (1, 90)


@pytest.mark.parametrize(("length", "expected"), [(30, 2**30), (190, 2**31 - 1)])
def test_a_chain_of_fragments_is_counted_in_one_walk(length: int, expected: int) -> None:
    chain = "".join(f"fragment F{number} on Query {{ ...F{number + 1} ...F{number + 1} }} " for number in range(length))
    assert cost(f"{{ ...F0 }} {chain} fragment F{length} on Query {{ viewer {{ uid }} }}") == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [(0, 1), (1, 1), (99, 1), (100, 1), (101, 2), (200, 2), (201, 3), (1000, 10), (1001, 11), (10_000, 100)],
)
def test_a_hundred_points_are_one_request(found: int, expected: int) -> None:
    assert requests(found) == expected
