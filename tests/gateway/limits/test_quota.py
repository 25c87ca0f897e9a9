"""How much each caller may ask for, over every door: the plan decides for tokens, the address for who has none."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis.asyncio import Redis
from sqlalchemy import update

from db.organizations import organizations
from tests.accounts.calling import (
    ADMINISTRATOR,
    ME,
    OWNER,
    SAMPLE_STUDENT,
    STUDENT,
    SUNDAI_OWNER,
    Caller,
    bearer,
    by_auth0,
    by_token,
    calling_from,
    new_token,
    with_token,
)
from tests.conftest import Running, running

VIEWER = "{ viewer { uid } }"
PUBLIC = "/api/public/courses"
Ask = Callable[[], Coroutine[Any, Any, httpx2.Response]]


async def at_once(calls: list[Ask], *, limit: int = 100) -> Counter[int]:
    """Make all calls at once; how often each status came, as if all had come in one instant.

    A bucket fills up while it is drawn from, so that on a slow machine as many calls more may pass as came back since
    the first; no more than those count as refused.
    """
    begun = time.monotonic()
    found = Counter(answer.status_code for answer in await asyncio.gather(*(call() for call in calls)))
    came_back = int((time.monotonic() - begun) * limit / 60)
    late = min(came_back, max(0, found.total() - found[429] - limit)) if found[429] else 0
    passed = next(iter(found.keys() - {429}))
    return found + Counter({429: late}) - Counter({passed: late})


def rest(caller: Caller) -> Ask:
    """One call of a REST door."""
    return lambda: caller.get(ME)


def graph(caller: Caller) -> Ask:
    """One call of the graph."""
    return lambda: caller.graph(VIEWER)


@asynccontextmanager
async def processes(own: Running, number: int, redis_url: str | None, **more: object) -> AsyncIterator[list[Running]]:
    """Several processes on one database and, where there is one, one emptied Redis."""
    settings = own.settings.model_copy(update={"redis_url": redis_url, **more})
    if redis_url is not None:
        async with Redis.from_url(redis_url) as redis:
            await redis.flushdb()
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(running(settings)) for _ in range(number)]


async def test_of_1000_calls_at_once_on_a_fresh_free_token_exactly_100_pass(own: Running, redis_url: str) -> None:
    token = await new_token(own, SAMPLE_STUDENT)
    async with processes(own, 1, redis_url) as (one,):
        assert await at_once([rest(with_token(one, token))] * 1000) == {200: 100, 429: 900}


async def test_two_processes_let_pass_no_more_than_one(own: Running, redis_url: str) -> None:
    token = await new_token(own, SAMPLE_STUDENT)
    async with processes(own, 2, redis_url) as (first, second):
        calls = [rest(with_token(first, token)), rest(with_token(second, token))] * 500
        assert await at_once(calls) == {200: 100, 429: 900}


async def test_rest_and_the_graph_take_from_one_bucket(own: Running, redis_url: str) -> None:
    token = await new_token(own, SAMPLE_STUDENT)
    async with processes(own, 1, redis_url) as (one,):
        caller = with_token(one, token)
        assert await at_once([rest(caller), graph(caller)] * 500) == {200: 100, 429: 900}


async def test_without_redis_the_process_lets_exactly_100_pass(own: Running) -> None:
    caller = await by_token(own, SAMPLE_STUDENT)
    assert await at_once([rest(caller)] * 1000) == {200: 100, 429: 900}


async def test_while_redis_is_away_the_processs_own_bucket_holds(own: Running, data_dir: Path) -> None:
    token = await new_token(own, SAMPLE_STUDENT)
    settings = own.settings.model_copy(update={"redis_url": f"unix://{data_dir}/nobody.sock"})
    async with running(settings) as one:
        assert await at_once([rest(with_token(one, token))] * 300) == {200: 100, 429: 200}


async def test_every_token_has_a_bucket_of_its_own(own: Running) -> None:
    first, second = await by_token(own, SAMPLE_STUDENT), await by_token(own, SAMPLE_STUDENT)
    assert await at_once([rest(first)] * 200) == {200: 100, 429: 100}
    assert await at_once([rest(second)] * 200) == {200: 100, 429: 100}


async def limit_of(caller: Caller) -> str:
    """The limit that a caller is told of."""
    answer = await caller.get(ME)
    assert answer.status_code == 200
    return str(answer.headers["x-ratelimit-limit"])


@pytest.mark.parametrize(
    ("uid", "limit"),
    [(SAMPLE_STUDENT, "100"), (OWNER, "1000"), (STUDENT, "1000"), (SUNDAI_OWNER, "3000"), (ADMINISTRATOR, "1000")],
)
async def test_the_plan_of_the_organization_or_of_its_parent_decides(own: Running, uid: str, limit: str) -> None:
    assert await limit_of(await by_token(own, uid)) == limit


@pytest.mark.parametrize(
    ("plan", "figure", "limit"),
    [("enterprise", None, "1000"), ("enterprise", 7, "7"), ("pro", 7, "1000"), ("free", 7, "100"), (None, 7, "100")],
)
async def test_only_an_enterprise_contract_names_its_own_figure(
    own: Running, plan: str | None, figure: int | None, limit: str
) -> None:
    caller = await by_token(own, SUNDAI_OWNER)
    async with own.database.writing() as transaction:
        sundai = update(organizations).where(organizations.c.code == "sundai")
        await transaction.execute(sundai.values(plan=plan, rate_limit_per_minute=figure))
    assert await limit_of(caller) == limit


async def test_a_bucket_of_a_thousand_is_emptied_by_what_costs_a_thousand(own: Running, redis_url: str) -> None:
    token = await new_token(own, OWNER)
    dear = "{ courses(first: 100) { nodes { lessons { trainings { items { seq } } } } } }"
    async with processes(own, 2, redis_url) as (first, second):
        assert (await with_token(first, token).graph(dear)).headers["x-ratelimit-remaining"] == "0"
        assert (await with_token(second, token).graph(dear)).status_code == 429


async def test_a_single_call_is_told_exactly_what_is_left(own: Running) -> None:
    caller = await by_token(own, SAMPLE_STUDENT)
    for answer in (await caller.get(ME), await (await by_token(own, SAMPLE_STUDENT)).graph(VIEWER)):
        told = {name: value for name, value in answer.headers.items() if "ratelimit" in name or name == "retry-after"}
        assert told == {
            "x-ratelimit-limit": "100",
            "x-ratelimit-remaining": "99",
            "ratelimit-policy": '"default";q=100;w=60',
            "ratelimit": '"default";r=99;t=1',
        }


async def agree(own: Running, per_minute: int) -> None:
    """Let the sample student's organization have an enterprise contract of so many calls a minute."""
    async with own.database.writing() as transaction:
        agreed = update(organizations).where(organizations.c.code == "api_spec")
        await transaction.execute(agreed.values(plan="enterprise", rate_limit_per_minute=per_minute))


async def test_who_asked_too_much_is_told_when_to_come_again(own: Running) -> None:
    await agree(own, 1)
    caller = await by_token(own, SAMPLE_STUDENT)
    assert (await caller.get(ME)).status_code == 200
    refused = [await caller.get(ME), await caller.get("/api/v1/me"), await caller.graph(VIEWER)]
    for answer in refused:
        assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (429, "0")
        assert answer.headers["ratelimit"] == f'"default";r=0;t={answer.headers["retry-after"]}'
        # A whole minute, less what has passed of it.
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert int(answer.headers["x-ratelimit-reset"]) > 1_700_000_000
    talktiko, diverse, graphql = (answer.json() for answer in refused)
    message = "You have asked for more than your plan allows in a minute. Ask again later."
    assert talktiko == {"message": "Too Many Attempts."}
    assert diverse == {"message": message, "code": "rate_limited"}
    extensions = {"code": "RATE_LIMITED", "reason": "rate_limited"}
    assert graphql == {"errors": [{"message": message, "extensions": extensions}]}


async def test_a_refusal_of_the_door_is_counted_too(own: Running) -> None:
    await agree(own, 10)
    caller = await by_token(own, SAMPLE_STUDENT, ["notices:read"])
    answers = [await caller.get("/api/courses"), await caller.get("/api/trainingItems"), await caller.get("/api/v1/me")]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["9", "8", "7"]


@pytest.mark.parametrize(
    ("document", "left"),
    [
        (VIEWER, 99),
        ("{ courses(first: 100) { totalCount } }", 99),
        ("{ courses(first: 51) { nodes { subject { name } } } }", 98),
        ("{ courses(first: 100) { nodes { lessons { name } } } }", 89),
        ("query ($n: Int = 100) { courses(first: $n) { nodes { lessons { name } } } }", 89),
        (f"{{ {' '.join(f'a{n}: schools(first: 100) {{ totalCount }}' for n in range(10))} }}", 90),
        ("{ nonsense }", 99),
    ],
)
async def test_a_document_takes_as_much_as_it_could_show(own: Running, document: str, left: int) -> None:
    answer = await (await by_token(own, SAMPLE_STUDENT)).graph(document)
    assert answer.headers["x-ratelimit-remaining"] == str(left)


async def test_a_document_that_is_dearer_than_the_bucket_runs_on_a_full_one_only(own: Running) -> None:
    dear = "{ courses(first: 100) { nodes { lessons { trainings { name } } } } }"
    caller = await by_token(own, SAMPLE_STUDENT)
    answer = await caller.graph(dear)
    assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, "0")
    await agree(own, 10)
    caller = await by_token(own, SAMPLE_STUDENT)
    await caller.get(ME)
    refused = await caller.graph(dear)
    assert (refused.status_code, refused.headers["x-ratelimit-remaining"]) == (429, "9")
    assert (await caller.get(ME)).status_code == 200


async def remaining(own: Running, address: str, path: str = PUBLIC) -> str:
    """What is left for an address after one call."""
    async with calling_from(own, address) as client:
        return str((await client.get(path)).headers["x-ratelimit-remaining"])


async def test_who_has_no_token_is_counted_by_address(own: Running) -> None:
    async with calling_from(own, "192.0.2.1") as client:
        assert await at_once([lambda: client.get(PUBLIC)] * 120) == {200: 100, 429: 20}
    assert await remaining(own, "192.0.2.2") == "99"


async def test_addresses_are_told_apart_as_far_as_people_are(own: Running) -> None:
    asked = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "203.0.113.9", "::ffff:203.0.113.9"]
    assert [await remaining(own, address) for address in asked] == ["99", "98", "99", "99", "98"]


async def test_no_token_and_a_wrong_one_are_counted_alike_but_at_the_doors_of_diverse(own: Running) -> None:
    wrong = bearer("1|nonsense")
    async with calling_from(own, "192.0.2.1") as client:
        asked = [
            await client.get(PUBLIC),
            await client.get(ME),
            await client.get(ME, headers=wrong),
            await client.get("/api/v1/me", headers=wrong),
            await client.post("/graphql", json={"query": "{ subscriptionPlans { code } }"}),
            await client.post("/graphql", json={"query": VIEWER}),
            await client.post("/graphql", json={"query": VIEWER}, headers=wrong),
        ]
    assert [answer.status_code for answer in asked] == [200, 401, 401, 401, 200, 401, 401]
    left = [answer.headers.get("x-ratelimit-remaining") for answer in asked]
    assert left == ["99", "98", "97", None, "96", "95", "94"]


async def test_guessing_tokens_ends_after_a_hundred_guesses_a_minute(own: Running) -> None:
    guess = Caller(own.client, bearer("1|kakehashi_abcdefghijKLMNOPQRST0123456789uvwxyzUVWX99ec4585"))
    assert await at_once([rest(guess)] * 60 + [graph(guess)] * 60) == {401: 100, 429: 20}
    # Who has a good one is not held up by whoever guesses from the same address.
    assert (await (await by_token(own, OWNER)).get(ME)).status_code == 200


async def test_auth0s_callers_are_not_counted(own: Running) -> None:
    caller = await by_auth0(own, SAMPLE_STUDENT)
    assert await at_once([rest(caller), graph(caller)] * 75) == {200: 150}
    for answer in (await caller.get(ME), await caller.graph(VIEWER)):
        assert [name for name in answer.headers if "ratelimit" in name] == []


async def test_auth0s_callers_are_counted_by_person_where_the_operator_says_so(own: Running) -> None:
    async with processes(own, 1, None, auth0_rate_limit_per_minute=5) as (one,):
        for uid in (SAMPLE_STUDENT, OWNER):
            caller = await by_auth0(one, uid)
            assert (await caller.get(ME)).headers["x-ratelimit-limit"] == "5"
            assert await at_once([rest(caller), graph(caller)] * 5) == {200: 4, 429: 6}
