"""Tables of xAPI endpoints, and of the statements that go there."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
    text,
    true,
)

from db.base import Id, Key, Moment, metadata

AUTH_TYPES = ("basic", "bearer")
VERSIONS = ("1.0.3", "2.0.0")
STATUSES = ("pending", "delivered", "rejected", "skipped")

xapi_endpoints = Table(
    "xapi_endpoints",
    metadata,
    Column("id", Id, primary_key=True),
    # NULL for those of system operators.
    Column("organization_id", ForeignKey("organizations.id")),
    # Whoever made it: statements are made of what this person may hear of, and no more than the token that made it.
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("abilities", JSON(none_as_null=True)),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("auth_type", Text, nullable=False),
    # Sealed: they open somebody else's door.
    Column("credentials", LargeBinary),
    Column("has_credentials", Boolean, nullable=False),
    Column("version", Text, nullable=False),
    # The names of the verbs that are told; none at all means every one.
    Column("verbs", JSON, nullable=False),
    # Where learners and activities are called from, as it was when the endpoint was made: their names must not change.
    Column("home", Text, nullable=False),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("disabled_reason", Text),
    # How many statements wait: whoever writes statements writes this too.
    Column("waiting", Integer, nullable=False, server_default="0"),
    # Whether it took anything since it was set up as it is; until then its refusals say nothing of statements.
    Column("proven", Boolean, nullable=False, server_default=false()),
    Column("failing", Boolean, nullable=False, server_default=false()),
    Column("failing_since", Moment),
    # How often it failed in a row, when to try again, and what it said last.
    Column("attempt_count", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Moment),
    Column("response_code", Integer),
    Column("error", Text),
    Column("last_delivered_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # Which process forwards to it now.
    Column("lease_token", Text),
    Column("lease_until", Moment),
    CheckConstraint(f"auth_type in {AUTH_TYPES}", name="auth_type"),
    CheckConstraint(f"version in {VERSIONS}", name="version"),
    CheckConstraint("has_credentials = (credentials is not null)", name="has_credentials"),
    CheckConstraint("failing = (failing_since is not null)", name="failing"),
    CheckConstraint("waiting >= 0", name="waiting"),
    Index(None, "organization_id", "id"),
    # SQLite would give the number of a removed endpoint again.
    sqlite_autoincrement=True,
)

# In the order in which they are sent.
xapi_statements = Table(
    "xapi_statements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("endpoint_id", ForeignKey("xapi_endpoints.id", ondelete="CASCADE"), nullable=False),
    Column("organization_id", ForeignKey("organizations.id")),
    # The statement's own id: a UUID that is made of the event, so that it is the same whenever it is made.
    Column("statement_id", Key, nullable=False),
    Column("event_seq", BigInteger, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("verb", Text, nullable=False),
    # Made once, so that every attempt sends the same; not kept of what has arrived.
    Column("body", LargeBinary),
    Column("status", Text, nullable=False),
    Column("response_code", Integer),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    CheckConstraint(f"status in {STATUSES}", name="status"),
    CheckConstraint("(status = 'pending') = (finished_at is null)", name="finished"),
    CheckConstraint("body is not null or status in ('delivered', 'skipped')", name="body"),
    Index(None, "endpoint_id", "statement_id", unique=True),
    Index(
        "ix_xapi_statements_waiting",
        "endpoint_id",
        "id",
        postgresql_where=text("finished_at is null"),
        sqlite_where=text("finished_at is null"),
    ),
    Index(None, "endpoint_id", "id"),
    Index(None, "finished_at"),
    sqlite_autoincrement=True,
)
