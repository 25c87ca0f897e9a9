"""What is paid for: prices of plans, who pays for organizations, their subscriptions, and events of Stripe."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import SEES_ALL, expose, in_reach, protect

revision = "2026_11_28_07"
down_revision = "2026_11_28_06"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Moment = sa.DateTime(timezone=True)

STATUSES = ("active", "trialing", "past_due", "unpaid", "paused", "incomplete", "canceled", "incomplete_expired")
# What Stripe calls a subscription, its price and its promotion code is nothing that the graph shows.
SUBSCRIPTION_COLUMNS = (
    "id, organization_id, plan_code, status, precedence, started_at, trial_started_at, trial_ends_at,"
    " current_period_ends_at, cancel_at, ended_at, created_at, updated_at"
)


def upgrade() -> None:
    op.add_column("subscription_plans", sa.Column("stripe_price_id", Key))
    op.create_table(
        "plan_prices",
        sa.Column("price_id", Key, nullable=False),
        sa.Column("plan_code", Key, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("price_id", name="pk_plan_prices"),
        refers("plan_prices", "plan_code", "subscription_plans.code"),
    )
    make_payers()
    make_subscriptions()
    make_what_happened()
    if op.get_bind().dialect.name == "postgresql":
        protect("subscriptions", f"{SEES_ALL} and ({in_reach('billing')})", SUBSCRIPTION_COLUMNS)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        expose("subscriptions", SUBSCRIPTION_COLUMNS)
    for table in ("redeemed_promotions", "received_events", "subscriptions", "payers", "plan_prices"):
        op.drop_table(table)
    op.drop_column("subscription_plans", "stripe_price_id")


def make_payers() -> None:
    """Who pays, and what plan follows from that."""
    op.create_table(
        "payers",
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("customer_id", Key),
        sa.Column("paid_plan", Key),
        sa.Column("plan_before", Key),
        sa.Column("asked_no", sa.Integer(), server_default="0", nullable=False),
        sa.Column("known_no", sa.Integer(), server_default="0", nullable=False),
        sa.Column("promotion_code", sa.Text()),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_until", Moment),
        sa.PrimaryKeyConstraint("organization_id", name="pk_payers"),
        sa.UniqueConstraint("customer_id", name="uq_payers_customer_id"),
        refers("payers", "organization_id", "organizations.id"),
        refers("payers", "paid_plan", "subscription_plans.code"),
        refers("payers", "plan_before", "subscription_plans.code"),
    )


def make_subscriptions() -> None:
    """Subscriptions, as Stripe said last."""
    op.create_table(
        "subscriptions",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("stripe_id", Key, nullable=False),
        sa.Column("plan_code", Key),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("precedence", sa.Integer(), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("trial_started_at", Moment),
        sa.Column("trial_ends_at", Moment),
        sa.Column("current_period_ends_at", Moment),
        sa.Column("cancel_at", Moment),
        sa.Column("ended_at", Moment),
        sa.Column("promotion_id", sa.Text()),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sa.UniqueConstraint("stripe_id", name="uq_subscriptions_stripe_id"),
        sa.CheckConstraint(f"status in {STATUSES}", name=op.f("ck_subscriptions_status")),
        refers("subscriptions", "organization_id", "organizations.id"),
        refers("subscriptions", "plan_code", "subscription_plans.code"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_subscriptions_organization_id_precedence_id", "subscriptions", ["organization_id", "precedence", "id"]
    )


def make_what_happened() -> None:
    """Events that were carried out, and promotion codes that were used."""
    op.create_table(
        "received_events",
        sa.Column("stripe_id", Key, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("stripe_id", name="pk_received_events"),
    )
    op.create_index("ix_received_events_received_at", "received_events", ["received_at"])
    op.create_table(
        "redeemed_promotions",
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("promotion_id", Key, nullable=False),
        sa.Column("redeemed_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "promotion_id", name="pk_redeemed_promotions"),
        refers("redeemed_promotions", "organization_id", "organizations.id"),
    )


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    """A reference."""
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")
