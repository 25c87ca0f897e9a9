"""Tests of the row by which an operator switches maintenance mode."""

from datetime import UTC, datetime

from db.connections.database import Database
from db.maintenance import Maintenance, maintenance, set_maintenance

NOW = datetime(2026, 4, 1, tzinfo=UTC)


async def test_nothing_is_set_in_a_new_database(database: Database) -> None:
    assert await maintenance(database) is None


async def test_what_was_set_last_holds(database: Database) -> None:
    for enabled, message in ((True, "本日2時まで\n「保守」中です。"), (False, ""), (True, "again")):
        async with database.writing() as transaction:
            await set_maintenance(transaction, enabled=enabled, message=message, now=NOW)
        assert await maintenance(database) == Maintenance(enabled=enabled, message=message)
    assert [tuple(row) for row in await database.read("select key, count(*) from settings group by key", [])] == [
        ("maintenance", 1)
    ]


async def test_what_is_set_in_a_transaction_that_fails_was_never_set(database: Database) -> None:
    async with database.writing() as transaction:
        await set_maintenance(transaction, enabled=False, message="", now=NOW)
        await transaction.rollback()
    assert await maintenance(database) is None
