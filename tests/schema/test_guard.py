"""What documents are held to before validation: at each limit they pass, one beyond it they are refused by its name."""

from collections.abc import Callable

import pytest
from graphql import get_introspection_query, parse

from resolvers.errors import LimitExceeded
from schema.guard import refuse_oversized
from schema.limits import LIMITS, Limits
from schema.reading import read
from schema.root import graph_of

GRAPH = graph_of(stepwise=False).schema


def nested(depth: int) -> str:
    """A field so many fields deep."""
    return "{ a " * depth + "}" * depth


def chain(fragments: int, spread: str = "...F{0} ...F{0}") -> str:
    """Fragments that each spread the next one twice."""
    links = "".join(f"fragment F{n} on Query {{ {spread.format(n + 1)} }} " for n in range(fragments - 1))
    return f"{{ ...F0 }} {links} fragment F{fragments - 1} on Query {{ a }}"


# For each limit a document of a size, which is the limit or one more.
SIZED: dict[str, Callable[[int], str]] = {
    "depth": nested,
    "introspection_depth": lambda size: "{ __schema " + "{ a " * (size - 1) + "}" * size,
    "root_fields": lambda size: "{" + " a" * size + "}",
    "fields": lambda size: "{ a { b { ...F ...F } c " + "d " * ((size - 3) % 2) + "} }" + half((size - 3) // 2),
    "aliases": lambda size: "{ r { " + "".join(f"a{n}: x " for n in range(size)) + "} }",
    "directives": lambda size: "{ a" + " @skip(if: false)" * size + "}",
    "repeated": lambda size: "{ r { " + "x " * size + "} }",
    "fragments": lambda size: "{ a }" + "".join(f" fragment F{n} on T {{ a }}" for n in range(size)),
}


def half(fields: int) -> str:
    """A fragment of so many different fields."""
    return " fragment F on T { " + " ".join(f"x{n}" for n in range(fields)) + " }"


def reason(source: str, limits: Limits = LIMITS) -> str | None:
    """By which limit a document is refused."""
    try:
        refuse_oversized(parse(source), limits)
    except LimitExceeded as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize("name", SIZED)
def test_a_document_may_reach_each_limit_and_not_pass_it(name: str) -> None:
    most = getattr(LIMITS, name)
    at, beyond = SIZED[name](most), SIZED[name](most + 1)
    assert (reason(at), reason(beyond)) == (None, name)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        # What stands in a fragment counts wherever it is spread.
        (
            "{ a { b { c { d { e { f { g { ...F } } } } } } } } fragment F on T { h { i { j { k { l { m } } } } } }",
            "depth",
        ),
        ("{ ...F ...F } fragment F on T { " + "x " * 11 + "}", "root_fields"),
        ("{ ... { ...F } ... { ...F } } fragment F on T { " + "x " * 11 + "}", "root_fields"),
        ("{ r { ...F s { ...F } } } fragment F on T { " + "".join(f"a{n}: x " for n in range(16)) + "}", "aliases"),
        ("{ r { ...F s { ...F } } } fragment F on T { x" + " @a" * 26 + "}", "directives"),
        ("{ __schema { ...F } } fragment F on T { " + "a { " * 19 + "a" + "}" * 19 + " }", "introspection_depth"),
        ("{ ...F } fragment F on Query { __schema { " + "a { " * 19 + "a" + "}" * 19 + " } }", "introspection_depth"),
        # Neither does a fragment that nobody spreads, nor one of several operations, get past.
        ("{ a } fragment F on T { " + "x " * 51 + "}", "repeated"),
        (f"query A {{ a }} query B {nested(13)}", "depth"),
        ("query" + " @a" * 51 + " { a }", "directives"),
        ("{ r { a: x " + "a: x " * 50 + "} }", "aliases"),
        ("{ r { " + "...F " * 51 + "} } fragment F on T { x }", "repeated"),
        ("{ r { " + "... { x } " * 51 + "} }", "repeated"),
    ],
)
def test_it_counts_what_a_whole_operation_comes_to(source: str, name: str) -> None:
    assert reason(source) == name


@pytest.mark.parametrize(
    "source",
    [
        "{ ...F } fragment F on T { ...F }",
        "{ ...F } fragment F on T { a { ...G } } fragment G on T { b { ...F } }",
        "{ ...Nobody }",
        "fragment F on T { a }",
    ],
)
def test_what_validation_will_refuse_is_left_to_it(source: str) -> None:
    assert reason(source) is None


def test_fragments_that_fan_out_are_counted_without_walking_them() -> None:
    # 2 to the power of 49 fields, in 50 fragments.
    assert reason(chain(50)) == "root_fields"
    below = chain(50).replace("{ ...F0 }", "{ a { ...F0 } }")
    assert reason(below) == "fields"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("a " * 16_385, "source_bytes"),
        ("#" + "あ" * 11_000, "source_bytes"),
        ("{" + "a " * 1999 + "}", "tokens"),
        ("{ courses { nodes { " + "name " * 200 + "} } }", "repeated"),
        (chain(24), "root_fields"),
    ],
)
def test_reading_refuses_by_the_name_of_the_limit(source: str, name: str) -> None:
    prepared = read(GRAPH, source)
    (error,) = prepared.errors
    assert isinstance(error.original_error, LimitExceeded)
    assert error.original_error.reason == name
    assert (prepared.document, f"({name})" in error.message) == (None, True)


def test_comparing_fields_is_given_up_by_name() -> None:
    """Fifty fragments of the same fields, all in one place: what the guard lets pass is still compared in pairs."""
    parts = "".join(f"fragment F{n} on Course {{ name code seq abbreviation subject {{ key }} }} " for n in range(50))
    prepared = read(GRAPH, f"{{ courses {{ nodes {{ {' '.join(f'...F{n}' for n in range(50))} }} }} }} {parts}")
    reasons = [getattr(error.original_error, "reason", error.message) for error in prepared.errors]
    assert reasons == ["validation"]


def test_the_introspection_query_of_tools_passes() -> None:
    assert read(GRAPH, get_introspection_query()).errors == ()
