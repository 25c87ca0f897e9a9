"""One server for all clients, and the packages that they are; without Node or a registry their tests are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.packages import Missing
from tests.clients.server import Served, serving_demo
from tests.conftest import copied
from tests.services.postgresql import Server


@pytest.fixture(scope="session")
def served(filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[Served]:
    """A started server, on a copy of the filled database: to fill one more takes longer than all that is asked."""
    with copied("sqlite", filled, postgresql_server, data_dir) as url, serving_demo(url) as started:
        yield started


def have(install: Callable[[Path], Path], folder: Path) -> Path:
    """Install packages, or skip the test where what that takes is missing."""
    try:
        return install(folder)
    except Missing as missing:
        pytest.skip(str(missing))
