"""Answers that are not as they must be: told, nothing of them kept, asked again later, and well again afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.upstreams.collecting import Gateway
from tests.upstreams.product import Product, nothing

Content = dict[str, Any]


def row(**values: object) -> Callable[[Content], object]:
    """The second record with other values."""

    def change(content: Content) -> object:
        content["progresses"][1] |= values
        return content

    return change


def paging(**values: object) -> Callable[[Content], object]:
    """Another pagination."""

    def change(content: Content) -> object:
        content["pagination"] |= values
        return content

    return change


def without(name: str) -> Callable[[Content], object]:
    """The second record without a member."""

    def change(content: Content) -> object:
        del content["progresses"][1][name]
        return content

    return change


def reversed_rows(content: Content) -> object:
    """The records from last to first."""
    content["progresses"].reverse()
    return content


def shortened(content: Content) -> object:
    """A page that lacks a record."""
    content["progresses"].pop()
    return content


MISSING = "is missing, or not what it must be."
UNKEPT = "is empty, too long, or has signs that cannot be kept."
NO_INSTANT = "Record 2: created_at is no instant with its zone."
OUTSIDE = "Record 2: created_at is outside of what was asked for."
UNFIT = "total_pages, total_count and per_page do not fit each other."
WRONG: dict[str, tuple[Callable[[Content], object], str]] = {
    "no JSON": (lambda _: b"<html>", "The answer is not JSON, or too deep."),
    "nothing": (lambda _: b"", "The answer is not JSON, or too deep."),
    "no UTF-8": (lambda _: b'"\xff"', "The answer is not JSON, or too deep."),
    "a lone surrogate": (lambda _: b'{"progresses": ["\\ud800"]}', "The answer is not JSON, or too deep."),
    "too deep": (lambda _: b"[" * 500_000, "The answer is not JSON, or too deep."),
    "too long": (lambda _: b" " * 1_000_001, "The answer has more than 1000000 bytes."),
    "a list": (lambda _: [], f"pagination {MISSING}"),
    "no records": (lambda c: {"pagination": c["pagination"]}, f"progresses {MISSING}"),
    "records that are an object": (lambda c: {**c, "progresses": {}}, f"progresses {MISSING}"),
    "a record that is none": (lambda c: {**c, "progresses": [5, 5, 5]}, f"Record 1: user_id {MISSING}"),
    "another page": (paging(current_page=2), "The answer is another page than the one that was asked for."),
    "a page that is a text": (paging(current_page="1"), f"current_page {MISSING}"),
    "a page that is a flag": (paging(current_page=True), f"current_page {MISSING}"),
    "a page that is a fraction": (paging(current_page=1.0), f"current_page {MISSING}"),
    "no size of pages": (paging(per_page=0), "per_page is out of bounds."),
    "pages too large": (paging(per_page=101), "The pages have more than 100 records."),
    "too many pages": (paging(total_pages=100_001, total_count=10_000_100), "There are more than 100000 pages."),
    "pages that do not fit": (paging(total_pages=2), UNFIT),
    "a total that does not fit": (paging(total_count=4), "The page has more or fewer records than it says."),
    "a negative total": (paging(total_count=-1), "total_count is out of bounds."),
    "a page that is short": (shortened, "The page has more or fewer records than it says."),
    "another order": (reversed_rows, "The records are not ordered by id."),
    "an id twice": (row(id=1), "The records are not ordered by id."),
    "an id that is a text": (row(id="2"), f"Record 2: id {MISSING}"),
    "an id that is too large": (row(id=2**63), "Record 2: id is out of bounds."),
    "a negative id": (row(id=-2), "Record 2: id is out of bounds."),
    "no user": (without("user_id"), f"Record 2: user_id {MISSING}"),
    "a user that is null": (row(user_id=None), f"Record 2: user_id {MISSING}"),
    "a user that is empty": (row(user_id=""), f"Record 2: user_id {UNKEPT}"),
    "a user that is too long": (row(user_id="é" * 256), f"Record 2: user_id {UNKEPT}"),
    "a code with U+0000": (row(package_code="a\x00"), f"Record 2: package_code {UNKEPT}"),
    "a name that is too long": (row(package_name="é" * 1001), f"Record 2: package_name {UNKEPT}"),
    "no zone": (row(created_at="2026-11-01T00:01:00"), NO_INSTANT),
    "no such day": (row(created_at="2026-02-30T00:01:00Z"), NO_INSTANT),
    "a day alone": (row(created_at="2026-11-01"), NO_INSTANT),
    "a number for an instant": (row(created_at=1793491200), f"Record 2: created_at {MISSING}"),
    "an instant that is to come": (row(created_at="2999-01-01T00:00:00Z"), OUTSIDE),
    "an instant before the span": (row(created_at="1969-12-31T23:59:59Z"), OUTSIDE),
}


async def test_nothing_of_a_wrong_page_is_kept_and_the_reason_is_told(ours: Gateway, product: Product) -> None:
    product.add(3)
    await ours.registered(product)
    for number, (name, (change, reason)) in enumerate(WRONG.items(), 1):
        product.tamper = lambda content, _page, change=change: change(content)  # type: ignore[misc]  # bound at once
        await ours.again()
        upstream = await ours.upstream()
        assert (upstream.last_error, upstream.failures) == (reason, number), name
        assert await ours.kept() == [], name
    upstream = await ours.upstream()
    assert upstream.failing_since is not None
    assert (upstream.last_success_at, upstream.lease_token) == (None, None)
    product.tamper = nothing
    await ours.again()
    assert await ours.told() == product.rows
    upstream = await ours.upstream()
    assert (upstream.last_error, upstream.failing_since, upstream.failures) == (None, None, 0)


async def test_the_pages_before_a_wrong_one_stay_and_the_run_goes_on_with_it(ours: Gateway, product: Product) -> None:
    product.add(150)
    await ours.registered(product)
    product.tamper = lambda content, page: content if page == 1 else b"nothing"
    await ours.collect()
    assert await ours.told() == product.rows[:100]
    await ours.again()
    assert (await ours.upstream()).failures == 2
    product.tamper = nothing
    await ours.again()
    assert product.pages == [1, 2, 2, 2]
    assert await ours.told() == product.rows


@pytest.mark.parametrize("status", [204, 302, 401, 404, 429, 500, 503])
async def test_another_status_is_a_failure(ours: Gateway, product: Product, status: int) -> None:
    product.add(3)
    await ours.registered(product)
    product.status, product.headers = status, {"Location": product.url}
    await ours.collect()
    assert (await ours.upstream()).last_error == f"The upstream answered {status}."
    assert (product.pages, await ours.kept()) == ([1], [])


async def test_who_fails_is_asked_later_and_later(ours: Gateway, product: Product) -> None:
    await ours.registered(product)
    product.status = 500
    waits = []
    for _ in range(9):
        await ours.again()
        # Since when it fails is set once; now it is set anew, and with the same clock as the next instant.
        upstream = await ours.upstream()
        waits.append((upstream.next_poll_at - upstream.failing_since).total_seconds())
        await ours.set(failing_since=None)
    for wait, planned in zip(waits, (30, 60, 120, 240, 480, 960, 1920, 3600, 3600), strict=True):
        assert 0.8 * planned - 1 <= wait <= 1.2 * planned + 1, waits


@pytest.mark.parametrize(("told", "seconds"), [("600", 600), ("999999", 3600), ("soon", 30)])
async def test_retry_after_is_heeded_for_an_hour_at_most(
    ours: Gateway, product: Product, told: str, seconds: int
) -> None:
    await ours.registered(product)
    product.status, product.headers = 429, {"Retry-After": told}
    await ours.collect()
    upstream = await ours.upstream()
    wait = upstream.next_poll_at - upstream.failing_since
    assert timedelta(seconds=0.8 * seconds - 1) <= wait <= timedelta(seconds=1.2 * seconds + 1)


async def test_who_does_not_answer_at_all_is_told_of(ours: Gateway, product: Product) -> None:
    await ours.registered(product)
    await ours.set(url="http://127.0.0.1:9/progresses")
    await ours.collect()
    upstream = await ours.upstream()
    assert (upstream.failures, upstream.last_error != "") == (1, True)


async def test_a_credential_that_cannot_be_opened_is_told_of_and_nothing_is_sent(
    ours: Gateway, product: Product
) -> None:
    await ours.registered(product, credential="secret")
    await ours.set(sealed_credential=b"sealed by another key")
    await ours.collect()
    assert (await ours.upstream()).last_error == (
        "This was sealed with a key that KAKEHASHI_SEALING_KEYS does not have."
    )
    assert product.asked == []
