"""The paginator prints what Laravel would: typed-out answers, facts for any numbers, and PHP's own reading."""

import json
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.talktiko.paginator import Address, Pair, paginated, query_text, said
from tests.talktiko.php import needs_php, php

URL = "https://talktiko.test/api/courses"
PLAIN = Address(URL)
BACK, FORTH = "&laquo; Previous", "Next &raquo;"
BILLION = 10**9


def compact(content: object) -> bytes:
    """JSON as the paginator writes it, so that comparing it compares the order of the keys too."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def at(page: int) -> str:
    """The URL of a page where nothing else is asked for."""
    return f"{URL}?page={page}"


def link(page: int | None, label: str | None = None, *, active: bool = False) -> dict[str, object]:
    """One of the numbered links, whose label is the page unless told."""
    url = None if page is None else at(page)
    return {"url": url, "label": str(page) if label is None else label, "page": page, "active": active}


class Shown(NamedTuple):
    """A link of the pager as a test reads it."""

    url: str | None
    label: str
    page: int | None
    active: bool


def pager(*, total: int, page: int, per_page: int = 1, address: Address = PLAIN) -> list[Shown]:
    """The numbered links of an answer."""
    answer = json.loads(paginated(b"[]", total=total, page=page, per_page=per_page, address=address))
    return [Shown(**shown) for shown in answer["meta"]["links"]]


def labels(last: int, page: int) -> str:
    """The labels between back and forth, the current page in brackets."""
    shown = pager(total=last, page=page)
    assert (shown[0].label, shown[-1].label) == (BACK, FORTH)
    return " ".join(f"[{entry.label}]" if entry.active else entry.label for entry in shown[1:-1])


def test_one_page_is_typed_out() -> None:
    assert paginated(b'[{"id":1},{"id":2}]', total=2, page=1, per_page=15, address=PLAIN) == (
        b'{"data":[{"id":1},{"id":2}],'
        b'"links":{"first":"https://talktiko.test/api/courses?page=1",'
        b'"last":"https://talktiko.test/api/courses?page=1","prev":null,"next":null},'
        b'"meta":{"current_page":1,"from":1,"last_page":1,"links":['
        b'{"url":null,"label":"&laquo; Previous","page":null,"active":false},'
        b'{"url":"https://talktiko.test/api/courses?page=1","label":"1","page":1,"active":true},'
        b'{"url":null,"label":"Next &raquo;","page":null,"active":false}],'
        b'"path":"https://talktiko.test/api/courses","per_page":15,"to":2,"total":2}}'
    )


# For three pages of two rows, five rows in all: page, prev, next, from, to.
THREE_PAGES = [
    pytest.param(1, None, at(2), 1, 2, id="first"),
    pytest.param(2, at(1), at(3), 3, 4, id="middle"),
    pytest.param(3, at(2), None, 5, 5, id="last"),
    pytest.param(4, at(3), None, None, None, id="past the end"),
    pytest.param(5, at(4), None, None, None, id="further past the end"),
]


@pytest.mark.parametrize(("page", "prev", "following", "first", "last"), THREE_PAGES)
def test_a_page_says_where_it_stands(
    page: int, prev: str | None, following: str | None, first: int | None, last: int | None
) -> None:
    assert paginated(b"[0]", total=5, page=page, per_page=2, address=PLAIN) == compact(
        {
            "data": [0],
            "links": {"first": at(1), "last": at(3), "prev": prev, "next": following},
            "meta": {
                "current_page": page,
                "from": first,
                "last_page": 3,
                "links": [
                    {"url": prev, "label": BACK, "page": page - 1 if prev else None, "active": False},
                    link(1, active=page == 1),
                    link(2, active=page == 2),
                    link(3, active=page == 3),
                    {"url": following, "label": FORTH, "page": page + 1 if following else None, "active": False},
                ],
                "path": URL,
                "per_page": 2,
                "to": last,
                "total": 5,
            },
        }
    )


@pytest.mark.parametrize(("page", "back"), [(1, None), (2, 1), (BILLION, BILLION - 1), (10**30, 10**30 - 1)])
def test_where_there_is_nothing_there_is_one_empty_page(page: int, back: int | None) -> None:
    assert paginated(b"[]", total=0, page=page, per_page=15, address=PLAIN) == compact(
        {
            "data": [],
            "links": {"first": at(1), "last": at(1), "prev": None if back is None else at(back), "next": None},
            "meta": {
                "current_page": page,
                "from": None,
                "last_page": 1,
                "links": [link(back, BACK), link(1, active=page == 1), link(None, FORTH)],
                "path": URL,
                "per_page": 15,
                "to": None,
                "total": 0,
            },
        }
    )


def test_a_page_among_billions_is_written_like_any_other() -> None:
    assert paginated(b"[]", total=30 * BILLION, page=BILLION, per_page=15, address=PLAIN) == compact(
        {
            "data": [],
            "links": {"first": at(1), "last": at(2000000000), "prev": at(999999999), "next": at(1000000001)},
            "meta": {
                "current_page": 1000000000,
                "from": 14999999986,
                "last_page": 2000000000,
                "links": [
                    link(999999999, BACK),
                    link(1),
                    link(2),
                    link(None, "..."),
                    link(999999997),
                    link(999999998),
                    link(999999999),
                    link(1000000000, active=True),
                    link(1000000001),
                    link(1000000002),
                    link(1000000003),
                    link(None, "..."),
                    link(1999999999),
                    link(2000000000),
                    link(1000000001, FORTH),
                ],
                "path": URL,
                "per_page": 15,
                "to": 15000000000,
                "total": 30000000000,
            },
        }
    )


@pytest.mark.parametrize(
    ("last", "page", "shown"),
    [
        (13, 1, "[1] 2 3 4 5 6 7 8 9 10 11 12 13"),
        (13, 13, "1 2 3 4 5 6 7 8 9 10 11 12 [13]"),
        (14, 1, "[1] 2 3 4 5 6 7 8 9 10 ... 13 14"),
        (14, 7, "1 2 3 4 5 6 [7] 8 9 10 ... 13 14"),
        (14, 8, "1 2 ... 5 6 7 [8] 9 10 11 12 13 14"),
        (15, 8, "1 2 ... 5 6 7 [8] 9 10 11 ... 14 15"),
        (30, 1, "[1] 2 3 4 5 6 7 8 9 10 ... 29 30"),
        (30, 7, "1 2 3 4 5 6 [7] 8 9 10 ... 29 30"),
        (30, 8, "1 2 ... 5 6 7 [8] 9 10 11 ... 29 30"),
        (30, 15, "1 2 ... 12 13 14 [15] 16 17 18 ... 29 30"),
        (30, 23, "1 2 ... 20 21 22 [23] 24 25 26 ... 29 30"),
        (30, 24, "1 2 ... 21 22 23 [24] 25 26 27 28 29 30"),
        (30, 30, "1 2 ... 21 22 23 24 25 26 27 28 29 [30]"),
        (30, 31, "1 2 ... 21 22 23 24 25 26 27 28 29 30"),
        (30, BILLION, "1 2 ... 21 22 23 24 25 26 27 28 29 30"),
    ],
)
def test_the_pager_shows_the_pages_that_laravel_shows(last: int, page: int, shown: str) -> None:
    assert labels(last, page) == shown


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ((), ""),
        ((("search", "a b"), ("level", "")), "search=a%20b&level=&"),
        ((("page", "7"), ("search", "x"), ("page", "8")), "search=x&"),
        ((("page[]", "7"), ("page[a]", "7"), ("page[", "7")), ""),
        ((("per_page", "5"), ("pages", "6"), ("my[page]", "7")), "per_page=5&pages=6&my%5Bpage%5D=7&"),
        ((("a[]", "1"), ("a[]", "2")), "a%5B0%5D=1&a%5B1%5D=2&"),
        ((("a[]", "1"), ("b", "x"), ("a[]", "2"), ("b", "y")), "a%5B0%5D=1&b=x&a%5B1%5D=2&b=y&"),
    ],
)
def test_links_keep_all_that_was_asked_for_but_the_page(query: tuple[Pair, ...], kept: str) -> None:
    answer = json.loads(paginated(b"[]", total=3, page=2, per_page=1, address=Address(URL, query)))
    expected = {"first": f"{URL}?{kept}page=1", "last": f"{URL}?{kept}page=3"}
    assert answer["links"] == {**expected, "prev": expected["first"], "next": expected["last"]}
    assert [entry["url"] for entry in answer["meta"]["links"]] == [f"{URL}?{kept}page={n}" for n in (1, 1, 2, 3, 3)]
    assert answer["meta"]["path"] == URL


def test_a_name_of_many_brackets_is_written_in_its_own_length() -> None:
    assert query_text([("a" + "[]" * 30_000, "")]) == "a" + "%5B0%5D" * 30_000 + "="


SIZES = st.integers(1, 100)
NUMBERS = st.integers(1, 40) | st.integers(1, 10**30)


@given(total=st.just(0) | NUMBERS, page=NUMBERS, per_page=SIZES)
def test_the_pager_leads_only_to_pages_that_exist(total: int, page: int, per_page: int) -> None:
    last = max(1, -(-total // per_page))
    back, *shown, forth = pager(total=total, page=page, per_page=per_page)
    pages = [entry.page for entry in shown if entry.page is not None]
    assert pages == sorted(set(pages))
    assert (pages[0], pages[-1]) == (1, last)
    assert [entry.label for entry in shown if entry.active] == ([str(page)] if page <= last else [])
    assert [entry.label for entry in shown if entry.page is None] == ["..."] * (len(shown) - len(pages))
    assert (back.page, forth.page) == (page - 1 or None, page + 1 if page < last else None)


@given(total=st.just(0) | NUMBERS, page=NUMBERS, per_page=SIZES)
def test_the_pager_is_never_longer_than_fifteen_links(total: int, page: int, per_page: int) -> None:
    last = max(1, -(-total // per_page))
    shown = pager(total=total, page=page, per_page=per_page)
    near = page <= 7 or page > last - 7
    assert len(shown) == (2 + last if last < 14 else 15)
    assert sum(entry.label == "..." for entry in shown) == (0 if last < 14 else 1 if near else 2)


@given(total=st.just(0) | NUMBERS, page=NUMBERS, per_page=SIZES)
def test_the_rows_of_all_pages_are_counted_once(total: int, page: int, per_page: int) -> None:
    meta = json.loads(paginated(b"[]", total=total, page=page, per_page=per_page, address=PLAIN))["meta"]
    if page > meta["last_page"] or total == 0:
        assert (meta["from"], meta["to"]) == (None, None)
    else:
        assert meta["from"] == (page - 1) * per_page + 1
        assert meta["to"] == (total if page == meta["last_page"] else page * per_page)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = TEXTS.filter(lambda name: name != "page" and "[" not in name)


@given(st.lists(st.tuples(NAMES, TEXTS), max_size=5))
def test_links_lose_no_pair(query: list[Pair]) -> None:
    for entry in pager(total=3, page=2, address=Address(URL, tuple(query))):
        pairs = parse_qsl(urlsplit(entry.url or "").query, keep_blank_values=True, strict_parsing=True)
        assert pairs == [*query, ("page", str(entry.page))]


# From here on PHP is asked.

READ = """
function opened($value) {
    if (!is_array($value)) return $value;
    return array_map(fn ($key) => [$key, opened($value[$key])], array_keys($value));
}
echo json_encode(opened(json_decode($argv[1], true, 512, JSON_THROW_ON_ERROR)), JSON_UNESCAPED_UNICODE);
"""

PARSED = """
foreach (json_decode($argv[1]) as $url) { parse_str(parse_url($url, PHP_URL_QUERY), $found); $all[] = $found; }
echo json_encode($all, JSON_UNESCAPED_UNICODE);
"""

# The pairs of a request, and what PHP makes of them.
QUERIES: list[tuple[tuple[Pair, ...], dict[str, object]]] = [
    ((("search", "two words"),), {"search": "two words"}),
    ((("search", "1+1=2&3"),), {"search": "1+1=2&3"}),
    ((("search", "日本語 🙂"), ("言語", "英語")), {"search": "日本語 🙂", "言語": "英語"}),
    ((("search", "~-_.!*'()"),), {"search": "~-_.!*'()"}),
    ((("search", "100%"), ("q", "%20%5B")), {"search": "100%", "q": "%20%5B"}),
    ((("search", "[a]"), ("q", "a[]=b")), {"search": "[a]", "q": "a[]=b"}),
    ((("search", 'a"b\\c/d<e>#?;:@,$|`^{}'),), {"search": 'a"b\\c/d<e>#?;:@,$|`^{}'}),
    ((("search", "\t\r\n\x00\x7f\xa0"),), {"search": "\t\r\n\x00\x7f\xa0"}),
    ((("search", ""), ("level", "0")), {"search": "", "level": "0"}),
    ((("a[]", "1"), ("a[]", "2")), {"a": ["1", "2"]}),
    ((("filter[course_id]", "5"), ("filter[a b]", "c d")), {"filter": {"course_id": "5", "a b": "c d"}}),
    ((("a[][b]", "1"), ("a[][b]", "2"), ("a[][c][]", "3")), {"a": [{"b": "1"}, {"b": "2"}, {"c": ["3"]}]}),
    ((("a[x][]", "1"), ("a[x][]", "2"), ("a[y][z]", "3")), {"a": {"x": ["1", "2"], "y": {"z": "3"}}}),
    ((("a[5]", "1"), ("a[]", "2"), ("a[05]", "3"), ("a[]", "4")), {"a": {"5": "1", "6": "2", "05": "3", "7": "4"}}),
    ((("a[日本]", "語"), ("b[~]", "~")), {"a": {"日本": "語"}, "b": {"~": "~"}}),
]


@needs_php
@pytest.mark.parametrize(("query", "parameters"), QUERIES)
def test_php_builds_the_same_query(query: tuple[Pair, ...], parameters: dict[str, object]) -> None:
    built = php(
        "echo http_build_query(json_decode($argv[1], true), '', '&', PHP_QUERY_RFC3986);", json.dumps(parameters)
    )
    assert query_text(query) == built


@needs_php
@pytest.mark.parametrize(("query", "parameters"), QUERIES)
def test_php_reads_the_request_in_every_link(query: tuple[Pair, ...], parameters: dict[str, object]) -> None:
    answer = json.loads(paginated(b"[]", total=30, page=15, per_page=1, address=Address(URL, (*query, ("page", "15")))))
    urls = [url for url in answer["links"].values() if url]
    urls += [entry["url"] for entry in answer["meta"]["links"] if entry["url"]]
    pages = [1, 30, 14, 16, 14, 1, 2, 12, 13, 14, 15, 16, 17, 18, 29, 30, 16]
    assert json.loads(php(PARSED, json.dumps(urls))) == [{**parameters, "page": str(page)} for page in pages]


@needs_php
@pytest.mark.parametrize(
    "query",
    [
        (("a", "1"), ("a", "2")),
        (("a[]", "1"), ("b", "x"), ("a[]", "2"), ("b", "y")),
        (("a[x][]", "1"), ("a[y]", "2"), ("a[x][]", "3")),
        (("a[]", "1"), ("a[0]", "2"), ("a[7]", "3"), ("a[2]", "4"), ("a[]", "5")),
        (("a", "1"), ("a[]", "2")),
        (("a[", "1"), ("b]", "2"), ("c[d]e", "3"), ("d[e[f]", "4"), ("[g]", "5")),
        (("a[999999999999999999]", "1"), ("a[]", "2")),
    ],
)
def test_php_reads_the_same_from_our_query_as_from_the_request(query: tuple[Pair, ...]) -> None:
    urls = [f"{URL}?{urlencode(query)}", f"{URL}?{query_text(query)}"]
    sent, ours = json.loads(php(PARSED, json.dumps(urls)))
    assert sent
    assert ours == sent


@needs_php
def test_php_reads_the_answer_key_by_key() -> None:
    rows = '[{"id":1,"name":"文法"}]'.encode()
    body = paginated(rows, total=2, page=2, per_page=1, address=Address(URL, (("search", "文 法"),)))
    url = f"{URL}?search=%E6%96%87%20%E6%B3%95&page="
    assert json.loads(php(READ, body.decode())) == [
        ["data", [[0, [["id", 1], ["name", "文法"]]]]],
        ["links", [["first", f"{url}1"], ["last", f"{url}2"], ["prev", f"{url}1"], ["next", None]]],
        [
            "meta",
            [
                ["current_page", 2],
                ["from", 2],
                ["last_page", 2],
                [
                    "links",
                    [
                        [0, [["url", f"{url}1"], ["label", BACK], ["page", 1], ["active", False]]],
                        [1, [["url", f"{url}1"], ["label", "1"], ["page", 1], ["active", False]]],
                        [2, [["url", f"{url}2"], ["label", "2"], ["page", 2], ["active", True]]],
                        [3, [["url", None], ["label", FORTH], ["page", None], ["active", False]]],
                    ],
                ],
                ["path", URL],
                ["per_page", 1],
                ["to", 2],
                ["total", 2],
            ],
        ],
    ]


# The rules anew, as a list of all pages from which those too far away are struck: slow, and another way to the answer.
WINDOW = """
function shown(int $page, int $last): string {
    $side = 3; $near = $side + 4; $width = $near + $side;
    $kept = array_filter(range(1, $last), fn ($n) => match (true) {
        $last < 2 * $side + 8 => true,
        $page <= $near => $n <= $width || $n > $last - 2,
        $page > $last - $near => $n <= 2 || $n > $last - $width,
        default => $n <= 2 || abs($n - $page) <= $side || $n > $last - 2,
    });
    $labels = []; $before = 0;
    foreach ($kept as $n) {
        if ($n > $before + 1) $labels[] = '...';
        $labels[] = $n === $page ? "[$n]" : "$n";
        $before = $n;
    }
    return implode(' ', $labels);
}
for ($last = 1; $last <= 40; $last++)
    for ($page = 1; $page <= $last + 2; $page++)
        $all["$last $page"] = shown($page, $last);
echo json_encode($all);
"""


@needs_php
def test_php_chooses_the_same_pages_for_every_pager_up_to_forty() -> None:
    ours = {f"{last} {page}": labels(last, page) for last in range(1, 41) for page in range(1, last + 3)}
    assert json.loads(php(WINDOW)) == ours
    assert len(ours) == 900


@given(total=st.integers(0, 100), page=st.integers(1, 9), per_page=st.integers(1, 20), length=st.integers(0, 600))
def test_what_was_said_before_is_said_again(total: int, page: int, per_page: int, length: int) -> None:
    address = Address("https://kakehashi.test/api/courses", (("search", "x" * length),))
    first, again = (paginated(b"[1]", total=total, page=page, per_page=per_page, address=address) for _ in range(2))
    assert first == again == b'{"data":[1],' + said(total, page, per_page, address)
