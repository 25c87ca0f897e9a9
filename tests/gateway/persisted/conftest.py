"""An app that the tests of persisted documents share: each registers texts of its own, and takes nothing away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.conftest import Running, copied, running
from tests.services.postgresql import Server


@pytest.fixture(scope="session")
async def persisted(
    kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path
) -> AsyncIterator[Running]:
    """The app without Redis."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with running(Settings(database_url=url, data_dir=data_dir)) as started:
            yield started
