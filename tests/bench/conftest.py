"""The fixture that is measured, with few students."""

import asyncio

import asyncpg
import pytest

from bench.database import FIXTURE
from bench.documents import STUDENTS
from db.migrate import upgrade
from tests.services.postgresql import Server, create_database, plain

FEW = 2400


@pytest.fixture(scope="session")
def small(postgresql_server: Server) -> str:
    """A database with the fixture, but few students."""
    url = plain(create_database(postgresql_server, "bench_small"))
    upgrade(url)
    text = FIXTURE.read_text("utf-8").replace(f"generate_series(1, {STUDENTS})", f"generate_series(1, {FEW})")
    asyncio.run(fill(url, text))
    return url


async def fill(url: str, text: str) -> None:
    """Run the fixture."""
    connection = await asyncpg.connect(url)
    await connection.execute(text)
    await connection.close()
