"""One database as the layers above know it: a dialect, statements that read, transactions that write."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Dialect, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.connections.lost import is_lost
from db.connections.postgresql import PostgresqlReader, postgresql_engine
from db.connections.sqlite import SqliteReader, sqlite_engine
from db.errors import DatabaseUnavailable
from db.sight import ROLE, Sight
from db.statements.statement import Statement

Row: TypeAlias = Sequence[Any]
# Rows as they come, some at a time.
Batches: TypeAlias = AsyncIterator[Sequence[Row]]
Transaction: TypeAlias = AsyncConnection

# Under this key a transaction notes that it wrote what others wait for, such as events in the outbox.
NEWS = "kakehashi.news"


class Reader(Protocol):
    """What runs reading statements: a stack of connections of one kind."""

    dialect: Dialect

    async def open(self) -> None:
        """Connect."""

    async def close(self) -> None:
        """Close every connection."""

    async def fetch(self, sql: str, values: Sequence[object], sight: Sight | None = None) -> Sequence[Row]:
        """Run one statement; with a `sight` it sees what a viewer may."""

    def stream(
        self, sql: str, values: Sequence[object], sight: Sight | None, size: int
    ) -> "AbstractAsyncContextManager[Batches]":
        """Run one statement on a connection of its own, and hand out its rows as they are asked for."""

    def adapt(self, value: object) -> object:
        """A value as the driver takes it."""


class Database:
    """Reads and writes one database; `statements` counts the reading statements since the start.

    `after_news` are called when a transaction has committed that wrote news (`NEWS`): whoever writes need not think of
    who waits for it.

    What the graph shows is read by `seen`, on connections that cannot see more than a viewer may; `fetch` and `read`
    are for what the system itself has to know, such as who comes in, and see everything.
    """

    def __init__(self, reader: Reader, engine: AsyncEngine, graph: Reader | None = None) -> None:
        self.reader = reader
        self.graph = graph or reader
        self.engine = engine
        self.dialect = reader.dialect
        self.statements = 0
        self.after_news: list[Callable[[], None]] = []

    async def open(self) -> None:
        """Connect; raises DatabaseUnavailable where the database does not answer."""
        await self.reader.open()

    async def close(self) -> None:
        """Close every connection."""
        await self.reader.close()
        if self.graph is not self.reader:
            await self.graph.close()
        await self.engine.dispose()

    async def fetch(self, statement: Statement, values: Mapping[str, object]) -> Sequence[Row]:
        """Run a compiled statement; `values` has every parameter that is no constant of the statement."""
        return await self.read(statement.sql, self.bound(statement, values))

    async def seen(self, statement: Statement, values: Mapping[str, object], sight: Sight) -> Sequence[Row]:
        """Run a compiled statement that sees what a viewer may; on SQLite its own conditions alone see to that."""
        self.statements += 1
        return await self.graph.fetch(statement.sql, self.bound(statement, values), sight)

    def streaming(
        self, statement: Statement, values: Mapping[str, object], sight: Sight, *, size: int
    ) -> "AbstractAsyncContextManager[Batches]":
        """The rows of a compiled statement that sees what a viewer may, so many at a time and all from one snapshot.

        However many there are, only those of one batch are here. Raises DatabaseUnavailable, also on the way.
        """
        self.statements += 1
        return self.graph.stream(statement.sql, self.bound(statement, values), sight, size)

    def bound(self, statement: Statement, values: Mapping[str, object]) -> list[object]:
        """The values of a statement by position, as the driver takes them."""
        adapt, constants = self.reader.adapt, statement.constants
        return [constants[name] if name in constants else adapt(values[name]) for name in statement.parameters]

    async def read(self, sql: str, values: Sequence[object]) -> Sequence[Row]:
        """Run a statement given as text, with its values by position."""
        self.statements += 1
        return await self.reader.fetch(sql, values)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """One transaction: committed at the end of the block, undone by any exception inside it.

        Raises DatabaseUnavailable where the database is away, or goes away on the way: whether what was changed is
        kept then, nobody knows who lost it while it was being committed.
        """
        try:
            async with self.engine.begin() as connection:
                yield connection
                news = connection.info.pop(NEWS, False)
        except Exception as error:
            if is_lost(error):
                raise DatabaseUnavailable(f"The database is away: {type(error).__name__}.") from error
            raise
        if news:
            for tell in self.after_news:
                tell()


def connect(url: str, *, connections: int = 4, writers: int = 0) -> Database:
    """The database of a URL (`postgresql://…` or `sqlite:///file`); nothing is opened yet.

    On PostgreSQL there may be so many `connections` for what the graph shows, and as many for the system's own reads.
    So many `writers` are kept for transactions; without them each transaction has a connection of its own.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "postgresql":
            graph = PostgresqlReader(parsed, connections, ROLE)
            return Database(PostgresqlReader(parsed, connections), postgresql_engine(parsed, writers), graph)
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return Database(SqliteReader(parsed.database, connections), sqlite_engine(parsed.database))
    raise ValueError(f"{url!r} is no database of ours: use postgresql://… or sqlite:///FILE.")
