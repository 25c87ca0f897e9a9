"""Who may run a document without a token, and what its fields need; with documents that try to be hard to read."""

import pytest
from graphql import parse, validate

from resolvers.policy import Operation
from schema.needs import Need, is_public, needs_of, root_fields
from schema.root import graph_of

GRAPH = graph_of(stepwise=False).schema
SIGN_IN = 'signIn(email: "a", password: "b")'
PUBLIC: list[tuple[str, str | None]] = [
    ("{ __typename }", None),
    ("{ publicCourses { nodes { name } } }", None),
    ('{ publicCourse(slug: "x") { name } }', None),
    ("{ subscriptionPlans { code } }", None),
    ("{ viewer: subscriptionPlans { code } __typename }", None),
    (f"mutation {{ {SIGN_IN} {{ token viewer {{ uid }} }} }}", None),
    ("query A { subscriptionPlans { code } } query B { viewer { uid } }", "A"),
    ("{ ...F } fragment F on Query { ... { publicCourses { totalCount } } }", None),
]
CLOSED: list[tuple[str, str | None]] = [
    ("{ viewer { uid } }", None),
    ("{ __schema { types { name } } }", None),
    ('{ __type(name: "Query") { name } }', None),
    ("{ subscriptionPlans: viewer { uid } }", None),
    ("{ subscriptionPlans { code } viewer { uid } }", None),
    ("{ subscriptionPlans { code } viewer @skip(if: true) { uid } }", None),
    ("query A { subscriptionPlans { code } } query B { viewer { uid } }", "B"),
    ("query A { subscriptionPlans { code } } query B { viewer { uid } }", None),
    ("query A { subscriptionPlans { code } } query B { viewer { uid } }", "C"),
    ("{ ... { ... on Query { viewer { uid } } } }", None),
    ("{ ...F } fragment F on Query { ...G } fragment G on Query { viewer { uid } }", None),
    (f"mutation {{ {SIGN_IN} {{ token }} revokeApiToken(legacyId: 1) {{ revoked }} }}", None),
    ("mutation { recordProgress(events: []) { results { score } } }", None),
]


@pytest.mark.parametrize(("source", "name"), PUBLIC)
def test_a_document_of_public_fields_is_public(source: str, name: str | None) -> None:
    document = parse(source)
    assert validate(GRAPH, document) == []
    assert is_public(GRAPH, document, name)


@pytest.mark.parametrize(("source", "name"), CLOSED)
def test_a_document_with_any_other_field_is_not(source: str, name: str | None) -> None:
    document = parse(source)
    assert validate(GRAPH, document) == []
    assert not is_public(GRAPH, document, name)


def test_a_fragment_that_is_spread_over_and_over_is_looked_into_once() -> None:
    # Each fragment spreads the next one twice: 2 to the power of 190 ways lead to the last.
    chain = "".join(f"fragment F{number} on Query {{ ...F{number + 1} ...F{number + 1} }} " for number in range(190))
    source = f"{{ ...F0 }} {chain} fragment F190 on Query {{ a: __typename b: __typename }}"
    document = parse(source)
    assert validate(GRAPH, document) == []
    operation = document.definitions[0]
    names = root_fields(document, operation.selection_set)  # type: ignore[attr-defined]  # the first one is a query
    assert list(names) == ["__typename", "__typename"]
    assert is_public(GRAPH, document, None)
    assert needs_of(GRAPH, document) == []


def test_needs_are_named_once_and_in_the_order_of_the_document() -> None:
    source = """
    query A { ...F courses { nodes { students { totalCount } } } }
    query B { viewer { student { learner { xp } } } courses { totalCount } }
    fragment F on Query { schools { totalCount } }
    """
    assert needs_of(GRAPH, parse(source)) == [
        Need("Query.courses", Operation.COURSES),
        Need("Course.students", Operation.STUDENTS_BY_COURSE_CATEGORY),
        Need("Query.viewer", Operation.ME),
        Need("Student.learner", Operation.PROGRESS),
        Need("Query.schools", Operation.SCHOOLS),
    ]
