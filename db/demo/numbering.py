"""Filling a database with rows whose ids are chosen here: one process at a time, and tidy afterwards."""

import asyncio

from sqlalchemy import Table, func, select, text

from db.connections.database import Database, Transaction
from db.connections.sqlite import empty_log

TURN_KEY = 0x73656564


async def alone(transaction: Transaction) -> None:
    """Wait until no other process fills this database; lasts until the transaction ends. On SQLite one alone writes."""
    if transaction.dialect.name == "postgresql":
        await transaction.execute(text(f"select pg_advisory_xact_lock({TURN_KEY})"))


async def following(transaction: Transaction, table: Table, floor: int = 0) -> int:
    """The first id above all that the table has, and above `floor`."""
    highest = await transaction.scalar(select(func.max(table.c.id)))
    return max(highest or 0, floor) + 1


async def advance(transaction: Transaction, *tables: Table) -> None:
    """Let the database number further rows above the chosen ids; SQLite does so anyway."""
    if transaction.dialect.name != "postgresql":
        return
    for table in tables:
        sequence = func.pg_get_serial_sequence(table.name, "id")
        highest = select(func.max(table.c.id)).scalar_subquery()
        # Never back below what the database itself gave out: that row may be gone, and its id stays its own.
        await transaction.execute(select(func.setval(sequence, func.greatest(highest, func.nextval(sequence)))))


async def gather(database: Database) -> None:
    """Move what SQLite keeps in its log into the file itself, so that whoever copies the file has everything."""
    if database.dialect.name == "sqlite":
        await asyncio.to_thread(empty_log, str(database.engine.url.database))
