"""A database that goes away while something is written is told apart from a statement that is wrong."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from db.accounts import users
from db.connections.database import Database, connect
from db.connections.lost import is_lost
from db.errors import DatabaseUnavailable
from tests.db.contents import executed


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_backend_that_is_ended_in_a_transaction_is_the_databases_fault(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with database.writing() as transaction:
            await transaction.execute(text("select pg_terminate_backend(pg_backend_pid())"))
    async with database.writing() as transaction:
        assert (await transaction.execute(text("select 1"))).scalar_one() == 1


async def test_nobody_answers() -> None:
    nowhere = connect("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(DatabaseUnavailable):
        async with nowhere.writing():
            pass


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_server_that_only_reads_takes_no_writes_for_now(database: Database) -> None:
    async def write() -> None:
        async with database.writing() as transaction:
            await transaction.execute(text("set transaction read only"))
            await transaction.execute(insert(users).values(uid="u", created_at=text("now()")))

    with pytest.raises(DatabaseUnavailable):
        await write()


async def test_a_wrong_statement_stays_what_it_is(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.writing() as transaction:
            await transaction.execute(text("insert into users (uid) values (null)"))
    with pytest.raises(DBAPIError):
        async with database.writing() as transaction:
            await transaction.execute(text("select nothing from nowhere"))


def test_what_our_own_code_raises_is_not_the_databases_fault() -> None:
    assert is_lost(asyncpg.DeadlockDetectedError("x"))
    assert not is_lost(ValueError("x"))
    assert not is_lost(asyncpg.UndefinedColumnError("x"))


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_kept_connections_are_looked_after(migrated: str) -> None:
    kept = connect(migrated, writers=2)
    for _ in range(2):
        async with kept.writing() as transaction:
            pid = (await transaction.execute(text("select pg_backend_pid()"))).scalar_one()
        await asyncio.to_thread(executed, migrated, f"select pg_terminate_backend({pid})")
    async with kept.writing() as transaction:
        assert (await transaction.execute(text("select 1"))).scalar_one() == 1
    await kept.close()
