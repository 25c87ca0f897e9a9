"""A database with a hundred generated institutions, to be read."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.conftest import Running, copied, running
from tests.institutions.schools import Schools, generated, keep
from tests.progress.asking import Graph
from tests.services.postgresql import Server


@dataclass(frozen=True, slots=True)
class Region:
    """A graph over the institutions, and what they were made from."""

    graph: Graph
    schools: Schools


@pytest.fixture(scope="session")
async def region(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> AsyncIterator[Region]:
    """All institutions in one database."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with running(Settings(database_url=url, data_dir=data_dir)) as started:
            schools = generated()
            await keep(started.database, schools)
            yield Region(Graph(started), schools)


@pytest.fixture
def graph(own: Running) -> Graph:
    """The graph on a database of the test's own."""
    return Graph(own)
