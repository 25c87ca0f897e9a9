"""Databases of their own for apps with a worker inside, and a folder with the keys that all share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import copied
from tests.services.postgresql import Server


@pytest.fixture
def url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[str]:
    """A database of its own with the demo data."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        yield found
