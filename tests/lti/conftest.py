"""A database of its own for each test, with the demo data."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import copied
from tests.lti.filling import Filling, filling
from tests.services.postgresql import Server


@pytest.fixture
def url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[str]:
    """A database of its own with the demo data."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        yield found


@pytest.fixture
async def fills(url: str, data_dir: Path) -> AsyncIterator[Filling]:
    """An app that a platform has launched, which makes an account for whoever comes from there."""
    async with filling(url, data_dir) as started:
        yield started
