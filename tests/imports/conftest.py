"""Apps that import members, each with a database of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import copied
from tests.imports.importing import Importing, importing
from tests.services.postgresql import Server


@pytest.fixture
def url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[str]:
    """A database of its own with the demo data."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        yield found


@pytest.fixture
async def importer(url: str, data_dir: Path) -> AsyncIterator[Importing]:
    """The app with a worker inside."""
    async with importing(url, data_dir) as started:
        yield started


@pytest.fixture
async def idle(url: str, data_dir: Path) -> AsyncIterator[Importing]:
    """The app without a worker."""
    async with importing(url, data_dir, works=False) as started:
        yield started
