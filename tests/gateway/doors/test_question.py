"""What a request asks is read once for short ones, is the same whenever it is read, and wrong ones stay wrong."""

import pytest
from starlette.requests import Request

from gateway.doors.kinds import Count, Integer, Text
from gateway.doors.parameters import Parameter, WrongParameter
from gateway.doors.question import REMEMBERED, SHORT, Questions
from gateway.json_body import WrongBody

PARAMETERS = (
    Parameter("page", Count(1), default=1),
    Parameter("name", Text()),
    Parameter("size", Integer()),
    Parameter("id", Text(), in_path=True),
)


def asking(query: bytes, *, path: str = "/things", method: str = "GET", **in_path: str) -> Request:
    """A request."""
    return Request(
        {"type": "http", "method": method, "path": path, "query_string": query, "headers": [], "path_params": in_path}
    )


def test_what_a_short_request_asks_is_read_once() -> None:
    questions = Questions(PARAMETERS)
    first, again = (questions.question(asking(b"page=2&name=%E6%9D%B1"), b"") for _ in range(2))
    assert first is again
    assert (first.pairs, first.values) == (
        [("page", "2"), ("name", "東")],
        {"page": 2, "name": "東", "size": None, "id": None},
    )
    assert first.variables == {"page": 2, "name": "東"}


def test_each_path_and_query_has_a_question_of_its_own() -> None:
    questions = Questions(PARAMETERS)
    asked = [(query, id_) for query in (b"", b"page=2", b"page=3", b"id=1") for id_ in ("1", "2")]
    for _ in range(2):
        found = [questions.question(asking(query, path=f"/things/{id_}", id=id_), b"").values for query, id_ in asked]
        assert [(values["page"], values["id"]) for values in found] == [
            *((1, "1"), (1, "2"), (2, "1"), (2, "2"), (3, "1"), (3, "2"), (1, "1"), (1, "2")),
        ]


def test_a_long_request_is_not_remembered() -> None:
    questions = Questions(PARAMETERS)
    for query, path in ((b"name=" + b"x" * SHORT, "/things"), (b"", "/things/" + "x" * SHORT)):
        first, again = (questions.question(asking(query, path=path), b"") for _ in range(2))
        assert first is not again
        assert first == again
    assert questions.read_before.cache_info().currsize == 0


def test_no_more_are_remembered_than_that() -> None:
    questions = Questions(PARAMETERS)
    for page in range(1, REMEMBERED + 50):
        assert questions.question(asking(f"page={page}".encode()), b"").values["page"] == page
    assert questions.read_before.cache_info().currsize == REMEMBERED


@pytest.mark.parametrize(("query", "error"), [(b"size=x", WrongParameter), (b"name=%FF", WrongBody)])
def test_what_is_wrong_is_refused_each_time(query: bytes, error: type[Exception]) -> None:
    questions = Questions(PARAMETERS)
    for _ in range(2):
        with pytest.raises(error):
            questions.question(asking(query), b"")


def test_a_body_is_read_each_time() -> None:
    questions = Questions(PARAMETERS)
    found = [
        questions.question(asking(b"", method="POST"), body).values["name"]
        for body in (b'{"name":"a"}', b'{"name":"b"}', b"")
    ]
    assert found == ["a", "b", None]
