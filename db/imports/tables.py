"""Tables of imports (一括登録): each upload, its rows, what is wrong with them, and where imports have put people."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    case,
    cast,
    false,
    literal,
    literal_column,
    select,
    text,
    true,
)

from db.base import Id, Key, Moment, metadata
from db.json_text import Expression

SOURCES = ("csv", "oneroster")
MODES = ("upsert", "mirror")
STATUSES = ("pending", "planning", "planned", "blocked", "applying", "completed", "failed", "canceled")
# A worker goes on with these; planned and blocked ones wait for people.
UNDER_WAY = ("pending", "planning", "applying")
ENDED = ("completed", "failed", "canceled")
ACTIONS = ("created", "updated", "deactivated", "unchanged", "skipped", "failed")
COUNTS = tuple(f"{action}_count" for action in ACTIONS)

imports = Table(
    "imports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organization_id", ForeignKey("organizations.id"), nullable=False),
    # Whoever asked for it last: it does what this person may do when it is done, and no more than the token that asked.
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("abilities", JSON(none_as_null=True)),
    Column("source", Text, nullable=False),
    Column("mode", Text, nullable=False),
    # Whether it stops when it is planned.
    Column("dry_run", Boolean, nullable=False),
    # Whether it says all places in classes that somebody has, or only those that changed.
    Column("whole_places", Boolean, nullable=False, server_default=true()),
    Column("encoding", Text, nullable=False),
    # The columns that the file has: what it has not is left as it is.
    Column("columns", JSON, nullable=False),
    Column("status", Text, nullable=False),
    # How many rows there are, those included whom the file does not have, and how many were gone through.
    Column("total_rows", Integer, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    *[Column(name, Integer, nullable=False, server_default="0") for name in COUNTS],
    Column("error_count", Integer, nullable=False, server_default="0"),
    # How many members of this source were active when it was planned.
    Column("active_count", Integer),
    # Why it is blocked or failed.
    Column("error", Text),
    Column("attempt_count", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("planned_at", Moment),
    Column("finished_at", Moment),
    # Which process works on it now.
    Column("lease_token", Text),
    Column("lease_until", Moment),
    CheckConstraint(f"source in {SOURCES}", name="source"),
    CheckConstraint(f"mode in {MODES}", name="mode"),
    CheckConstraint(f"status in {STATUSES}", name="status"),
    CheckConstraint(f"(status in {ENDED}) = (finished_at is not null)", name="finished"),
    CheckConstraint(f"(status in {UNDER_WAY}) = (next_attempt_at is not null)", name="due"),
    Index(None, "organization_id", "id"),
    Index(
        "ix_imports_due",
        "next_attempt_at",
        "id",
        postgresql_where=text("next_attempt_at is not null"),
        sqlite_where=text("next_attempt_at is not null"),
    ),
    # SQLite would give the number of a deleted import again.
    sqlite_autoincrement=True,
)

import_rows = Table(
    "import_rows",
    metadata,
    Column("id", Id, primary_key=True),
    Column("import_id", ForeignKey("imports.id"), nullable=False),
    # Counted from 1 in the order of the file; behind them come those whom the file does not have.
    Column("number", Integer, nullable=False),
    Column("line", Integer),
    # What the person is called by whoever sent the file; NULL where that cannot be read.
    Column("ref", Key),
    Column("uid", Key),
    Column("email", Key),
    Column("role", Text),
    # What the row says, by column, as it was read.
    Column("content", JSON, nullable=False),
    # Whether something of it could not be read.
    Column("faulty", Boolean, nullable=False, server_default=false()),
    Column("action", Text),
    # Why nothing is done with it.
    Column("reason", Text),
    # By column, what is there and what comes in its place.
    Column("changes", JSON(none_as_null=True)),
    # Who it is, where somebody is found.
    Column("user_id", Id),
    CheckConstraint(f"action in {ACTIONS}", name="action"),
    UniqueConstraint("import_id", "number"),
    Index(None, "import_id", "id"),
    Index(None, "import_id", "ref", "number"),
    Index(None, "import_id", "uid", "number"),
    Index(None, "import_id", "email", "number"),
    Index(None, "import_id", "user_id"),
    Index(None, "import_id", "action", "id"),
    sqlite_autoincrement=True,
)

import_errors = Table(
    "import_errors",
    metadata,
    Column("id", Id, primary_key=True),
    Column("import_id", ForeignKey("imports.id"), nullable=False),
    # The row that it is of; NULL for what is no person's. What is found in planning is found anew in applying.
    Column("row_number", Integer),
    Column("file", Text),
    Column("line", Integer, nullable=False),
    Column("column", Text),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Index(None, "import_id", "id"),
    Index(None, "import_id", "row_number"),
    sqlite_autoincrement=True,
)

# What bundles say beside people: classes, who is in them, and roles.
import_links = Table(
    "import_links",
    metadata,
    Column("import_id", ForeignKey("imports.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("ref", Key, nullable=False),
    Column("content", JSON, nullable=False),
    CheckConstraint("kind in ('class', 'enrollment', 'role')", name="kind"),
    Index(None, "import_id", "kind", "ref", "number"),
)

# Where imports have put people, so that they take nobody out whom somebody else has put there.
import_places = Table(
    "import_places",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("unit_id", Id, primary_key=True),
    CheckConstraint("unit in ('section', 'group', 'taught')", name="unit"),
)


def share_done() -> Expression:
    """How much of its present phase is done, from 0 to 1."""
    columns = imports.c
    share = cast(columns.position, Float) / cast(columns.total_rows, Float)
    none = columns.total_rows == literal_column("0")
    over = columns.status.in_([literal_column(f"'{status}'") for status in ("planned", "blocked", "completed")])
    begun = columns.status.in_([literal_column(f"'{status}'") for status in ("planning", "applying")])
    counted = case((over, literal(1.0)), (none, literal(0.0)), (begun, share), else_=literal(0.0))
    return cast(counted, Float())


# An import as whoever may look at it sees it.
SHOWN = (
    *("id", "organization_id", "owner_id", "source", "mode", "dry_run", "encoding", "columns", "status"),
    *("total_rows", "position", *COUNTS, "error_count", "active_count", "error"),
    *("created_at", "planned_at", "finished_at"),
)
shown_imports = select(*[imports.c[name] for name in SHOWN], share_done().label("progress"))
