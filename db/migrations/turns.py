"""Connections for migrating: one process at a time, and nobody waits long behind a migration."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import asyncpg
from sqlalchemy import URL, Connection, NullPool, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from db.connections.postgresql import LOST, postgresql_engine
from db.errors import DatabaseUnavailable

# How long a migration may wait for a table: whoever reads that table meanwhile waits behind it.
LOCK_TIMEOUT_S = 2
PAUSE_S = 1
# How long one process waits while another migrates the same database.
TURN_S = 60
TURN_KEY = 0x6B616B65
POLL_S = 0.1
LOCK_NOT_AVAILABLE = "55P03"

Result = TypeVar("Result")
Work = Callable[[Connection], Result]


class MigrationBlocked(DatabaseUnavailable):
    """Somebody else holds what the migration needs. What came before stays done, and it can be run again."""


async def asked(url: str, work: Work[Result]) -> Result:
    """What `work` finds on a connection to the database; raises DatabaseUnavailable."""
    async with _opened(_engine(make_url(url), _sqlite_reader)) as connection:
        return await connection.run_sync(work)


async def migrated(url: str, work: Work[None], *, attempts: int) -> None:
    """Let `work` migrate the database in its turn; raises DatabaseUnavailable or MigrationBlocked."""
    async with _opened(_engine(make_url(url), _sqlite_writer)) as connection:
        if connection.dialect.name == "postgresql":
            await _migrated_postgresql(connection, work, attempts)
        else:
            await _migrated_sqlite(connection, work)


async def _migrated_postgresql(connection: AsyncConnection, work: Work[None], attempts: int) -> None:
    """An advisory lock, which the session holds to its end, keeps other processes waiting."""
    await _take_turn(connection)
    await connection.execute(text(f"set lock_timeout = '{LOCK_TIMEOUT_S}s'"))
    await connection.commit()
    for attempt in range(1, attempts + 1):
        try:
            await connection.run_sync(work)
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            if attempt == attempts:
                raise MigrationBlocked(
                    f"Other transactions use the tables: the migration gave up after {attempts} attempts to lock them "
                    f"within {LOCK_TIMEOUT_S} s. Run it again when they have ended; pg_stat_activity lists them."
                ) from error
        await connection.rollback()
        await asyncio.sleep(PAUSE_S)


async def _take_turn(connection: AsyncConnection) -> None:
    for _ in range(int(TURN_S / POLL_S)):
        if await connection.scalar(text(f"select pg_try_advisory_lock({TURN_KEY})")):
            await connection.commit()
            return
        await connection.rollback()
        await asyncio.sleep(POLL_S)
    raise MigrationBlocked(f"Another process has been migrating this database for {TURN_S} s. Run it again later.")


async def _migrated_sqlite(connection: AsyncConnection, work: Work[None]) -> None:
    """One writing transaction around everything keeps other processes waiting."""
    try:
        transaction = await connection.begin()
    except DBAPIError as error:
        raise MigrationBlocked(
            f"Another process has been writing to this database for {TURN_S} s. Run it again later."
        ) from error
    await connection.run_sync(work)
    # SQLite alters a table by making it anew, so references are not enforced meanwhile.
    if broken := (await connection.execute(text("pragma foreign_key_check"))).all():
        raise ValueError(f"The migration breaks references, so nothing was changed. The first are {broken[:3]}.")
    await transaction.commit()


@asynccontextmanager
async def _opened(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of its own; what is not committed when it closes is undone."""
    try:
        connection = await engine.connect()
    except (*LOST, asyncpg.PostgresError, DBAPIError, TimeoutError) as error:
        raise DatabaseUnavailable(f"No connection to the database: {error}") from error
    try:
        yield connection
    finally:
        await connection.close()
        await engine.dispose()


def _engine(url: URL, sqlite: Callable[[Path], AsyncEngine]) -> AsyncEngine:
    match url.get_backend_name():
        case "postgresql":
            return postgresql_engine(url)
        case "sqlite" if url.database and url.database != ":memory:":
            return sqlite(Path(url.database))
    raise ValueError(f"{str(url)!r} is no database of ours: use postgresql://… or sqlite:///FILE.")


def _sqlite_reader(path: Path) -> AsyncEngine:
    file = path.absolute().as_uri()
    return create_async_engine(
        URL.create("sqlite+aiosqlite", database=file, query={"mode": "ro", "uri": "true"}), poolclass=NullPool
    )


def _sqlite_writer(path: Path) -> AsyncEngine:
    """Make the file where it is missing, for its owner only: children's names and birth dates are in it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    # The driver would begin transactions too late for statements that make tables: it begins none, and we do.
    options = {"isolation_level": None, "timeout": TURN_S}
    address = URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_async_engine(address, poolclass=NullPool, connect_args=options)
    event.listen(engine.sync_engine, "connect", _remember_wal)
    event.listen(engine.sync_engine, "begin", _begin_writing)
    return engine


def _remember_wal(connection: DBAPIConnection, _record: object) -> None:
    """Readers go on while one writes; the file remembers that."""
    cursor = connection.cursor()
    cursor.execute("pragma journal_mode = wal")
    cursor.close()


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate")
