"""Writes many rows at once, in each database's quickest way."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table

from db.connections.database import Database, Transaction


async def write(database: Database, transaction: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows that all have the same keys in the same order; the transaction must have begun with a statement."""
    if not rows:
        return
    columns = tuple(rows[0])
    if database.dialect.name == "postgresql":
        raw = await transaction.get_raw_connection()
        records = [tuple(row.values()) for row in rows]
        driver: Any = raw.driver_connection
        await driver.copy_records_to_table(table.name, records=records, columns=columns)
        return
    adapt = database.reader.adapt
    values = [tuple([adapt(value) for value in row.values()]) for row in rows]
    marks = ", ".join("?" * len(columns))
    await transaction.exec_driver_sql(f"insert into {table.name} ({', '.join(columns)}) values ({marks})", values)


async def analyze(database: Database, tables: Sequence[Table]) -> None:
    """Let the database look at the tables again, so that it plans with their new sizes."""
    if database.dialect.name == "sqlite":
        async with database.writing() as transaction:
            await transaction.exec_driver_sql("analyze")
        return
    names = ", ".join(table.name for table in tables)
    async with database.engine.connect() as connection:
        # VACUUM refuses to run in a transaction.
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.exec_driver_sql(f"vacuum (analyze) {names}")
