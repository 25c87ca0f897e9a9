"""Run by Alembic for every command: runs the migrations on the connection that db.migrate hands over."""

from alembic import context

from db.tables import metadata

# The connection holds its lock already. On SQLite it is inside a transaction too, which then covers all migrations.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
