"""Tables of what is paid for: plans, who pays for an organization, subscriptions, and what Stripe told of them."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from db.base import Id, Key, Moment, metadata

# Stripe's own, in the order in which they stand for an organization: the first three grant its plan.
STATUSES = ("active", "trialing", "past_due", "unpaid", "paused", "incomplete", "canceled", "incomplete_expired")

subscription_plans = Table(
    "subscription_plans",
    metadata,
    Column("code", Key, primary_key=True),
    Column("name", Text, nullable=False),
    # In the smallest unit of the currency; NULL where a contract says the price.
    Column("price_minor", Integer),
    Column("currency", Text, nullable=False),
    Column("interval", Text, nullable=False),
    # NULL where a contract says the limit.
    Column("rate_limit_per_minute", Integer),
    Column("seq", Integer, nullable=False),
    # By which price of Stripe it is sold now; without one it is not for sale.
    Column("stripe_price_id", Key),
)

# Every price by which a plan is or was sold: who subscribed by an old one goes on.
plan_prices = Table(
    "plan_prices",
    metadata,
    Column("price_id", Key, primary_key=True),
    Column("plan_code", ForeignKey("subscription_plans.code"), nullable=False),
    Column("created_at", Moment, nullable=False),
)

# Who pays for an organization at Stripe, and what plan follows from that.
payers = Table(
    "payers",
    metadata,
    Column("organization_id", ForeignKey("organizations.id"), primary_key=True),
    # Stripe's customer; NULL before there is one, and after it was deleted there.
    Column("customer_id", Key, unique=True),
    # The plan that was written into the organization for what it pays, and the one that stood there before; whoever
    # writes another plan there by hand has the last word.
    Column("paid_plan", ForeignKey("subscription_plans.code")),
    Column("plan_before", ForeignKey("subscription_plans.code")),
    # Reads of Stripe are counted when they begin; what is kept is of the read with this number. An answer of a read
    # that began earlier, and came later, changes nothing.
    Column("asked_no", Integer, nullable=False, server_default="0"),
    Column("known_no", Integer, nullable=False, server_default="0"),
    # The promotion code that the next checkout brings along.
    Column("promotion_code", Text),
    Column("created_at", Moment, nullable=False),
    # Who is beginning a checkout now: one at a time.
    Column("lease_token", Text),
    Column("lease_until", Moment),
)

# What organizations subscribe to, as Stripe said last.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organization_id", ForeignKey("organizations.id"), nullable=False),
    Column("stripe_id", Key, nullable=False, unique=True),
    # NULL where none of its prices is of a plan here.
    Column("plan_code", ForeignKey("subscription_plans.code")),
    Column("status", Text, nullable=False),
    # Which of an organization's it is: the first one, which is 0, decides. Those that grant a plan come before others,
    # newer before older ones.
    Column("precedence", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("trial_started_at", Moment),
    Column("trial_ends_at", Moment),
    Column("current_period_ends_at", Moment),
    Column("cancel_at", Moment),
    Column("ended_at", Moment),
    # The promotion code that its checkout brought along.
    Column("promotion_id", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint(f"status in {STATUSES}", name="status"),
    Index(None, "organization_id", "precedence", "id"),
    sqlite_autoincrement=True,
)

# Stripe's events that were carried out: none is carried out twice.
received_events = Table(
    "received_events",
    metadata,
    Column("stripe_id", Key, primary_key=True),
    Column("type", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Index(None, "received_at"),
)

# Promotion codes that an organization has used: each is used once.
redeemed_promotions = Table(
    "redeemed_promotions",
    metadata,
    Column("organization_id", ForeignKey("organizations.id"), primary_key=True),
    Column("promotion_id", Key, primary_key=True),
    Column("redeemed_at", Moment, nullable=False),
)
