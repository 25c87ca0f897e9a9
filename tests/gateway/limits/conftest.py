"""A Redis that counts its pipelines, and one that a test can take away, give back or make deaf."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from tests.services.folders import make_folder
from tests.services.redis import start_redis


class CountingRedis(Redis):
    """A client that counts the pipelines it is asked for, transactions aside, and tells who waits for one."""

    pipelines = 0

    @cached_property
    def asked(self) -> asyncio.Event:
        """Whether a pipeline was begun since this was cleared."""
        return asyncio.Event()

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """One more pipeline."""
        self.pipelines += not transaction
        self.asked.set()
        return super().pipeline(transaction, shard_hint)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[CountingRedis]:
    """A client that is closed at the end."""
    async with CountingRedis.from_url(url) as client:
        # On a new connection several things are asked, which do not belong to what a test counts.
        await client.ping()
        yield client


class Door:
    """A socket's path behind which stands a Redis, nobody, or somebody who listens and never answers."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "door"
        self._deaf = socket.socket(socket.AF_UNIX)
        self._deaf.bind(str(folder / "deaf"))
        self._deaf.listen(64)
        self.url = f"unix://{self._path}"

    def leads_to(self, url: str) -> None:
        """From now on a Redis on a Unix socket answers whoever connects."""
        self.leads_nowhere()
        self._path.symlink_to(url.removeprefix("unix://"))

    def leads_to_the_deaf(self) -> None:
        """From now on whoever connects can say what they want and hear nothing."""
        self.leads_to(self._deaf.getsockname())

    def leads_nowhere(self) -> None:
        """From now on nobody can connect."""
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let nobody listen any more."""
        self._deaf.close()


@pytest.fixture
def door() -> Iterator[Door]:
    """A door that leads nowhere yet."""
    folder = make_folder("door")
    door = Door(folder)
    yield door
    door.close()
    shutil.rmtree(folder)


@pytest.fixture
async def behind_the_door(door: Door) -> AsyncIterator[CountingRedis]:
    """A client that finds behind the door what the test put there; nothing is asked yet."""
    async with CountingRedis.from_url(door.url) as client:
        yield client


@pytest.fixture(scope="module")
def own_redis_url() -> Iterator[str]:
    """A Redis of our own on a Unix socket, even where one is lent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TEST_REDIS_URL", raising=False)
        with start_redis() as url:
            yield url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[CountingRedis]:
    """A client of the Redis that all tests share."""
    async with connected(redis_url) as client:
        yield client


@pytest.fixture
def key() -> str:
    """A key that no other test has."""
    return f"test:{uuid4().hex}"
