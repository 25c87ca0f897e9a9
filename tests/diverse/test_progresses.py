"""利用実績: GET /progresses, the feed that other products serve too."""

from datetime import datetime, timedelta

import pytest

from tests.diverse.asking import STUDENT, Api, Case

ALL_TIME = {"created_at_from": "2000-01-01T00:00:00Z", "created_at_to": "2999-12-31T23:59:59Z"}
FEED = {"page": 1, "per": 100, **ALL_TIME, "order_by": "id"}
FIRST = "2025-01-01T00:00:00"

CASES = (
    Case("page", {**FEED, "per": 10, "page": 4}, [31]),
    Case("per", {**FEED, "per": 3}, [1, 2, 3]),
    Case("created_at_from", {**FEED, "created_at_from": "2025-01-01T00:00:01Z"}, list(range(2, 32))),
    Case("created_at_from", {**FEED, "created_at_from": f"{FIRST}Z"}, list(range(1, 32))),
    Case("created_at_to", {**FEED, "created_at_to": f"{FIRST}Z"}, [1]),
    Case("created_at_to", {**FEED, "created_at_to": "2025-01-01T09:00:00+09:00"}, [1]),
    Case("created_at_to", {**FEED, "created_at_to": "2025-01-01T08:59:59+09:00"}, []),
    Case("order_by", {**FEED, "order_by": "id"}, list(range(1, 32))),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    assert await api.codes("GET", "/progresses", case.given) == case.expected


async def test_an_offset_whose_plus_sign_was_not_encoded_is_read_as_the_description_prints_it(api: Api) -> None:
    printed = "created_at_from=2025-01-01T00:00:00+09:00&created_at_to=2025-01-01T23:59:59+09:00"
    answer = await api.get("/progresses", f"page=1&per=100&{printed}&order_by=id")
    assert [row["id"] for row in answer.json()["progresses"]] == [1]


async def test_the_pagination_comes_last_and_tells_the_size_of_a_page(api: Api) -> None:
    answer = await api.get("/progresses", {**FEED, "per": 10, "page": 2})
    assert list(answer.json().items())[1] == (
        "pagination",
        {"current_page": 2, "per_page": 10, "total_pages": 4, "total_count": 31},
    )


async def test_a_page_has_a_hundred_rows_where_the_number_given_is_none(api: Api) -> None:
    answer = await api.get("/progresses", {**FEED, "per": "many", "page": "first"})
    assert answer.json()["pagination"] == {"current_page": 1, "per_page": 100, "total_pages": 1, "total_count": 31}


async def test_times_are_in_utc(api: Api) -> None:
    rows = await api.rows("GET", "/progresses", FEED)
    assert all(datetime.fromisoformat(row["created_at"]).utcoffset() == timedelta(0) for row in rows)
    assert all(row["created_at"].endswith("Z") for row in rows)


async def test_only_system_operators_read_the_feed(api: Api) -> None:
    answer = await api.get("/progresses", FEED, uid=STUDENT)
    assert (answer.status_code, answer.json()["code"]) == (403, "operation_not_allowed")
