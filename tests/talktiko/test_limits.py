"""429: what a plan allows in a minute, for a token and for an address, and what a refusal says."""

import time

import httpx2
import pytest

from tests.talktiko.asking import ALL_ABILITIES, FREE, OWNER, STUDENT, SUNDAI_OWNER, Api, at_address, bearer

TOO_MANY = {"message": "Too Many Attempts."}
# A bucket fills again while it is emptied, so on a slow machine more than the limit pass; this many never do.
MOST = 3000


async def until_refused(client: httpx2.AsyncClient, path: str, headers: dict[str, str]) -> tuple[int, httpx2.Response]:
    """How many answers were good before one was refused, and that one."""
    for passed in range(MOST):
        answer = await client.get(path, headers=headers)
        if answer.status_code != 200:
            return passed, answer
    raise AssertionError("Nothing was ever refused.")


def assert_refused(answer: httpx2.Response, *, before: float, limit: int) -> None:
    """The refusal says in its body and in all of its headers what is wrong and when to come again."""
    assert (answer.status_code, answer.json()) == (429, TOO_MANY)
    assert answer.headers["x-ratelimit-limit"] == str(limit)
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.headers["ratelimit-policy"] == f'"default";q={limit};w=60'
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["ratelimit"] == '"default";r=0;t=1'
    assert before <= int(answer.headers["x-ratelimit-reset"]) <= time.time() + 2


async def test_a_free_token_has_a_hundred_calls(own_api: Api) -> None:
    headers, before = bearer((await own_api.token(FREE, ALL_ABILITIES)).plain_text), time.time()
    passed, answer = await until_refused(own_api.running.client, "/api/auth/me", headers)
    assert passed >= 100
    assert_refused(answer, before=before, limit=100)


async def test_every_door_takes_from_the_same_hundred_and_another_token_has_its_own(own_api: Api) -> None:
    client = own_api.running.client
    first, second = [bearer((await own_api.token(FREE, ALL_ABILITIES)).plain_text) for _ in range(2)]
    await until_refused(client, "/api/auth/me", first)
    found = [
        await client.get(path, headers=first) for path in ("/api/courses?per_page=1", "/api/lessons", "/api/stats")
    ]
    assert 429 in {answer.status_code for answer in found}
    answer = await client.get("/api/auth/me", headers=second)
    assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, "99")


async def test_a_refusal_for_too_many_calls_is_problem_details_for_who_asks(own_api: Api) -> None:
    headers = bearer((await own_api.token(FREE, ALL_ABILITIES)).plain_text)
    headers["Accept"] = "application/problem+json"
    _, answer = await until_refused(own_api.running.client, "/api/auth/me", headers)
    assert answer.headers["content-type"] == "application/problem+json"
    assert list(answer.json().items()) == [
        ("type", "urn:kakehashi:problem:rate_limited"),
        ("title", "Too Many Requests"),
        ("status", 429),
        ("detail", "Too Many Attempts."),
        ("code", "rate_limited"),
    ]


@pytest.mark.parametrize("path", ["/api/public/courses?per_page=1", "/api/subscription-plans"])
async def test_an_address_has_a_hundred_calls_and_another_its_own(own_api: Api, path: str) -> None:
    before = time.time()
    async with at_address(own_api.running, "198.51.100.1") as client:
        passed, answer = await until_refused(client, path, {})
    assert passed >= 100
    assert_refused(answer, before=before, limit=100)
    async with at_address(own_api.running, "198.51.100.2") as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, "99")


async def test_who_is_refused_for_want_of_a_token_is_counted_by_address(own_api: Api) -> None:
    async with at_address(own_api.running, "198.51.100.3") as client:
        statuses: list[int] = []
        while len(statuses) < MOST and 429 not in statuses:
            statuses.append((await client.get("/api/courses", headers=bearer("garbled"))).status_code)
        answer = await client.get("/api/auth/me", headers=await own_api.headers(STUDENT))
    assert (set(statuses), len(statuses) > 100) == ({401, 429}, True)
    assert answer.status_code == 200


@pytest.mark.parametrize(("uid", "limit"), [(FREE, 100), (STUDENT, 1000), (OWNER, 1000), (SUNDAI_OWNER, 3000)])
async def test_a_token_has_as_many_calls_as_its_plan_says(api: Api, uid: str, limit: int) -> None:
    headers = bearer((await api.token(uid, ALL_ABILITIES)).plain_text)
    answer = await api.running.client.get("/api/auth/me", headers=headers)
    assert answer.headers["x-ratelimit-limit"] == str(limit)
    assert answer.headers["x-ratelimit-remaining"] == str(limit - 1)


async def test_a_refused_request_is_counted_too(api: Api) -> None:
    headers = bearer((await api.token(STUDENT, ("tokens:read",))).plain_text)
    await api.running.client.get("/api/auth/me", headers=headers)
    answer = await api.running.client.get("/api/courses", headers=headers)
    assert (answer.status_code, answer.headers["x-ratelimit-limit"]) == (403, "1000")
    assert answer.headers["x-ratelimit-remaining"] in ("998", "999")
