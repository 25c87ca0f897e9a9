"""A database of its own for each test, with the demo data; and apps that know a platform."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.conftest import copied, running
from tests.lti.filling import Filling, filling
from tests.lti.gradebook import Gradebook, grading_at
from tests.lti.grading import Grading, grading
from tests.lti.platform import publishing
from tests.lti.visiting import Browser, Visit
from tests.services.postgresql import Server
from tests.webhooks.hooks import HERE


@pytest.fixture
def url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[str]:
    """A database of its own with the demo data."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        yield found


@pytest.fixture
async def visit(url: str, data_dir: Path) -> AsyncIterator[Visit]:
    """An app that may reach this machine, with a database of its own, and a platform that it knows."""
    settings = Settings(database_url=url, data_dir=data_dir, egress_allow=HERE)
    async with publishing() as platform, running(settings) as started:
        await platform.register(started.database)
        yield Visit(started, platform)


@pytest.fixture(scope="module")
async def refusing(
    kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path
) -> AsyncIterator[Visit]:
    """The same for all tests of a file, for what is refused and so changes nothing."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        settings = Settings(database_url=found, data_dir=data_dir, egress_allow=HERE)
        async with publishing() as platform, running(settings) as started:
            await platform.register(started.database)
            yield Visit(started, platform)


@pytest.fixture
async def browser(visit: Visit) -> AsyncIterator[Browser]:
    """A browser."""
    async with visit.browsing() as found:
        yield found


@pytest.fixture
async def stranger(refusing: Visit) -> AsyncIterator[Browser]:
    """A browser whose launches are refused."""
    async with refusing.browsing() as found:
        yield found


@pytest.fixture
async def fills(url: str, data_dir: Path) -> AsyncIterator[Filling]:
    """An app that a platform has launched, which makes an account for whoever comes from there."""
    async with filling(url, data_dir) as started:
        yield started


@pytest.fixture
async def gradebook() -> AsyncIterator[Gradebook]:
    """A platform's gradebook that takes everything."""
    async with grading_at(Gradebook()) as made:
        yield made


@pytest.fixture
async def graded(url: str, data_dir: Path, gradebook: Gradebook) -> AsyncIterator[Grading]:
    """The app with a worker inside, which tries again at once, and a platform that has that gradebook."""
    async with grading(url, data_dir, gradebook) as started:
        yield started


@pytest.fixture
async def idle(url: str, data_dir: Path, gradebook: Gradebook) -> AsyncIterator[Grading]:
    """The same without a worker."""
    async with grading(url, data_dir, gradebook, works=False) as started:
        yield started
