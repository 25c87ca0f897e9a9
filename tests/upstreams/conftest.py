"""An app that may reach this machine, with a database of its own, and a product that serves a feed."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.conftest import Running, copied, running
from tests.services.postgresql import Server
from tests.upstreams.collecting import HERE, Gateway, gateway_of
from tests.upstreams.product import Product, producing


@pytest.fixture
def url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[str]:
    """A database of its own with the demo data."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        yield found


@pytest.fixture
async def reaching(url: str, data_dir: Path) -> AsyncIterator[Running]:
    """The app without a worker; its own requests may go to this machine."""
    async with running(Settings(database_url=url, data_dir=data_dir, egress_allow=HERE)) as started:
        yield started


@pytest.fixture
async def ours(reaching: Running) -> AsyncIterator[Gateway]:
    """The same, and what collects for it when it is told to."""
    async with gateway_of(reaching) as found:
        yield found


@pytest.fixture
async def product() -> AsyncIterator[Product]:
    """A product with nothing in its feed yet."""
    async with producing() as found:
        yield found
