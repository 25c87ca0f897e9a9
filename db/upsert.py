"""Writing rows that may be there already, in the two dialects."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import TextClause

from db.connections.database import Transaction

Row = Mapping[str, Any]


async def write_missing(transaction: Transaction, table: Table, rows: Sequence[Row]) -> int:
    """Write the rows that are not there yet; gives how many were not."""
    if not rows:
        return 0
    found = await transaction.execute(dialect_insert(transaction, table).values(list(rows)).on_conflict_do_nothing())
    return found.rowcount


async def replace(transaction: Transaction, table: Table, rows: Sequence[Row]) -> None:
    """Write rows, each in the place of the one with its primary key."""
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    statement = dialect_insert(transaction, table)
    values = {name: statement.excluded[name] for name in rows[0] if name not in key}
    await transaction.execute(statement.on_conflict_do_update(index_elements=key, set_=values), list(rows))


async def add_to(
    transaction: Transaction,
    table: Table,
    rows: Sequence[Row],
    *,
    key: Sequence[str],
    amounts: Sequence[str],
    where: TextClause | None = None,
) -> None:
    """Write rows, or add their amounts to those of the row with the same key; `where` is that of the unique index."""
    if not rows:
        return
    statement = dialect_insert(transaction, table)
    values = {name: table.c[name] + statement.excluded[name] for name in amounts}
    counted = statement.on_conflict_do_update(index_elements=list(key), index_where=where, set_=values)
    await transaction.execute(counted, list(rows))


def dialect_insert(transaction: Transaction, table: Table) -> Any:
    """An INSERT with the clause ON CONFLICT, which both databases have and SQL has not."""
    return (postgresql if transaction.dialect.name == "postgresql" else sqlite).insert(table)
