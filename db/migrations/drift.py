"""Where a database differs from the tables in the code, said as the operations that would mend it."""

from collections.abc import Iterator, Sequence

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations.ops import MigrateOperation, ModifyTableOps, UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Inspector, String, Table, inspect, text

from db.tables import metadata
from db.wall import UNREAD

WALLED = text("select relname from pg_policy join pg_class on pg_class.oid = polrelid where not polpermissive")
PLUGINS = ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]


def differences(connection: Connection) -> list[str]:
    """The operations, as a migration would write them, and what Alembic does not compare; both empty where alike."""
    options = {"compare_type": True, "compare_server_default": True, "autogenerate_plugins": PLUGINS}
    context = MigrationContext.configure(connection, opts={"target_metadata": metadata, **options})
    found = produce_migrations(context, metadata).upgrade_ops
    wanted = [_code(operation, context) for operation in _single(found.ops if found else [])]
    return [*wanted, *_overlooked(inspect(connection)), *_unwalled(connection)]


def _single(operations: Sequence[MigrateOperation]) -> Iterator[MigrateOperation]:
    for operation in operations:
        if isinstance(operation, ModifyTableOps):
            yield from operation.ops
        else:
            yield operation


def _code(operation: MigrateOperation, context: MigrationContext) -> str:
    written = render_python_code(UpgradeOps([operation]), migration_context=context)
    return "\n".join(line for line in written.splitlines() if not line.strip().startswith("#")).strip()


def _overlooked(found: Inspector) -> Iterator[str]:
    """Primary keys, collations and included columns, which Alembic does not compare."""
    there = set(found.get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in there:
            continue
        yield from _keys(table, found)
        # SQLAlchemy tells no collations of SQLite, and its indexes include no columns.
        if found.dialect.name == "postgresql":
            yield from _collations(table, found)
            yield from _includes(table, found)


def _keys(table: Table, found: Inspector) -> Iterator[str]:
    wanted = [column.name for column in table.primary_key]
    there = found.get_pk_constraint(table.name)["constrained_columns"]
    if there != wanted:
        yield f"{table.name}: the primary key is {there} and should be {wanted}"


def _collations(table: Table, found: Inspector) -> Iterator[str]:
    for column in found.get_columns(table.name):
        there = column["type"]
        if column["name"] not in table.columns or not isinstance(there, String):
            continue
        wanted = table.columns[column["name"]].type.dialect_impl(found.dialect)
        if isinstance(wanted, String) and there.collation != wanted.collation:
            said = f"the collation of {column['name']} is {there.collation} and should be {wanted.collation}"
            yield f"{table.name}: {said}"


def _includes(table: Table, found: Inspector) -> Iterator[str]:
    for index in found.get_indexes(table.name):
        there = list(index.get("dialect_options", {}).get("postgresql_include", []))
        for ours in table.indexes:
            wanted = list(ours.dialect_options["postgresql"]["include"] or [])
            if ours.name == index["name"] and there != wanted:
                yield f"{table.name}: {ours.name} includes {there} and should include {wanted}"


def _unwalled(connection: Connection) -> Iterator[str]:
    """A table has a policy for the graph, or is declared as one that the graph does not read."""
    if connection.dialect.name != "postgresql":
        return
    walled = {row[0] for row in connection.execute(WALLED)}
    there = set(inspect(connection).get_table_names()) & metadata.tables.keys()
    for name in sorted(there - walled - UNREAD):
        yield f"{name}: no policy says which of its rows the graph shows; make one, or name it in db.wall.UNREAD"
