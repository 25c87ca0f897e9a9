"""What a database holds, as plain Python values, and changes to it behind the back of the code under test."""

import asyncio
from typing import Any

from sqlalchemy import func, select

from db.accesses import access_students, accesses
from db.connections.database import Database, connect
from db.roster_log import roster_changes
from db.tables import metadata

# These say when and by which transaction each row was written, and, some seconds later, who read whom.
LOGS = (roster_changes, accesses, access_students)
Contents = dict[str, list[tuple[Any, ...]]]


async def contents(database: Database, *without: str) -> Contents:
    """All rows of all tables in the order of their keys, less the columns called as in `without`.

    The logs are left out.
    """
    found: Contents = {}
    async with database.writing() as transaction:
        for table in metadata.sorted_tables:
            if table in LOGS:
                continue
            columns = [column for column in table.columns if column.name not in without]
            rows = await transaction.execute(select(*columns).order_by(*table.primary_key))
            found[table.name] = [tuple(row) for row in rows]
    return found


async def counts(database: Database) -> dict[str, int]:
    """How many rows each table has, but for the logs."""
    async with database.writing() as transaction:
        tables = [table for table in metadata.sorted_tables if table not in LOGS]
        return {table.name: await transaction.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def executed(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements in one transaction; gives the rows of the last one, if it has any."""
    return asyncio.run(_executed(url, statements))


async def _executed(url: str, statements: tuple[str, ...]) -> list[tuple[Any, ...]]:
    database = connect(url)
    rows: list[tuple[Any, ...]] = []
    async with database.writing() as transaction:
        for statement in statements:
            found = await transaction.exec_driver_sql(statement)
            rows = [tuple(row) for row in found] if found.returns_rows else []
    await database.close()
    return rows
