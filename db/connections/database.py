"""One database as the layers above know it: a dialect, statements that read, transactions that write."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Dialect, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.connections.postgresql import PostgresqlReader, postgresql_engine
from db.connections.sqlite import SqliteReader, sqlite_engine
from db.statements.statement import Statement

Row: TypeAlias = Sequence[Any]
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

    async def fetch(self, sql: str, values: Sequence[object]) -> Sequence[Row]:
        """Run one statement."""

    def adapt(self, value: object) -> object:
        """A value as the driver takes it."""


class Database:
    """Reads and writes one database; `statements` counts the reading statements since the start.

    `after_news` are called when a transaction has committed that wrote news (`NEWS`): whoever writes need not think of
    who waits for it.
    """

    def __init__(self, reader: Reader, engine: AsyncEngine) -> None:
        self.reader = reader
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
        await self.engine.dispose()

    async def fetch(self, statement: Statement, values: Mapping[str, object]) -> Sequence[Row]:
        """Run a compiled statement; `values` has every parameter that is no constant of the statement."""
        adapt, constants = self.reader.adapt, statement.constants
        bound = [constants[name] if name in constants else adapt(values[name]) for name in statement.parameters]
        return await self.read(statement.sql, bound)

    async def read(self, sql: str, values: Sequence[object]) -> Sequence[Row]:
        """Run a statement given as text, with its values by position."""
        self.statements += 1
        return await self.reader.fetch(sql, values)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """One transaction: committed at the end of the block, undone by any exception inside it."""
        async with self.engine.begin() as connection:
            yield connection
            news = NEWS in connection.info
        if news:
            for tell in self.after_news:
                tell()


def connect(url: str, *, connections: int = 4) -> Database:
    """The database of a URL (`postgresql://…` or `sqlite:///file`); nothing is opened yet."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "postgresql":
            return Database(PostgresqlReader(parsed, connections), postgresql_engine(parsed))
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return Database(SqliteReader(parsed.database, connections), sqlite_engine(parsed.database))
    raise ValueError(f"{url!r} is no database of ours: use postgresql://… or sqlite:///FILE.")
