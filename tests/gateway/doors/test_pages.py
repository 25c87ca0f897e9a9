"""A page is cut out of written text without reading its rows, and made of rows where nothing was written yet."""

import pytest

from gateway.doors.pages import Page, page_in
from resolvers.engine.plans import Text

ROWS = b'[{"code":"a,\\"nodes\\":[]}"},{"nodes":[1],"totalCount":9}]'


def test_the_rows_of_written_text_are_taken_as_they_are() -> None:
    assert page_in(Text(b'{"totalCount":12,"nodes":' + ROWS + b"}")) == Page(12, ROWS)


def test_an_empty_page_has_an_empty_array() -> None:
    assert page_in(Text(b'{"totalCount":0,"nodes":[]}')) == Page(0, b"[]")


def test_rows_that_are_not_written_yet_are_written_with_what_is_written_inside_them() -> None:
    rows = [{"code": "名", "more": Text(b'{"a":1}')}, {"code": None, "more": []}]
    assert page_in({"totalCount": 2, "nodes": rows}) == Page(
        2, '[{"code":"名","more":{"a":1}},{"code":null,"more":[]}]'.encode()
    )


@pytest.mark.parametrize(
    "other",
    [
        *(None, [], {}, {"nodes": [], "totalCount": 0}, {"totalCount": 0, "nodes": [], "pageInfo": {}}),
        *(Text(b"null"), Text(b'{"nodes":[],"totalCount":0}'), Text(b'{"count":0,"nodes":[]}')),
    ],
    ids=range(8),
)
def test_any_other_selection_is_an_error_of_ours(other: object) -> None:
    with pytest.raises(TypeError, match="totalCount and nodes, in this order"):
        page_in(other)
