"""A statement that nobody waits for is ended in the database, and its connection goes on to serve others."""

import asyncio
import contextlib
import gc
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import delete, insert, select

from db.connections.database import connect
from db.connections.sqlite import SqliteReader
from db.operations import settings

NOW = datetime(2026, 11, 28, tzinfo=UTC)

SLOW = {
    "postgresql": "select pg_sleep(600)",
    "sqlite": "with recursive n(x) as (select 1 union all select x + 1 from n where x < 1e15) select count(*) from n",
}


async def test_a_cancelled_statement_ends_and_its_connection_serves_the_next(migrated: str, kind: str) -> None:
    database = connect(migrated, connections=1)
    await database.open()
    for _ in range(3):
        running = asyncio.create_task(database.read(SLOW[kind], ()))
        await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert [tuple(row) for row in await database.read("select 1", ())] == [(1,)]
    await database.close()


async def test_a_statement_that_waits_for_its_turn_is_given_up_and_the_running_one_goes_on(
    migrated: str, kind: str
) -> None:
    database = connect(migrated, connections=1)
    await database.open()
    running = asyncio.create_task(database.read(SLOW[kind], ()))
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(database.read("select 1", ()))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0.05)
    assert not running.done()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert [tuple(row) for row in await database.read("select 1", ())] == [(1,)]
    if isinstance(database.reader, SqliteReader):
        assert len(database.reader.idle) == 1
    await database.close()


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_postgresql_itself_stops_working_on_it(migrated: str) -> None:
    database = connect(migrated, connections=1)
    await database.open()
    observer = await asyncpg.connect(migrated.replace("+asyncpg", ""))
    sleeping = "select count(*) from pg_stat_activity where query = $1 and state = 'active'"
    running = asyncio.create_task(database.read(SLOW["postgresql"], ()))
    while not await observer.fetchval(sleeping, SLOW["postgresql"]):
        await asyncio.sleep(0.01)
    running.cancel()
    while await observer.fetchval(sleeping, SLOW["postgresql"]):
        await asyncio.sleep(0.01)
    await observer.close()
    await database.close()


async def test_a_transaction_that_is_given_up_anywhere_lets_the_next_one_write(migrated: str, kind: str) -> None:
    database = connect(migrated, connections=1)
    await database.open()

    async def write(name: str) -> int:
        keys = [{"key": f"{name} {number}", "value": {}, "updated_at": NOW} for number in range(200)]
        async with database.writing() as transaction:
            await transaction.execute(insert(settings).returning(settings.c.key), keys)
            shown = (await transaction.execute(select(settings.c.key).order_by(settings.c.key))).all()
            await transaction.execute(delete(settings))
        return len(shown)

    # Whoever waits would not have to if what was given up were forgotten at once, which nobody promises.
    gc.disable()
    try:
        for moment in range(40):
            given_up = asyncio.create_task(write("given up"))
            await asyncio.sleep(moment / 2000)
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)
            assert await write("whole") == 200
    finally:
        gc.enable()
        await database.close()
