"""Tables by which the system is run: settings that an operator changes, and the outbox of what happened."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Table, Text

from db.base import Id, Key, Moment, metadata

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
    Column("occurred_at", Moment, nullable=False),
    Index(None, "organization_id", "seq"),
    # SQLite would give the number of a deleted row again, and a reader would never see the new one.
    sqlite_autoincrement=True,
)
