"""Databases of a test's own: without tables, or migrated and open; one of each kind."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from db.connections.database import Database, connect
from db.migrate import upgrade
from tests.services.postgresql import Server, create_database, drop_database

Make = Callable[[], str]
TEMPLATE = "migrated_template"


@pytest.fixture(scope="session")
def template(postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a migrated SQLite database without rows, to be copied; on PostgreSQL the same is called TEMPLATE."""
    file = tmp_path_factory.mktemp("template") / "kakehashi.db"
    upgrade(f"sqlite:///{file}")
    upgrade(create_database(postgresql_server, TEMPLATE))
    return file


@pytest.fixture
def make_empty(kind: str, postgresql_server: Server, tmp_path: Path) -> Iterator[Make]:
    """Give what makes a database without tables and tells its URL; they are gone after the test."""
    names: list[str] = []

    def make() -> str:
        name = f"empty_{uuid4().hex}"
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{name}/kakehashi.db"
        names.append(name)
        return create_database(postgresql_server, name)

    yield make
    for name in names:
        drop_database(postgresql_server, name)


@pytest.fixture
def empty(make_empty: Make) -> str:
    """The URL of a database without tables."""
    return make_empty()


@pytest.fixture
def make_migrated(kind: str, template: Path, postgresql_server: Server, tmp_path: Path) -> Iterator[Make]:
    """Give what makes a database with tables and no rows; they are gone after the test."""
    names: list[str] = []

    def make() -> str:
        name = f"migrated_{uuid4().hex}"
        if kind == "sqlite":
            shutil.copyfile(template, tmp_path / f"{name}.db")
            return f"sqlite:///{tmp_path}/{name}.db"
        names.append(name)
        return create_database(postgresql_server, name, template=TEMPLATE)

    yield make
    for name in names:
        drop_database(postgresql_server, name)


@pytest.fixture
def migrated(make_migrated: Make) -> str:
    """The URL of a database with tables and no rows."""
    return make_migrated()


@pytest.fixture
async def database(migrated: str) -> AsyncIterator[Database]:
    """A migrated database without rows, opened."""
    opened = connect(migrated)
    await opened.open()
    yield opened
    await opened.close()
