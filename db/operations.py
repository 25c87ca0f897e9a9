"""Tables by which the system is run: settings of an operator, the outbox of what happened, answers to be repeated."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from db.base import Id, Key, Moment, metadata
from db.horizon import written_by

settings = Table(
    "settings",
    metadata,
    Column("key", Key, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("event_id", Key, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("organization_id", ForeignKey("organizations.id")),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("body", JSON, nullable=False),
    # The progress event behind it, where there is exactly one. It is told to nobody as such.
    Column("fact_id", BigInteger),
    Column("occurred_at", Moment, nullable=False),
    written_by(),
    Index(None, "organization_id", "seq"),
    Index(None, "transaction_id", "seq"),
    # SQLite would give the number of a deleted row again, and a reader would never see the new one.
    sqlite_autoincrement=True,
)

# Up to where each reader of the outbox that must miss nothing has read.
reading_positions = Table(
    "reading_positions",
    metadata,
    Column("name", Key, primary_key=True),
    Column("transaction_id", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
)

# What was carried out under an Idempotency-Key. The answer is sealed: it may hold a secret that is shown once.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    # A digest of the caller's credential and the key.
    Column("key", LargeBinary, primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    Column("answer", LargeBinary),
    Column("created_at", Moment, nullable=False),
    Index(None, "created_at"),
)
