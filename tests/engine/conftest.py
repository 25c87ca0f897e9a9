"""The awkward world on both databases, for every test of the read engine."""

from collections.abc import AsyncIterator

import pytest

from db.connections.database import connect
from tests.engine.asked import committed_schema
from tests.engine.rows import load
from tests.engine.running import Bench
from tests.engine.world import World, fill
from tests.services.postgresql import Server, create_database, plain


@pytest.fixture(scope="session")
async def bench(postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    """The world on PostgreSQL and SQLite, with a compiled and a stepwise graph; nothing here is ever written to."""
    world, folder = World(), tmp_path_factory.mktemp("engine")
    urls = {
        "postgresql": plain(create_database(postgresql_server, "engine_world")),
        "sqlite": f"sqlite:///{folder / 'world.db'}",
    }
    for url in urls.values():
        await fill(url, world)
    databases = {where: connect(url, connections=1) for where, url in urls.items()}
    for database in databases.values():
        await database.open()
    yield Bench(committed_schema(), await load(databases["postgresql"]), databases)
    for database in databases.values():
        await database.close()
