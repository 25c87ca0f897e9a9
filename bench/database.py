"""The database that is measured: a PostgreSQL with the product's tables, filled with the large fixture."""

import asyncio
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from db.migrate import upgrade
from tests.services.postgresql import create_database, plain, start_postgresql

FIXTURE = Path(__file__).with_name("fixture.sql")
GIVEN = "BENCH_DATABASE_URL"
MARK = "the fixture of bench/fixture.sql, "


@contextmanager
def measured_database() -> Iterator[str]:
    """Give the URL of a filled database: the one that BENCH_DATABASE_URL names, or one on a server of our own.

    The named database is filled when it is empty and kept afterwards, so a second run begins at once. One that holds
    anything else raises RuntimeError. Without the variable all is made anew, which takes about a minute.
    """
    if given := os.environ.get(GIVEN):
        url = make_url(given).set(drivername="postgresql").render_as_string(hide_password=False)
        make_ready(url)
        yield url
        return
    with start_postgresql() as server:
        url = plain(create_database(server, "bench"))
        make_ready(url)
        yield url


def make_ready(url: str) -> None:
    """Make the tables and fill them, unless this very fixture is there already."""
    found, wanted = asyncio.run(comment_on(url)), MARK + digest()
    if found == wanted:
        return
    if asyncio.run(has_tables(url)):
        raise RuntimeError(
            f"{GIVEN} names a database that holds something else (its comment: {found}): use an empty one."
        )
    started = time.monotonic()
    print("Filling the database with 100,000 students; this takes about a minute.", file=sys.stderr)
    upgrade(url)
    asyncio.run(fill(url, wanted))
    print(f"Filled in {time.monotonic() - started:.0f} s.", file=sys.stderr)


def digest() -> str:
    """What tells one version of the fixture from another."""
    return hashlib.sha256(FIXTURE.read_bytes()).hexdigest()[:16]


async def comment_on(url: str) -> str | None:
    """The comment on the database."""
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
        )
        return None if found is None else str(found)
    finally:
        await connection.close()


async def has_tables(url: str) -> bool:
    """Whether there is any table of anyone's."""
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("select exists (select from pg_tables where schemaname = 'public')"))
    finally:
        await connection.close()


async def fill(url: str, mark: str) -> None:
    """Run the fixture as one transaction, tidy up as a server at rest would, and mark the database as filled."""
    connection = await asyncpg.connect(url, command_timeout=None)
    try:
        async with connection.transaction():
            await connection.execute(FIXTURE.read_text())
        await connection.execute("vacuum analyze")
        name = await connection.fetchval("select quote_ident(current_database())")
        text = await connection.fetchval("select quote_literal($1::text)", mark)
        await connection.execute(f"comment on database {name} is {text}")
    finally:
        await connection.close()
