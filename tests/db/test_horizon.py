"""A log is read behind a number, and no row is missed, in whatever order the transactions commit that wrote it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from db.connections.database import Database, Transaction
from db.horizon import behind, position, rebase, settled
from db.operations import outbox
from db.outbox import append
from db.predicates import parameter
from db.statements.statement import compiled

NOW = datetime(2026, 11, 26, 3, 4, 5, tzinfo=UTC)
NUMBER = outbox.c.seq.type


async def told(transaction: Transaction, subject_id: int) -> None:
    """Append one row; its subject tells rows apart."""
    await append(
        transaction,
        type_="t",
        organization_id=None,
        subject_type="s",
        subject_id=subject_id,
        body={},
        occurred_at=NOW,
    )


async def read(database: Database, after: int) -> list[tuple[int, int]]:
    """The (number, subject) of each row behind a number."""
    rows = select(outbox.c.seq, outbox.c.subject_id).where(
        settled(outbox), behind(outbox, "seq", parameter("after", NUMBER))
    )
    rows = rows.order_by(*position(outbox, "seq"))
    return [(row[0], row[1]) for row in await database.fetch(compiled(rows, database.dialect), {"after": after})]


async def test_rows_are_read_behind_a_number_in_their_order(database: Database) -> None:
    for subject_id in (7, 8, 9):
        async with database.writing() as transaction:
            await told(transaction, subject_id)
    assert await read(database, 0) == [(1, 7), (2, 8), (3, 9)]
    assert await read(database, 2) == [(3, 9)]
    assert await read(database, 3) == []


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("earlier_begins", [True, False])
async def test_a_row_that_commits_late_is_read_late_and_not_missed(database: Database, *, earlier_begins: bool) -> None:
    """`late` takes the lower number and commits last; whichever of the two transactions began first."""
    async with database.engine.connect() as late, database.engine.connect() as soon:
        for connection in (late, soon) if earlier_begins else (soon, late):
            await connection.exec_driver_sql("select pg_current_xact_id()")
        await told(late, 1)
        await told(soon, 2)
        await soon.commit()
        seen = await read(database, 0)
        async with database.writing() as transaction:
            await told(transaction, 3)
        seen += await read(database, seen[-1][0] if seen else 0)
        assert seen == ([] if earlier_begins else [(2, 2)])
        await late.commit()
    seen += await read(database, seen[-1][0] if seen else 0)
    assert sorted(seen) == [(1, 1), (2, 2), (3, 3)]
    assert await read(database, seen[-1][0]) == []


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_rows_of_a_transaction_that_is_undone_hold_nothing_back(database: Database) -> None:
    async with database.engine.connect() as undone:
        await told(undone, 1)
        async with database.writing() as transaction:
            await told(transaction, 2)
        assert await read(database, 0) == []
        await undone.rollback()
    assert await read(database, 0) == [(2, 2)]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_log_restored_into_another_server_is_read_in_the_order_of_its_numbers(database: Database) -> None:
    async with database.writing() as transaction:
        await told(transaction, 1)
        await told(transaction, 2)
    async with database.writing() as transaction:
        assert await transaction.run_sync(rebase, outbox) == 0
        # As from a server whose transactions count far higher.
        await transaction.execute(update(outbox).where(outbox.c.seq == 1).values(transaction_id=2**40))
    assert await read(database, 0) == [(2, 2)]
    async with database.writing() as transaction:
        assert await transaction.run_sync(rebase, outbox) == 2
    async with database.writing() as transaction:
        await told(transaction, 3)
    assert await read(database, 0) == [(1, 1), (2, 2), (3, 3)]
    assert await read(database, 2) == [(3, 3)]


async def test_behind_the_number_of_a_row_that_is_gone_nothing_is_missed(database: Database, kind: str) -> None:
    for subject_id in (1, 2, 3):
        async with database.writing() as transaction:
            await told(transaction, subject_id)
    async with database.writing() as transaction:
        await transaction.execute(outbox.delete().where(outbox.c.seq == 2))
    assert await read(database, 2) == ([(1, 1), (3, 3)] if kind == "postgresql" else [(3, 3)])
