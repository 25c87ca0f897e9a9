"""The graph with the demo's learners, to be read; and one to be written, with small courses beside the demo's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.conftest import Running, copied, running
from tests.progress.asking import FRESH, Graph, forget
from tests.progress.content import add_content
from tests.progress.crowd import Crowd, add_crowd, read_crowd
from tests.services.postgresql import Server


@dataclass(frozen=True, slots=True)
class Fresh:
    """A graph whose database may be written, and the number of a student who has not learned anything yet."""

    graph: Graph
    id: int


@pytest.fixture(scope="session")
def graph(shared: Running) -> Graph:
    """The graph of the app that all reading tests share."""
    return Graph(shared)


@pytest.fixture(scope="session")
async def taught(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> AsyncIterator[Graph]:
    """A graph whose database has more courses, and may be written: each test begins with a learner it makes anew."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with running(Settings(database_url=url, data_dir=data_dir)) as started:
            await add_content(started.database, datetime.now(UTC))
            yield Graph(started)


@pytest.fixture
async def fresh(taught: Graph) -> Fresh:
    """A student who never learned anything."""
    return Fresh(taught, await forget(taught.database, FRESH))


@pytest.fixture
def written(own: Running) -> Graph:
    """The graph on a database of the test's own, with the demo as it was filled."""
    return Graph(own)


@pytest.fixture(scope="session")
async def crowd(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> AsyncIterator[Crowd]:
    """The demo with more learners, to be read, and its plain rows."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with running(Settings(database_url=url, data_dir=data_dir)) as started:
            await add_crowd(started.database, datetime.now(UTC))
            yield await read_crowd(Graph(started))
