"""An app that may reach this machine, with a database of its own, and with a worker inside or without."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import copied
from tests.services.postgresql import Server
from tests.xapi.forwarding import Forwarding, forwarding
from tests.xapi.lrs import Lrs, recording


@pytest.fixture
def url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[str]:
    """A database of its own with the demo data."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        yield found


@pytest.fixture
async def lrs() -> AsyncIterator[Lrs]:
    """A store that takes everything."""
    async with recording() as made:
        yield made


@pytest.fixture
async def forward(url: str, data_dir: Path) -> AsyncIterator[Forwarding]:
    """The app with a worker inside, which tries again at once."""
    async with forwarding(url, data_dir) as started:
        yield started


@pytest.fixture
async def idle(url: str, data_dir: Path) -> AsyncIterator[Forwarding]:
    """The app without a worker."""
    async with forwarding(url, data_dir, works=False) as started:
        yield started
