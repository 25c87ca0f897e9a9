"""Pages as Kaminari counts them: nothing about page and per is ever refused."""

import pytest

from gateway.diverse.routes import DOORS
from gateway.doors.door import Door
from tests.diverse.asking import MANY, Api
from tests.diverse.test_parameters import NEEDED

HUGE = 10**30
INT_MOST = 2**31 - 1


@pytest.mark.parametrize(
    ("query", "pagination", "rows"),
    # There are thirty schools. Pagination: current, next, previous, pages, count.
    [
        ("", (1, None, None, 1, 30), 30),
        ("per=10", (1, 2, None, 3, 30), 10),
        ("per=10&page=2", (2, 3, 1, 3, 30), 10),
        ("per=10&page=3", (3, None, 2, 3, 30), 10),
        ("per=10&page=4", (4, None, None, 3, 30), 0),
        ("per=7&page=5", (5, None, 4, 5, 30), 2),
        ("per=1&page=30", (30, None, 29, 30, 30), 1),
        ("per=30", (1, None, None, 1, 30), 30),
        ("per=29", (1, 2, None, 2, 30), 29),
        ("per=10&page=0", (1, 2, None, 3, 30), 10),
        ("per=10&page=-1", (1, 2, None, 3, 30), 10),
        ("per=10&page=abc", (1, 2, None, 3, 30), 10),
        ("per=10&page=1.5", (1, 2, None, 3, 30), 10),
        ("per=10&page=2x", (1, 2, None, 3, 30), 10),
        ("per=10&page=%202", (1, 2, None, 3, 30), 10),
        ("per=10&page=２", (1, 2, None, 3, 30), 10),
        ("per=10&page=002", (2, 3, 1, 3, 30), 10),
        ("per=10&page[]=2", (1, 2, None, 3, 30), 10),
        ("per=10&page=2&page=3", (1, 2, None, 3, 30), 10),
        ("per=0", (1, None, None, 1, 30), 30),
        ("per=-1", (1, None, None, 1, 30), 30),
        ("per=abc", (1, None, None, 1, 30), 30),
        ("per=1000", (1, None, None, 1, 30), 30),
        ("per=1001", (1, None, None, 1, 30), 30),
        (f"per={10**9}", (1, None, None, 1, 30), 30),
        (f"per={HUGE}", (1, None, None, 1, 30), 30),
        (f"page={INT_MOST}", (INT_MOST, None, None, 1, 30), 0),
        (f"page={INT_MOST + 1}", (INT_MOST + 1, None, None, 1, 30), 0),
        (f"page={10**9}&per=1000", (10**9, None, None, 1, 30), 0),
        (f"page={HUGE}", (HUGE, None, None, 1, 30), 0),
        (f"page={HUGE}&per={HUGE}", (HUGE, None, None, 1, 30), 0),
        (f"page={'9' * 5000}&per=10", (1, 2, None, 3, 30), 10),
        ("name=nothing", (1, None, None, 0, 0), 0),
        ("name=nothing&page=3", (3, None, None, 0, 0), 0),
    ],
)
async def test_a_page_says_where_it_stands(api: Api, query: str, pagination: tuple[int | None, ...], rows: int) -> None:
    answer = await api.get("/schools", query)
    assert answer.status_code == 200
    keys = ("current_page", "next_page", "prev_page", "total_pages", "total_count")
    assert list(answer.json()["pagination"].items()) == list(zip(keys, pagination, strict=True))
    assert len(answer.json()["schools"]) == rows


@pytest.mark.parametrize(
    ("per", "rows"),
    [("", 50), ("per=0", 50), ("per=abc", 50), ("per=1000", 1000), ("per=1001", 1000), (f"per={HUGE}", 1000)],
)
async def test_a_page_has_fifty_rows_unless_told_and_a_thousand_at_most(many: Api, per: str, rows: int) -> None:
    answer = await many.get("/schools", per)
    assert len(answer.json()["schools"]) == rows
    assert answer.json()["pagination"]["total_pages"] == -(-MANY // rows)


@pytest.mark.parametrize(
    "body",
    [
        {"page": 2, "per": 1},
        {"page": "2", "per": "1"},
        {"page": 2.0, "per": 1},
    ],
)
async def test_pages_are_asked_for_in_a_body_too(api: Api, body: dict[str, object]) -> None:
    uids = {"uids": ["auth0|demo-u001", "auth0|demo-u002"]}
    answer = await api.send("POST", "/students/search", {**uids, **body})
    assert answer.json()["pagination"] == {
        "current_page": 2,
        "next_page": None,
        "prev_page": 1,
        "total_pages": 2,
        "total_count": 2,
    }
    assert [row["code"] for row in answer.json()["students"]] == ["U002"]


@pytest.mark.parametrize("value", [None, True, [], {}, "x", 0, -5, 1.5])
async def test_what_is_no_number_in_a_body_is_the_first_page_of_fifty(api: Api, value: object) -> None:
    answer = await api.send("POST", "/students/search", {"uids": ["auth0|demo-u001"], "page": value, "per": value})
    assert answer.json()["pagination"]["current_page"] == 1
    assert [row["code"] for row in answer.json()["students"]] == ["U001"]


async def test_a_number_beyond_64_bits_in_a_body_is_a_page_beyond_the_end(api: Api) -> None:
    headers = {**await api.headers("auth0|demo-administrator"), "Content-Type": "application/json"}
    body = b'{"uids":["auth0|demo-u001"],"page":1000000000000000000000000000000}'
    answer = await api.running.client.post("/api/v1/students/search", content=body, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["pagination"]["current_page"] == int(1e30)
    assert answer.json()["students"] == []


@pytest.mark.parametrize(
    "door", [door for door in DOORS if "per" in {p.name for p in door.parameters}], ids=lambda door: door.path
)
async def test_walking_through_the_pages_shows_every_row_once(api: Api, door: Door) -> None:
    whole = await api.codes(door.methods[0], door.path, {**NEEDED[door.path], "per": 1000})
    walked: list[object] = []
    for page in range(1, len(whole) // 4 + 2):
        walked += await api.codes(door.methods[0], door.path, {**NEEDED[door.path], "per": 4, "page": page})
    assert walked == whole
