"""Apps where people pay, each with a database and a Stripe of its own; and one of each for what is refused."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.billing.paying import Paying, paying
from tests.billing.stripe_server import StripeServer, stripe_at_work
from tests.conftest import copied
from tests.services.postgresql import Server


@pytest.fixture
def url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[str]:
    """A database of its own with the demo data."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        yield found


@pytest.fixture
async def counter() -> AsyncIterator[StripeServer]:
    """A Stripe at work."""
    async with stripe_at_work() as made:
        yield made


@pytest.fixture
async def pays(url: str, data_dir: Path, counter: StripeServer) -> AsyncIterator[Paying]:
    """An app that reaches it."""
    async with paying(url, data_dir, counter.url) as started:
        yield started
