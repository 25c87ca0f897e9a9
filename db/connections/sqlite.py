"""Reading from SQLite: a stack of read-only connections, each used by one thread at a time."""

import asyncio
import base64
import datetime
import json
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, NullPool, event
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.errors import DatabaseUnavailable, StatementTooLarge
from db.rows import json_text
from db.sight import Sight

BUSY_MS = 5000
# One for the process, so that a statement is compiled for it once.
DIALECT = sqlite_dialect()
# The kind of an extended result code, and the kinds that may be gone the next time.
PRIMARY = 0xFF
# What is said of a statement beyond SQLite's limits, which have no code of their own.
TOO_LARGE = ("tables in a join", "too many", "parser stack overflow", "Expression tree is too large")
UNAVAILABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
}


class NobodyWaits(Exception):
    """A statement was given up before it began."""


class Job:
    """One statement in a thread; `interrupt` ends it from outside, and never another one on the same connection."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.interrupted = False

    def begin(self, connection: sqlite3.Connection) -> None:
        """The statement is about to run; NobodyWaits where nobody waits for it any more."""
        with self.lock:
            self.connection = connection
            if self.interrupted:
                raise NobodyWaits

    def end(self) -> None:
        """The statement has run."""
        with self.lock:
            self.connection = None

    def interrupt(self) -> None:
        """End the statement, whether it runs or still waits for its thread."""
        with self.lock:
            self.interrupted = True
            if self.connection is not None:
                self.connection.interrupt()


class SqliteReader:
    """A stack of connections and as many threads; a statement runs in a thread, so the event loop goes on."""

    def __init__(self, path: str, connections: int) -> None:
        self.dialect: Dialect = DIALECT
        self.path = Path(path)
        self.size = connections
        self.idle: list[sqlite3.Connection] = []
        self.threads: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        """Open the file for reading; it must be there."""
        try:
            self.idle = [self.connect() for _ in range(self.size)]
        except sqlite3.OperationalError as error:
            raise DatabaseUnavailable(f"{self.path} cannot be opened: {error}") from error
        self.threads = ThreadPoolExecutor(self.size, thread_name_prefix="sqlite")

    async def close(self) -> None:
        """Wait for running statements, then close the connections."""
        if self.threads is not None:
            self.threads.shutdown()
        while self.idle:
            self.idle.pop().close()

    async def fetch(self, sql: str, values: Sequence[object], sight: Sight | None = None) -> Sequence[Sequence[Any]]:
        """Run one statement in a thread; raises DatabaseUnavailable when the file cannot be read.

        SQLite has no policies, so `sight` changes nothing here.
        """
        job = Job()
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, self.run, job, sql, values)
        except asyncio.CancelledError:
            job.interrupt()
            raise

    def run(self, job: "Job", sql: str, values: Sequence[object]) -> Sequence[Sequence[Any]]:
        """Run one statement; there are as many connections as threads, so one is always idle."""
        connection = self.idle.pop()
        try:
            job.begin(connection)
            with told_apart():
                return connection.execute(sql, tuple(values)).fetchall()
        finally:
            job.end()
            self.idle.append(connection)

    @asynccontextmanager
    async def stream(
        self, sql: str, values: Sequence[object], sight: Sight | None, size: int
    ) -> "AsyncIterator[AsyncIterator[Sequence[Sequence[Any]]]]":
        """Run one statement on a connection and in a thread of its own; SQLite has no policies for a `sight`."""
        loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, thread_name_prefix="sqlite-stream")
        try:
            with told_apart():
                connection = await loop.run_in_executor(thread, self.connect)
                try:
                    cursor = await loop.run_in_executor(thread, lambda: connection.execute(sql, tuple(values)))
                    yield batches(lambda: loop.run_in_executor(thread, cursor.fetchmany, size))
                finally:
                    # Whoever goes away in the middle of a step does not wait for the statement's end.
                    connection.interrupt()
                    await loop.run_in_executor(thread, connection.close)
        finally:
            thread.shutdown(wait=False)

    def connect(self) -> sqlite3.Connection:
        """Open one connection that cannot write, with the functions that our statements use."""
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True, check_same_thread=False, cached_statements=500)
        connection.execute(f"pragma busy_timeout = {BUSY_MS}")
        connection.execute("pragma cache_size = -65536")
        connection.execute("pragma mmap_size = 1073741824")
        connection.create_function("base64", 1, base64_text, deterministic=True)
        connection.create_function("json_float", 1, float_text, deterministic=True)
        return connection

    def adapt(self, value: object) -> object:
        """Lists become JSON, instants UTC text, dates text: as the tables keep them."""
        match value:
            case datetime.datetime():
                # strftime would not fill years before 1000 with zeros.
                utc = value.astimezone(datetime.UTC).replace(tzinfo=None)
                return utc.isoformat(sep=" ", timespec="microseconds")
            case datetime.date():
                return value.isoformat()
            case list() | tuple() | frozenset():
                return json.dumps(list(value))
        return value


@contextmanager
def told_apart() -> Iterator[None]:
    """Tell apart what SQLite's errors mean: DatabaseUnavailable, StatementTooLarge, or a mistake of ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & PRIMARY in UNAVAILABLE:
            raise DatabaseUnavailable(f"The database file did not answer: {error}") from error
        if any(words in str(error) for words in TOO_LARGE):
            raise StatementTooLarge(str(error)) from error
        raise


async def batches(
    step: "Callable[[], asyncio.Future[list[Any]]]",
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    """What each step gives, until one gives nothing."""
    while rows := await step():
        yield rows


def base64_text(text: str | None) -> str | None:
    """Base64 of UTF-8 text, as PostgreSQL's encode writes it."""
    return None if text is None else base64.b64encode(text.encode()).decode()


def float_text(value: float | None) -> str | None:
    """The shortest text that gives the same float again; SQLite itself prints 15 digits."""
    return None if value is None else repr(float(value))


def sqlite_engine(path: str) -> AsyncEngine:
    """The engine for transactions that write: one writer at a time, readers go on (WAL)."""
    # Errors are logged, and must not quote children's names.
    options = {"poolclass": NullPool, "hide_parameters": True, "json_serializer": json_text}
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", **options)
    event.listen(engine.sync_engine, "connect", prepare_writer)
    event.listen(engine.sync_engine, "begin", take_the_pen)
    event.listen(engine.sync_engine, "invalidate", lay_down_the_pen)
    return engine


def prepare_writer(connection: Any, _record: Any) -> None:
    """Settings of a connection that writes; foreign keys are off in SQLite unless asked for."""
    for pragma in ("journal_mode = wal", "foreign_keys = on", f"busy_timeout = {BUSY_MS}", "synchronous = normal"):
        connection.execute(f"pragma {pragma}")
    # Python would begin a transaction with its first change only, and what was read before might have changed by then.
    connection.isolation_level = None


def take_the_pen(connection: Connection) -> None:
    """Begin a transaction as the one writer there is, so that what it reads stays true until it has written."""
    cursor = connection.connection.cursor()
    cursor.execute("begin immediate")
    cursor.close()


def lay_down_the_pen(connection: Any, _record: Any, _error: BaseException | None) -> None:
    """Undo what a task has done that is cancelled in the middle of it.

    Closed alone, the connection would keep everybody else from writing until the last of its rows is forgotten.
    """
    # Where it is closed already there is nothing left to undo.
    with suppress(sqlite3.Error, ValueError):
        connection.rollback()


def empty_log(path: str) -> None:
    """Move what stands in the write-ahead log into the file itself, as far as nobody reads or writes beside it."""
    with closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
