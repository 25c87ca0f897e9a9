"""Tests that the tables go up and down on both databases, one process at a time, and that nobody waits long for it."""

import asyncio
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import Connection, inspect

from db.errors import DatabaseUnavailable
from db.migrate import UnknownRevision, current, downgrade, drift, head, upgrade
from db.migrations.turns import MigrationBlocked, asked, migrated
from db.tables import metadata
from tests.db.contents import executed
from tests.services.postgresql import Server, create_database, drop_database, plain

ROOT = Path(__file__).parents[2]
# Says that it is ready, and migrates when it is told to, so that several begin together.
MIGRATE = """
import sys
from db.migrate import upgrade
print("ready", flush=True)
sys.stdin.readline()
upgrade(sys.argv[1])
"""


@pytest.fixture
def postgresql(postgresql_server: Server) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database."""
    name = f"in_use_{uuid4().hex}"
    url = create_database(postgresql_server, name)
    upgrade(url)
    yield url
    drop_database(postgresql_server, name)


def tables(url: str) -> set[str]:
    """The names of the tables that the database has."""
    return asyncio.run(asked(url, lambda connection: set(inspect(connection).get_table_names())))


def sequences(connection: Connection) -> list[str]:
    """What numbers rows in the database, beside its tables."""
    return inspect(connection).get_sequence_names() if connection.dialect.name == "postgresql" else []


@asynccontextmanager
async def in_use(url: str, *, seconds: int) -> AsyncIterator[None]:
    """Somebody reads `users` in a transaction that goes on; PostgreSQL ends it after some seconds."""
    reader = await asyncpg.connect(plain(url), server_settings={"idle_in_transaction_session_timeout": f"{seconds}s"})
    await reader.execute("begin; select * from users")
    yield
    reader.terminate()


def test_the_tables_go_up_down_and_up_again(empty: str) -> None:
    assert current(empty) is None
    upgrade(empty)
    assert current(empty) == head() == "2026_11_28_11"
    assert tables(empty) == {*metadata.tables, "alembic_version"}
    assert drift(empty) == []

    downgrade(empty, "base")
    assert current(empty) is None
    assert tables(empty) == {"alembic_version"}
    assert asyncio.run(asked(empty, sequences)) == []

    upgrade(empty)
    assert current(empty) == head()
    assert drift(empty) == []


def test_a_migrated_database_keeps_its_rows(empty: str) -> None:
    upgrade(empty)
    executed(empty, "insert into users (id, uid, created_at) values (7, 'kept', '2026-04-01 00:00:00+00')")
    upgrade(empty)
    assert executed(empty, "select id, uid from users") == [(7, "kept")]


def test_processes_that_start_at_once_migrate_once(empty: str) -> None:
    command = [sys.executable, "-W", "error", "-c", MIGRATE, empty]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert current(empty) == head()
    assert drift(empty) == []


def test_a_revision_that_this_code_does_not_know_is_named(empty: str) -> None:
    with pytest.raises(UnknownRevision, match=r"2099_01_01_01.*newest revision that this code knows is 2026_11_28_11"):
        upgrade(empty, "2099_01_01_01")
    assert current(empty) is None


def test_a_database_that_is_newer_than_the_code_is_left_alone(empty: str) -> None:
    upgrade(empty)
    executed(empty, "update alembic_version set version_num = '2099_01_01_01'")
    for change in (upgrade, lambda url: downgrade(url, "base")):
        with pytest.raises(UnknownRevision, match="2099_01_01_01"):
            change(empty)
    assert current(empty) == "2099_01_01_01"
    assert tables(empty) == {*metadata.tables, "alembic_version"}


def test_a_sqlite_file_is_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "kakehashi.db"
    upgrade(f"sqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_sqlite_file_is_read_while_it_is_written(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/kakehashi.db")
    # These two bytes of the file say that it is written with a log (WAL), so that nobody has to ask for that.
    assert (tmp_path / "kakehashi.db").read_bytes()[18:20] == b"\x02\x02"


def test_asking_for_the_revision_makes_no_file(tmp_path: Path) -> None:
    assert current(f"sqlite:///{tmp_path}/folder/kakehashi.db") is None
    assert list(tmp_path.iterdir()) == []


def test_a_migration_of_sqlite_that_breaks_references_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kakehashi.db"
    upgrade(url)
    columns = "id, parent_id, code, name, abbreviation, search_key, updated_at"
    parent, child = "(1, null, 'p', '', '', '', '2026-04-01')", "(2, 1, 'c', '', '', '', '2026-04-01')"
    executed(url, f"insert into organizations ({columns}) values {parent}, {child}")

    def orphan(connection: Connection) -> None:
        connection.exec_driver_sql("delete from organizations where id = 1")

    with pytest.raises(ValueError, match=r"breaks references, so nothing was changed.*organizations"):
        asyncio.run(migrated(url, orphan, attempts=1))
    assert executed(url, "select count(*) from organizations") == [(2,)]


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/nothing", "postgresql://nobody@/nothing?host=/nowhere/at/all"]
)
def test_a_database_that_does_not_answer_is_told_as_such(url: str) -> None:
    for ask in (upgrade, current, drift):
        with pytest.raises(DatabaseUnavailable, match="No connection to the database"):
            ask(url)


def test_a_url_of_another_kind_is_refused() -> None:
    for url in ("mysql://user:secret@host/name", "sqlite://", "sqlite:///:memory:"):
        with pytest.raises(ValueError, match="is no database of ours: use postgresql://") as refused:
            upgrade(url)
        assert "secret" not in str(refused.value)


async def test_a_migration_gives_up_rather_than_let_readers_wait(postgresql: str) -> None:
    # Without a limit of its own the migration would wait until PostgreSQL ends the reader, and then succeed.
    async with in_use(postgresql, seconds=60):
        with pytest.raises(MigrationBlocked, match="gave up after 1 attempts to lock them within 2 s"):
            await asyncio.to_thread(downgrade, postgresql, "base", attempts=1)
    # The newest revision refers to `users`, which is in use, and nothing of it is undone.
    assert await asyncio.to_thread(current, postgresql) == head() == "2026_11_28_11"
    await asyncio.to_thread(upgrade, postgresql)
    assert await asyncio.to_thread(drift, postgresql) == []


async def test_a_migration_tries_again_until_the_tables_are_free(postgresql: str) -> None:
    async with in_use(postgresql, seconds=3):
        await asyncio.to_thread(downgrade, postgresql, "base")
    assert await asyncio.to_thread(current, postgresql) is None
