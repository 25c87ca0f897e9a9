"""A database of its own for each test, with the demo data."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import copied
from tests.lti.gradebook import Gradebook, grading_at
from tests.lti.grading import Grading, grading
from tests.services.postgresql import Server


@pytest.fixture
def url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[str]:
    """A database of its own with the demo data."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        yield found


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
