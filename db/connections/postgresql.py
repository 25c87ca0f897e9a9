"""Reading from PostgreSQL: a plain stack of asyncpg connections, last in, first out."""

import asyncio
import collections
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import URL, Dialect, NullPool
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.connections.calendar import connected
from db.errors import DatabaseUnavailable, StatementTooLarge
from db.rows import json_text
from db.sight import BLIND, LOOK, Sight

# Plans of many small joins gain nothing from compiling, and the rows asked for are in memory. Planning them anew for
# every request costs more than running them, so a statement is planned once on each connection.
SETTINGS = {
    "jit": "off",
    "random_page_cost": "1.1",
    "plan_cache_mode": "force_generic_plan",
    "timezone": "UTC",
    "application_name": "kakehashi",
}
# What is read to its end is planned for that end, once for its values, and not for its first rows.
STREAMED = {"plan_cache_mode": "force_custom_plan", "cursor_tuple_fraction": "1"}
# One for the process, so that a statement is compiled for it once.
DIALECT: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
WAIT_S = 2.0
CONNECT_S = 5.0

LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    # The backend was ended, or the whole server is stopping.
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
# Which viewer a connection shows is not known while it is being told.
UNKNOWN = Sight(())

REFUSED = (
    *LOST,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,
    # There is no such role, or the login may not become it.
    asyncpg.InvalidParameterValueError,
    asyncpg.InsufficientPrivilegeError,
)


class PostgresqlReader:
    """A stack of connections; taking one costs a list pop, and waiting longer than two seconds is refused.

    With a `role` every connection is that role's from its first moment to its last, and shows what the policies of
    PostgreSQL let the viewer of each statement see. Without one it is the login's own, and knows no viewers.
    """

    def __init__(self, url: URL, connections: int, role: str | None = None) -> None:
        self.dialect: Dialect = DIALECT
        self.dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self.size = connections
        self.role = role
        self.settings = SETTINGS if role is None else {**SETTINGS, "role": role}
        self.opened = 0
        self.idle: list[asyncpg.Connection[asyncpg.Record]] = []
        self.sights: dict[asyncpg.Connection[asyncpg.Record], Sight] = {}
        self.waiters: collections.deque[asyncio.Future[asyncpg.Connection | None]] = collections.deque()

    async def open(self) -> None:
        """Open the first connection, so that a wrong address is told at the start."""
        self.idle.append(await self.connect())

    async def close(self) -> None:
        """Close what is idle; connections in use are closed by their end."""
        while self.idle:
            connection = self.idle.pop()
            self.sights.pop(connection, None)
            await connection.close(timeout=CONNECT_S)
            self.opened -= 1

    async def fetch(self, sql: str, values: Sequence[object], sight: Sight | None = None) -> Sequence[Sequence[Any]]:
        """Run one statement; raises DatabaseUnavailable when no connection can be had or it broke.

        `sight` is for connections of a role: whose rows the statement may see. Without it such a one sees none.
        """
        connection = self.idle.pop() if self.idle else await self.take()
        try:
            if self.sights.get(connection) is not sight:
                await self.look(connection, sight)
            records: Sequence[Sequence[Any]] = await connection.fetch(sql, *values)
            return records
        except LOST as error:
            raise DatabaseUnavailable("The database connection broke.") from error
        except asyncpg.ProgramLimitExceededError as error:
            raise StatementTooLarge(str(error)) from error
        finally:
            self.give(connection)

    @asynccontextmanager
    async def stream(
        self, sql: str, values: Sequence[object], sight: Sight | None, size: int
    ) -> "AsyncIterator[AsyncIterator[Sequence[Sequence[Any]]]]":
        """Run one statement by a cursor; it may take long, so it has a connection of its own, beside all others."""
        connection = await opened(self.dsn, {**self.settings, **STREAMED})
        try:
            if self.role is not None:
                await connection.fetch(LOOK, *(sight or BLIND).settings)
            async with connection.transaction(readonly=True):
                yield batches(await connection.cursor(sql, *values), size)
        except LOST as error:
            raise DatabaseUnavailable("The database connection broke.") from error
        except asyncpg.ProgramLimitExceededError as error:
            raise StatementTooLarge(str(error)) from error
        finally:
            # There may be rows left that nobody wants any more.
            connection.terminate()

    async def look(self, connection: "asyncpg.Connection[asyncpg.Record]", sight: Sight | None) -> None:
        """Let a connection show what another viewer may see; however this ends, it never passes for the one before."""
        if self.role is None:
            raise TypeError("The login's own connections see everything: no viewer's statement belongs there.")
        self.sights[connection] = UNKNOWN
        await connection.fetch(LOOK, *(sight or BLIND).settings)
        if sight is None:
            del self.sights[connection]
        else:
            self.sights[connection] = sight

    async def take(self) -> "asyncpg.Connection":
        """A new connection while there may be more, else the next that is given back, first come, first served."""
        if self.opened < self.size:
            return await self.connect()
        turn: asyncio.Future[asyncpg.Connection | None] = asyncio.get_running_loop().create_future()
        self.waiters.append(turn)
        try:
            async with asyncio.timeout(WAIT_S):
                given = await turn
        except TimeoutError:
            self.give_back(turn)
            raise DatabaseUnavailable("All database connections are busy.") from None
        except asyncio.CancelledError:
            self.give_back(turn)
            raise
        return given or await self.connect()

    def give_back(self, turn: "asyncio.Future[asyncpg.Connection | None]") -> None:
        """Pass on what was given to someone who has stopped waiting in the same moment."""
        if turn.done() and not turn.cancelled() and (given := turn.result()) is not None:
            self.give(given)

    def give(self, connection: "asyncpg.Connection") -> None:
        """Hand a connection to who waits longest, or keep it; a broken one is forgotten and makes room for another."""
        usable = not connection.is_closed()
        if not usable:
            self.opened -= 1
            self.sights.pop(connection, None)
        while self.waiters:
            turn = self.waiters.popleft()
            if not turn.done():
                turn.set_result(connection if usable else None)
                return
        if usable:
            self.idle.append(connection)

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Open one connection."""
        self.opened += 1
        try:
            return await opened(self.dsn, self.settings)
        except BaseException:
            self.opened -= 1
            raise

    def adapt(self, value: object) -> object:
        """Values go to PostgreSQL as they are."""
        return value


async def opened(dsn: str, settings: Mapping[str, str]) -> "asyncpg.Connection":
    """A new connection; raises DatabaseUnavailable."""
    try:
        return await connected(dsn, server_settings=settings, statement_cache_size=500, timeout=CONNECT_S)
    except (*REFUSED, TimeoutError) as error:
        raise DatabaseUnavailable(f"No connection to the database: {error}") from error


async def batches(cursor: "asyncpg.cursor.Cursor[asyncpg.Record]", size: int) -> AsyncIterator[Sequence[Sequence[Any]]]:
    """The rows of a cursor, so many at a time."""
    while rows := await cursor.fetch(size):
        yield rows


def postgresql_engine(url: URL, writers: int = 0) -> AsyncEngine:
    """The engine for transactions that write.

    Where these are few, each has a connection of its own. Where they are many, so many `writers` are kept, and looked
    after before each transaction.
    """
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def creator() -> "asyncpg.Connection[asyncpg.Record]":
        return await connected(dsn, server_settings=SETTINGS, timeout=CONNECT_S)

    options: dict[str, Any] = {"poolclass": NullPool}
    if writers:
        options = {"pool_size": writers, "max_overflow": 0, "pool_timeout": CONNECT_S, "pool_pre_ping": True}
    # Errors are logged, and must not quote children's names.
    options |= {"hide_parameters": True, "json_serializer": json_text}
    return create_async_engine("postgresql+asyncpg://", async_creator=creator, **options)
