"""The index along which the outbox is read; building it keeps writers out and readers not."""

from alembic import op

revision = "2026_11_26_06"
down_revision = "2026_11_26_05"


def upgrade() -> None:
    op.create_index("ix_outbox_transaction_id_seq", "outbox", ["transaction_id", "seq"])


def downgrade() -> None:
    op.drop_index("ix_outbox_transaction_id_seq", "outbox")
