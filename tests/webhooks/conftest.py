"""An app that may reach this machine, with a database of its own, and with a worker inside or without."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.conftest import Running, copied, running
from tests.services.postgresql import Server
from tests.webhooks.hooks import HERE, Hooks, hooking


@pytest.fixture
def url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[str]:
    """A database of its own with the demo data."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        yield found


@pytest.fixture
async def hooked(url: str, data_dir: Path) -> AsyncIterator[Running]:
    """The app without a worker; its own requests may go to this machine."""
    async with running(Settings(database_url=url, data_dir=data_dir, egress_allow=HERE)) as started:
        yield started


@pytest.fixture
async def hooks(url: str, data_dir: Path) -> AsyncIterator[Hooks]:
    """The app with a worker inside, which tries again at once."""
    async with hooking(url, data_dir) as started:
        yield started
