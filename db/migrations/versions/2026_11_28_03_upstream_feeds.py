"""Upstreams whose usage feed (利用実績) is collected, and what was collected from them."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import SEES_ALL, expose, holds, protect

revision = "2026_11_28_03"
down_revision = "2026_11_28_02"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

# Whoever reaches every student is a system operator.
IS_OPERATOR = holds(":students = 'all'")
OF_DEMO = "(select seen.id from students seen where seen.uid = collected_usage.uid and seen.demo) is not null"
# Credentials, who collects at this moment, and how far that is, are nothing that the graph shows.
UPSTREAM_COLUMNS = (
    "id, name, url, is_active, watermark, last_success_at, failing_since, failures, last_error, next_poll_at,"
    " created_at, updated_at"
)
POLICIES = {
    "upstream_feeds": (f"{IS_OPERATOR} and {SEES_ALL}", UPSTREAM_COLUMNS),
    "collected_usage": (f"{IS_OPERATOR} and ({SEES_ALL} or {OF_DEMO})", ""),
}


def upgrade() -> None:
    op.create_table(
        "upstream_feeds",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed_credential", sa.LargeBinary()),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("watermark", Moment),
        sa.Column("place", sa.JSON(none_as_null=True)),
        sa.Column("last_success_at", Moment),
        sa.Column("failing_since", Moment),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("next_poll_at", Moment, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_until", Moment),
        sa.PrimaryKeyConstraint("id", name="pk_upstream_feeds"),
        sa.UniqueConstraint("name", name="uq_upstream_feeds_name"),
        sqlite_autoincrement=True,
    )
    make_collected_usage()
    if op.get_bind().dialect.name == "postgresql":
        for table, (condition, columns) in POLICIES.items():
            protect(table, condition, columns)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, (_, columns) in reversed(POLICIES.items()):
            expose(table, columns)
    op.drop_table("collected_usage")
    op.drop_table("upstream_feeds")


def make_collected_usage() -> None:
    """What upstreams gave."""
    op.create_table(
        "collected_usage",
        sa.Column("id", Id, nullable=False),
        sa.Column("source", Key, nullable=False),
        sa.Column("external_id", Key, nullable=False),
        sa.Column("uid", Key, nullable=False),
        sa.Column("package_code", sa.Text(), nullable=False),
        sa.Column("package_name", sa.Text(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("collected_at", Moment, nullable=False),
        sa.Column("changed_at", Moment),
        sa.PrimaryKeyConstraint("id", name="pk_collected_usage"),
        sa.UniqueConstraint("source", "external_id", name="uq_collected_usage_source_external_id"),
        sqlite_autoincrement=True,
    )
    columns = (("source", "id"), ("source", "created_at", "id"), ("created_at", "id"), ("uid", "id"))
    for names in columns:
        op.create_index(f"ix_collected_usage_{'_'.join(names)}", "collected_usage", list(names))
