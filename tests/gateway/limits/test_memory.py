"""A Redis that is out of memory is away: calls are counted by each process, and nobody signs in uncounted."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from gateway.settings import Settings
from tests.accounts.calling import OWNER, by_token
from tests.conftest import Running, copied, running
from tests.services.postgresql import Server
from tests.services.redis import start_redis

SIGN_IN = {"email": "student@kakehashi.example", "password": "kakehashi-demo"}


@pytest.fixture
def redis_alone() -> Iterator[str]:
    """A Redis that no other test uses."""
    with start_redis() as url:
        yield url


@pytest.fixture
async def with_redis(
    kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path, redis_alone: str
) -> AsyncIterator[Running]:
    """An app that counts in that Redis."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with running(Settings(database_url=url, data_dir=data_dir, redis_url=redis_alone)) as started:
            yield started


async def test_out_of_memory_calls_are_counted_by_the_process_and_nobody_signs_in(
    with_redis: Running, redis_alone: str, caplog: pytest.LogCaptureFixture
) -> None:
    caller, client = await by_token(with_redis, OWNER), with_redis.client
    assert (await client.post("/api/auth/sign-in", json=SIGN_IN)).status_code == 200
    async with Redis.from_url(redis_alone) as redis:
        await redis.config_set("maxmemory", "1")
        await redis.config_set("maxmemory-policy", "noeviction")
        answers = [await caller.get("/api/courses") for _ in range(3)]
        assert [one.status_code for one in answers] == [200] * 3
        left = [int(one.headers["x-ratelimit-remaining"]) for one in answers]
        assert left[0] > left[1] > left[2]
        assert (await client.post("/api/auth/sign-in", json=SIGN_IN)).status_code == 503
        assert "The shared limits are out of reach" in caplog.text
        await redis.config_set("maxmemory", "0")
    assert (await caller.data("{ viewer { uid } }"))["viewer"]["uid"] == OWNER
