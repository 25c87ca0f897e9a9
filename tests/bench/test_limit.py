"""Tests that the hand-written statements answer as the product does, on the fixture with fewer students."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx2
import pytest

from bench.database import MARK, comment_on, digest, make_ready
from bench.documents import QUESTIONS
from bench.limit import Limit
from bench.product import Product, close_product, open_product
from tests.bench.cases import CASES, student
from tests.services.postgresql import Server, create_database, plain

OWNER, OPERATOR = "auth0|bench-owner", "auth0|bench-operator"


@asynccontextmanager
async def opened(url: str, uid: str) -> AsyncIterator[Product]:
    product = await open_product(url, uid)
    yield product
    await close_product(product)


@pytest.mark.parametrize("uid", [OWNER, OPERATOR])
async def test_the_limit_answers_as_the_product_does(small: str, uid: str) -> None:
    limit = Limit(small)
    await limit.connect()
    async with opened(small, uid) as product:
        for name, variables in CASES:
            question = QUESTIONS[name]
            ours = json.loads(await product.answer(question, variables))
            assert json.loads(await limit.run(question.body(variables).encode())) == ours, (name, variables)
    await limit.disconnect()


async def test_the_cases_have_something_to_tell_apart(small: str) -> None:
    async with opened(small, OWNER) as product:
        found = [json.loads(await product.answer(QUESTIONS[name], variables))["data"] for name, variables in CASES]
        roster = [answer["students"] for answer in found[:4]]
        assert [len(page["nodes"]) for page in roster] == [50, 50, 16, 0]
        assert {page["totalCount"] for page in roster} == {116}
        assert [answer["student"] is None for answer in found[8:12]] == [False, True, False, True]
        assert len(found[12]["courses"]["nodes"]) == 60
        one = roster[0]["nodes"][0]
        assert (len(one["sections"]), len(one["groups"])) == (1, 2)
        packages = [course["lessonPackages"] for course in found[4]["students"]["nodes"][0]["courses"]]
        assert sum(map(len, packages)) == 10
        assert packages[0][0]["latestProgress"] is not None


async def test_the_limit_serves_over_http(small: str) -> None:
    limit = Limit(small)
    await limit.connect()
    question = QUESTIONS["Q3"]
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(limit), base_url="http://limit.test") as client:
        answer = await client.post("/graphql", content=question.body(student(100)))
        assert (await client.get("/")).status_code == 200
    await limit.disconnect()
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.json()["data"]["student"]["code"] == "S0000100"


def test_a_database_that_holds_something_else_is_not_filled(small: str) -> None:
    with pytest.raises(RuntimeError, match="BENCH_DATABASE_URL names a database that holds something else"):
        make_ready(small)


async def test_a_database_with_this_fixture_is_not_filled_again(postgresql_server: Server) -> None:
    url = plain(create_database(postgresql_server, "bench_marked"))
    connection = await asyncpg.connect(url)
    name = await connection.fetchval("select quote_ident(current_database())")
    await connection.execute(f"comment on database {name} is '{MARK}{digest()}'")
    await asyncio.to_thread(make_ready, url)
    assert await comment_on(url) == MARK + digest()
    assert await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
    await connection.close()
