"""Webhooks, their secrets, what was delivered to them, and up to where the outbox was read for them."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import SEES_ALL, expose, in_reach, protect, shown

revision = "2026_11_27_01"
down_revision = "2026_11_26_08"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

TABLES = ("reading_positions", "webhooks", "webhook_secrets", "deliveries", "delivery_attempts")
# Who delivers at this moment, and what the token could do that made a webhook, is nothing that the graph shows.
WEBHOOK_COLUMNS = (
    "id, organization_id, owner_id, url, events, document, ordered, schedule, is_active, disabled_reason,"
    " failing_since, created_at, updated_at"
)
POLICIES = {
    "webhooks": (f"{SEES_ALL} and ({in_reach('webhooks')})", WEBHOOK_COLUMNS),
    "deliveries": (f"{SEES_ALL} and ({in_reach('webhooks')})", ""),
    "delivery_attempts": (shown("deliveries", "delivery_attempts.delivery_id"), ""),
}


def upgrade() -> None:
    op.create_table(
        "reading_positions",
        sa.Column("name", Key, nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_reading_positions"),
    )
    make_webhooks()
    make_deliveries()
    if op.get_bind().dialect.name == "postgresql":
        for table, (condition, columns) in POLICIES.items():
            protect(table, condition, columns)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, (_, columns) in reversed(POLICIES.items()):
            expose(table, columns)
    for table in reversed(TABLES):
        op.drop_table(table)


def make_webhooks() -> None:
    """Where to tell what happens, and how it is signed."""
    op.create_table(
        "webhooks",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("abilities", sa.JSON(none_as_null=True)),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("ordered", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("schedule", sa.Text(), server_default="short", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("disabled_reason", sa.Text()),
        sa.Column("failing_since", Moment),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_until", Moment),
        sa.CheckConstraint("schedule in ('short', 'long')", name=op.f("ck_webhooks_schedule")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_webhooks_organization_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_webhooks_owner_id")),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhooks_organization_id_id", "webhooks", ["organization_id", "id"])
    op.create_table(
        "webhook_secrets",
        sa.Column("id", Id, nullable=False),
        sa.Column("webhook_id", Id, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("ends_at", Moment),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_secrets_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_secrets"),
    )
    op.create_index("ix_webhook_secrets_webhook_id_id", "webhook_secrets", ["webhook_id", "id"])


def make_deliveries() -> None:
    """What is to be delivered, and what came of each attempt."""
    op.create_table(
        "deliveries",
        sa.Column("id", Id, nullable=False),
        sa.Column("webhook_id", Id, nullable=False),
        sa.Column("organization_id", Id),
        sa.Column("event_id", Key, nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("event_seq", sa.BigInteger()),
        sa.Column("occurred_at", Moment, nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("replay_of", sa.BigInteger()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", Moment),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("response_code", sa.Integer()),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("finished_at", Moment),
        sa.Column("lease_token", sa.Text()),
        sa.CheckConstraint(
            "status in ('pending', 'delivered', 'failed', 'dead', 'skipped')", name=op.f("ck_deliveries_status")
        ),
        sa.CheckConstraint(
            "(status in ('pending', 'failed')) = (finished_at is null)", name=op.f("ck_deliveries_finished")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_deliveries_organization_id")),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sqlite_autoincrement=True,
    )
    first, unfinished = sa.text("replay_of is null"), sa.text("finished_at is null")
    op.create_index(
        "uq_deliveries_event",
        "deliveries",
        ["webhook_id", "event_id"],
        unique=True,
        postgresql_where=first,
        sqlite_where=first,
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["webhook_id", "next_attempt_at", "id"],
        postgresql_where=unfinished,
        sqlite_where=unfinished,
    )
    op.create_index("ix_deliveries_webhook_id_id", "deliveries", ["webhook_id", "id"])
    op.create_index("ix_deliveries_finished_at", "deliveries", ["finished_at"])
    op.create_table(
        "delivery_attempts",
        sa.Column("delivery_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sent_at", Moment, nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("response_code", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.Column("response_headers", sa.JSON()),
        sa.Column("response_body", sa.Text()),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_attempts_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_delivery_attempts"),
    )
