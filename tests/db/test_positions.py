"""A reader of the outbox goes on where it was, one at a time, and misses nothing when the log moves elsewhere."""

import pytest
from sqlalchemy import update

from db.connections.database import Database
from db.horizon import rebase
from db.operations import outbox, reading_positions
from db.outbox import BEGINNING, Position, behind
from db.positions import ROSTER, begin, forget, held, move, rebase_positions, taken
from tests.db.test_horizon import told

READER = "somebody"


async def test_a_reader_is_moved_from_where_it_stands_and_from_nowhere_else(database: Database) -> None:
    async with database.writing() as transaction:
        assert await taken(transaction, READER) == Position(0, 0)
        assert await move(transaction, READER, before=Position(0, 0), to=Position(5, 7))
        assert not await move(transaction, READER, before=Position(0, 0), to=Position(9, 9))
    async with database.writing() as transaction:
        assert await taken(transaction, READER) == Position(5, 7)


async def test_a_reader_begins_once_where_it_is_let_begin(database: Database) -> None:
    async with database.writing() as transaction:
        assert await held(transaction, READER) is None
        assert await begin(transaction, READER, Position(5, 7))
        assert not await begin(transaction, READER, Position(9, 9))
        assert await held(transaction, READER) == Position(5, 7)
        await forget(transaction, READER)
        assert await held(transaction, READER) is None


# SQLite lets one transaction write at a time, and numbers none.
@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_one_reader_at_a_time_moves_on(database: Database) -> None:
    async with database.writing() as transaction:
        assert await taken(transaction, READER) == Position(0, 0)
    async with database.writing() as first, database.writing() as second:
        assert await taken(first, READER) == Position(0, 0)
        assert await taken(second, READER) is None


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_what_was_not_read_is_read_when_the_log_was_restored_into_another_server(database: Database) -> None:
    for subject in (1, 2, 3):
        async with database.writing() as transaction:
            await told(transaction, subject)
    first, second, third = await behind(database, Position(0, 0))
    far = 2**40
    async with database.writing() as transaction:
        # The last one was written by a transaction before the others', as a slow one is; so it was read first.
        for one, number in ((third, 0), (first, 1), (second, 2)):
            row = update(outbox).where(outbox.c.seq == one.position.seq)
            await transaction.execute(row.values(transaction_id=far + number))
        await taken(transaction, READER)
        await begin(transaction, ROSTER, BEGINNING)
        stands = update(reading_positions).values(transaction_id=far + 1, seq=first.position.seq)
        await transaction.execute(stands)
        await transaction.run_sync(rebase_positions)
        assert await transaction.run_sync(rebase, outbox) == 3
        after = await taken(transaction, READER)
        # That one reads another log, which is mended by itself.
        assert await held(transaction, ROSTER) == Position(far + 1, first.position.seq)
    assert after is not None
    unread = [one.subject_id for one in await behind(database, after)]
    # The second was not read; the third is read again, and nothing is missed.
    assert unread == [2, 3]
