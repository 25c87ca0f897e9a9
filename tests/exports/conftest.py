"""An app with a database and a folder of its own, with a worker inside or without."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import copytree

import pytest

from tests.conftest import copied
from tests.exports.exporting import Exports, exporting
from tests.exports.slow import Slow, stalling
from tests.services.postgresql import Server


@pytest.fixture
def url(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[str]:
    """A database of its own with the demo data."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        yield found


@pytest.fixture
def folder(data_dir: Path, tmp_path: Path) -> Path:
    """A data folder of its own, with the keys that all share and nothing in its store."""
    copytree(data_dir, tmp_path / "own", ignore=lambda _, names: [n for n in names if ".db" in n or n == "exports"])
    return tmp_path / "own"


@pytest.fixture
async def made(url: str, folder: Path) -> AsyncIterator[Exports]:
    """The app with a worker inside."""
    async with exporting(url, folder) as started:
        yield started


@pytest.fixture
async def idle(url: str, folder: Path) -> AsyncIterator[Exports]:
    """The app without a worker."""
    async with exporting(url, folder, works=False) as started:
        yield started


@pytest.fixture
async def slow(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Slow]:
    """An object store that takes its time."""
    async with stalling() as found:
        for name, value in found.variables.items():
            monkeypatch.setenv(name, value)
        yield found
