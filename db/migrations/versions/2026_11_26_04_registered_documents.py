"""Documents that are run by their hash, and API tokens that run nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_04"
down_revision = "2026_11_26_03"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    key = sa.Text(collation="C") if postgresql else sa.Text()
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "registered_documents",
        sa.Column("sha256", key, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text()),
        sa.Column("cost_limit", sa.Integer()),
        sa.Column("registered_at", moment, nullable=False),
        sa.CheckConstraint("cost_limit > 0", name=op.f("ck_registered_documents_cost_limit")),
        sa.PrimaryKeyConstraint("sha256", name="pk_registered_documents"),
    )
    # A constant default is written nowhere, so that the lock on the table is held for an instant.
    op.add_column("api_tokens", sa.Column("documents_only", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("api_tokens", "documents_only")
    op.drop_table("registered_documents")
