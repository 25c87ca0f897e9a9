"""Pages of every list as Laravel counts them: nothing about page and per_page is ever refused."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.conftest import BASE
from tests.talktiko.asking import LIST_KEYS, PREFIX, Api, Headers, bearer
from tests.talktiko.doors import LISTS, Line, line_of

HUGE = 10**30
META = ["current_page", "from", "last_page", "links", "path", "per_page", "to", "total"]
LINKS = ["first", "last", "prev", "next"]
LINK = ["url", "label", "page", "active"]
BACK, FORTH = "&laquo; Previous", "Next &raquo;"
VECTORS: list[tuple[str, int, int]] = [
    # The query, and which page of which size it asks for.
    ("", 1, 15),
    ("per_page=2", 1, 2),
    ("per_page=2&page=1", 1, 2),
    ("per_page=2&page=2", 2, 2),
    ("per_page=1&page=3", 3, 1),
    ("per_page=100&page=40", 40, 100),
    ("per_page=2&page=0", 1, 2),
    ("per_page=2&page=-1", 1, 2),
    ("per_page=2&page=abc", 1, 2),
    ("per_page=2&page=", 1, 2),
    ("per_page=2&page=1.5", 1, 2),
    ("per_page=2&page=%202", 1, 2),
    ("per_page=2&page=002", 2, 2),
    ("per_page=2&page[]=2", 1, 2),
    ("page=2&per_page=2&page=3", 1, 2),
    ("page=1000000000&per_page=3", 10**9, 3),
    (f"page={HUGE}", HUGE, 15),
    ("per_page=0", 1, 15),
    ("per_page=-1", 1, 15),
    ("per_page=abc", 1, 15),
    ("per_page=", 1, 15),
    ("per_page=100", 1, 100),
    ("per_page=101", 1, 100),
    ("per_page=1000000000", 1, 100),
    (f"per_page={HUGE}&page=2", 2, 100),
]


@pytest.fixture(scope="session")
async def five_tokens(api: Api) -> Headers:
    """The headers of someone who has five tokens and asks for nothing else."""
    made = [await api.token("auth0|demo-n005", ("tokens:read",), name=f"token {number}") for number in range(5)]
    return bearer(made[0].plain_text)


async def answered(api: Api, line: Line, query: str) -> dict[str, Any]:
    """A page of a list."""
    address = line.address + ("&" if "?" in line.address and query else "?" if query else "") + query
    answer = await line.ask_at(api, address)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]  # JSON has no types


async def all_rows(api: Api, line: Line) -> list[dict[str, Any]]:
    """All rows of a list."""
    if line.anonymous:
        return (await answered(api, line, "per_page=100"))["data"]  # type: ignore[no-any-return]  # JSON has no types
    return await api.whole(line.address, uid=line.uid)


def page_in(url: str | None) -> int | None:
    """The page to which a link leads."""
    return None if url is None else int(dict(parse_qsl(urlsplit(url).query))["page"])


def assert_stands(content: Mapping[str, Any], *, rows: list[Any], page: int, size: int, path: str) -> None:
    """The page says where it stands, in every key, and shows its rows."""
    shown, last = rows[(page - 1) * size : page * size], max(1, -(-len(rows) // size))
    links, meta = content["links"], content["meta"]
    assert (list(content), list(links), list(meta)) == (LIST_KEYS, LINKS, META)
    assert content["data"] == shown
    previous, following = page - 1 if page > 1 else None, page + 1 if page < last else None
    assert [page_in(url) for url in links.values()] == [1, last, previous, following]
    first = (page - 1) * size + 1
    assert {name: value for name, value in meta.items() if name != "links"} == {
        "current_page": page,
        "from": first if shown else None,
        "last_page": last,
        "path": f"{BASE}{PREFIX}{path}",
        "per_page": size,
        "to": first + len(shown) - 1 if shown else None,
        "total": len(rows),
    }
    numbered = meta["links"]
    assert all(list(link) == LINK and page_in(link["url"]) == link["page"] for link in numbered)
    assert [link["page"] for link in numbered if link["active"]] == ([page] if page <= last else [])
    assert [(link["label"], link["page"]) for link in (numbered[0], numbered[-1])] == [
        (BACK, previous),
        (FORTH, following),
    ]


@pytest.mark.parametrize(("query", "page", "size"), VECTORS, ids=[vector[0][:40] for vector in VECTORS])
@pytest.mark.parametrize("line", [line for line in LISTS if line.path != "/integrations/tokens"], ids=str)
async def test_a_page_says_where_it_stands(api: Api, line: Line, query: str, page: int, size: int) -> None:
    content = await answered(api, line, query)
    path = line.address.partition("?")[0]
    assert_stands(content, rows=await all_rows(api, line), page=page, size=size, path=path)


@pytest.mark.parametrize(("query", "page", "size"), VECTORS, ids=[vector[0][:40] for vector in VECTORS])
async def test_a_page_of_tokens_says_where_it_stands(
    api: Api, five_tokens: Headers, query: str, page: int, size: int
) -> None:
    path = "/integrations/tokens"
    rows = (await api.nobody("GET", f"{path}?per_page=100", headers=five_tokens)).json()["data"]
    assert [row["name"] for row in rows] == ["token 0", "token 1", "token 2", "token 3", "token 4"]
    answer = await api.nobody("GET", f"{path}?{query}", headers=five_tokens)
    assert_stands(answer.json(), rows=rows, page=page, size=size, path=path)


@pytest.mark.parametrize("line", [line for line in LISTS if line.path != "/integrations/tokens"], ids=str)
async def test_the_last_page_shows_what_is_left(api: Api, line: Line) -> None:
    rows = await all_rows(api, line)
    last = -(-len(rows) // 3)
    content = await answered(api, line, f"per_page=3&page={last}")
    assert_stands(content, rows=rows, page=last, size=3, path=line.address.partition("?")[0])
    assert content["data"]
    beyond = await answered(api, line, f"per_page=3&page={last + 1}")
    assert_stands(beyond, rows=rows, page=last + 1, size=3, path=line.address.partition("?")[0])
    assert beyond["data"] == []


@pytest.mark.parametrize("line", [line for line in LISTS if line.empty], ids=str)
@pytest.mark.parametrize("page", [1, 3])
async def test_a_list_of_nothing_has_one_page_without_rows(api: Api, line: Line, page: int) -> None:
    path = line.empty or ""
    answer = await line.ask_at(api, f"{path}{'&' if '?' in path else '?'}page={page}")
    assert answer.status_code == 200
    assert_stands(answer.json(), rows=[], page=page, size=15, path=path.partition("?")[0])


@pytest.mark.parametrize("line", [line for line in LISTS if line.path != "/integrations/tokens"], ids=str)
async def test_walking_by_next_shows_every_row_once(api: Api, line: Line) -> None:
    rows = await all_rows(api, line)
    size = max(2, len(rows) // 6)
    walked: list[Any] = []
    query: str | None = f"per_page={size}&{line.address.partition('?')[2]}"
    while query is not None:
        content = (await line.ask_at(api, f"{line.address.partition('?')[0]}?{query}")).json()
        walked += content["data"]
        following = content["links"]["next"]
        query = None if following is None else urlsplit(following).query
    assert walked == rows
    assert len({str(row) for row in rows}) == len(rows)


async def test_links_keep_the_filters_of_the_request_as_they_were_spelt(api: Api) -> None:
    query = "filter[level]=A1&per_page=1&search=%E8%8B%B1%E8%AA%9E&page=1&unknown=x+y"
    content = await answered(api, line_of("GET", "/courses"), query)
    stem = f"{BASE}/api/courses?filter%5Blevel%5D=A1&per_page=1&search=%E8%8B%B1%E8%AA%9E&unknown=x%20y&page="
    assert content["links"] == {"first": f"{stem}1", "last": f"{stem}2", "prev": None, "next": f"{stem}2"}
    assert [link["url"] for link in content["meta"]["links"]] == [None, f"{stem}1", f"{stem}2", f"{stem}2"]
