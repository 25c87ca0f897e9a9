"""The outbox keeps the transaction that wrote each row, so that a reader misses none of those that commit late.

The default is the same for all rows that are there, so no row is written. The index follows in a revision of its own:
building it would hold the lock of the new column, which nobody can read behind.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_05"
down_revision = "2026_11_26_04"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    default = sa.text("((pg_current_xact_id())::text)::bigint" if postgresql else "0")
    op.add_column("outbox", sa.Column("transaction_id", sa.BigInteger(), server_default=default, nullable=False))


def downgrade() -> None:
    op.drop_column("outbox", "transaction_id")
