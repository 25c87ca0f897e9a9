"""Whatever stands in a query string or a body, a parameter is read or refused by name, and nothing else happens."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.doors.kinds import Choice, Count, Day, Flag, Integer, Key, Listed, Moment, Number, Text
from gateway.doors.parameters import Parameter, WrongParameter, read, variables
from gateway.doors.query import given_in_query, pairs_in, spellings_of
from gateway.json_body import WrongBody

PARAMETERS = (
    Parameter("text", Text()),
    Parameter("number", Integer()),
    Parameter("score", Number()),
    Parameter("page", Count(1), default=1),
    Parameter("flag", Flag(), default=False),
    Parameter("choice", Choice(("packaged", "atama_plus"))),
    Parameter("key", Key(("english",))),
    Parameter("day", Day()),
    Parameter("moment", Moment()),
    Parameter("list", Listed(Text())),
)
SPELLINGS = spellings_of(PARAMETERS)
NAMES = [parameter.name for parameter in PARAMETERS]
KEYS = st.builds(lambda name, tail: name + tail, st.sampled_from(NAMES), st.sampled_from(["", "", "[]", "[0]", "["]))
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.dates().map(str),
    st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    st.sampled_from(["true", "0", "packaged", "english", "9" * 5000, "a,b", "1e5", "-0", "٣"]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


REFUSALS = [f"{name} is invalid" for name in NAMES]


def outcome(given_by: Callable[[], dict[str, object]]) -> list[str] | str:
    """The names of what was read, or why it was refused."""
    try:
        return list(read(PARAMETERS, given_by()))
    except (WrongParameter, WrongBody) as error:
        return str(error)


@given(st.lists(st.tuples(KEYS, VALUES), max_size=6))
def test_any_pairs_are_read_or_refused_by_name(pairs: list[tuple[str, str]]) -> None:
    query = urlencode(pairs, errors="replace").encode()
    assert outcome(lambda: given_in_query(pairs_in(query), SPELLINGS)) in (NAMES, *REFUSALS)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(query: bytes) -> None:
    allowed = (NAMES, "The query string is not UTF-8.", *REFUSALS)
    assert outcome(lambda: given_in_query(pairs_in(query), SPELLINGS)) in allowed


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_any_json_is_read_or_refused_by_name(body: dict[str, object]) -> None:
    assert outcome(lambda: body) in (NAMES, *[f"{name} is invalid" for name in body])


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("moment=2025-01-01T00:00:00%2B09:00", "2024-12-31T15:00:00+00:00"),
        ("moment=2025-01-01T00:00:00+09:00", "2024-12-31T15:00:00+00:00"),
        ("moment=2025-01-01T00:00:00.25Z", "2025-01-01T00:00:00.250000+00:00"),
        ("choice=atama_plus", "ATAMA_PLUS"),
        ("key=english", "english"),
        ("list=a,b&list=c&list[]=d,e", ["d,e", "a", "b", "c"]),
        ("number=-5", -5),
        ("flag=1", True),
        ("day=2024-02-29", "2024-02-29"),
        ("text=%E6%A9%8B", "橋"),
        (f"page={10**30}", 2**31 - 1),
    ],
)
def test_a_value_becomes_the_variable_that_the_graph_takes(query: str, value: object) -> None:
    found = variables(PARAMETERS, read(PARAMETERS, given_in_query(pairs_in(query.encode()), SPELLINGS)))
    assert found[query.partition("=")[0]] == value


def test_what_is_not_given_becomes_no_variable() -> None:
    assert variables(PARAMETERS, read(PARAMETERS, {})) == {"page": 1, "flag": False}
