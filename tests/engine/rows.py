"""All rows of a database as plain Python values, read once."""

from collections import defaultdict
from typing import Any, TypeAlias

from sqlalchemy import select

from db.connections.database import Database
from db.roster_log import roster_changes
from db.tables import metadata

Row: TypeAlias = dict[str, Any]


class Rows:
    """Every table by name, with a few ways to look into it."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self.tables = tables
        self.indexes: dict[tuple[str, str], dict[object, list[Row]]] = {}

    def __getitem__(self, table: str) -> list[Row]:
        """All rows of a table."""
        return self.tables[table]

    def of(self, table: str, column: str, value: object) -> list[Row]:
        """The rows with this value in a column."""
        index = self.indexes.get((table, column))
        if index is None:
            index = self.indexes[table, column] = defaultdict(list)
            for row in self.tables[table]:
                index[row[column]].append(row)
        return index.get(value, [])

    def one(self, table: str, key: object, column: str = "id") -> Row:
        """The row with this key."""
        (row,) = self.of(table, column, key)
        return row


async def load(database: Database) -> Rows:
    """Read all tables, as SQLAlchemy and not the engine reads them."""
    tables: dict[str, list[Row]] = {}
    async with database.engine.connect() as connection:
        # The log of changes says when each row was written, which is another time on each database.
        for table in (table for table in metadata.sorted_tables if table is not roster_changes):
            found = await connection.execute(select(table).order_by(*table.primary_key))
            tables[table.name] = [dict(row) for row in found.mappings()]
    return Rows(tables)
