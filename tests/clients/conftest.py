"""One server for all clients. Where Node, npm or a registry is missing, the tests that need it are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.packages import Missing
from tests.clients.server import Served, serving_demo
from tests.conftest import copied
from tests.services.postgresql import Server


@contextmanager
def or_skip() -> Iterator[None]:
    """Skip the test where a program or a registry is missing; whatever else goes wrong fails it."""
    try:
        yield
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def served(filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[Served]:
    """A started server, on a copy of the filled database: to fill one more takes longer than all that is asked."""
    with copied("sqlite", filled, postgresql_server, data_dir) as url, serving_demo(url) as started:
        yield started
