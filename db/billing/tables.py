"""Tables of what is paid for: the plans that organizations subscribe to."""

from sqlalchemy import Column, Integer, Table, Text

from db.base import Key, metadata

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
)
