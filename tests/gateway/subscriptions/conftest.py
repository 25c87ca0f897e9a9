"""Apps on real servers: one that reading tests share, and one for each test that writes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.conftest import copied
from tests.gateway.subscriptions.serving import Served, served
from tests.services.postgresql import Server


@pytest.fixture(scope="session")
async def door(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> AsyncIterator[Served]:
    """A server that tests share which change nothing."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with served(Settings(database_url=url, data_dir=data_dir)) as started:
            yield started


@pytest.fixture
async def own_url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> AsyncIterator[str]:
    """A database that the test may write to."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        yield url


@pytest.fixture
async def own_door(own_url: str, data_dir: Path) -> AsyncIterator[Served]:
    """A server with a database that the test may write to."""
    async with served(Settings(database_url=own_url, data_dir=data_dir)) as started:
        yield started
