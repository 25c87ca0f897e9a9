"""Tables of who may come in: users and their API tokens, staff (スタッフ) and memberships; students: db/students.py."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from db.base import Id, Key, Moment, metadata
from db.kana import search_key

# Who said that somebody belongs to an organization. What one of them said is not undone by another: `manual` is what
# people entered here, and no import, sign-in or platform changes it.
SOURCES = ("manual", "csv", "oneroster", "sso", "lti")
STAFF_ROLES = ("homeroom_teacher", "cram_school_clerk", "cram_school_owner", "administrator")

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("uid", Key, nullable=False, unique=True),
    # Folded, so that it is found however it is written; who has none signs in through Auth0 alone.
    Column("email", Key, unique=True),
    Column("password_hash", Text),
    Column("locale", Text, nullable=False, server_default="ja"),
    Column("time_zone", Text, nullable=False, server_default="Asia/Tokyo"),
    Column("created_at", Moment, nullable=False),
    # Students and staff repeat the uid, and this key lets the database hold them to it.
    UniqueConstraint("id", "uid"),
)


api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    # SHA-256 of the secret; the secret itself is kept nowhere.
    Column("digest", LargeBinary, nullable=False),
    Column("abilities", JSON, nullable=False),
    # Whether the graph runs registered documents alone for it.
    Column("documents_only", Boolean, nullable=False, server_default=false()),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
    Index(None, "user_id", "id"),
    # SQLite would give the number of a deleted token again.
    sqlite_autoincrement=True,
)


def source_columns() -> tuple[Column[Any], ...]:
    """Who said that somebody belongs to an organization, and what the person is called there."""
    return (
        Column("source", Text, nullable=False, server_default="manual"),
        Column("source_ref", Key),
    )


def person_columns() -> tuple[Column[Any], ...]:
    """What a student's and a staff member's row have in common; a person may be both, each with its own period."""
    return (
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("uid", Key, nullable=False),
        Column("code", Key, nullable=False),
        Column("external_id", Key, nullable=False),
        Column("first_name", Text, nullable=False),
        Column("last_name", Text, nullable=False),
        Column("first_name_kana", Text, nullable=False),
        Column("last_name_kana", Text, nullable=False),
        Column("start_at", Moment, nullable=False),
        Column("end_at", Moment, nullable=False),
        Column("locked_at", Moment),
    )


staff = Table(
    "staff",
    metadata,
    *person_columns(),
    Column("demo", Boolean, nullable=False, server_default=false()),
    # What a keyword is looked for in: `staff_key` of the row.
    Column("search_key", Text, nullable=False, server_default=text("''")),
    Column("updated_at", Moment, nullable=False),
    ForeignKeyConstraint(["id", "uid"], ["users.id", "users.uid"]),
    UniqueConstraint("uid"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("organization_id", ForeignKey("organizations.id")),
    Column("role", Text, nullable=False),
    # A role may begin later than the person's own period and end earlier; what has ended stays, as history.
    Column("start_at", Moment),
    Column("end_at", Moment),
    *source_columns(),
    CheckConstraint(f"role in {STAFF_ROLES}", name="role"),
    CheckConstraint(f"source in {SOURCES}", name="source"),
    CheckConstraint("start_at <= end_at", name="period"),
    CheckConstraint("(role = 'administrator') = (organization_id is null)", name="organization"),
    # A role is held once at a time; those without an end are held to it here, the others by whoever writes them.
    Index(
        "ix_memberships_held",
        "staff_id",
        "organization_id",
        "role",
        unique=True,
        postgresql_where=text("end_at is null"),
        sqlite_where=text("end_at is null"),
    ),
    # For a unique index every NULL is another value, so operators have an index of their own.
    Index(
        "ix_memberships_operator",
        "staff_id",
        unique=True,
        postgresql_where=text("organization_id is null"),
        sqlite_where=text("organization_id is null"),
    ),
    Index(None, "organization_id", "role", "staff_id"),
    # The index of what is held now does not have what has ended.
    Index(None, "staff_id", "id"),
)


def staff_key(row: Mapping[str, Any]) -> str:
    """The search key of a row of staff: code, external id and names, alone and together, as those of students."""
    last, first, last_kana, first_kana = (
        str(row[name]) for name in ("last_name", "first_name", "last_name_kana", "first_name_kana")
    )
    full = (last + first, f"{last} {first}", last_kana + first_kana, f"{last_kana} {first_kana}")
    return search_key(str(row["code"]), str(row["external_id"]), last, first, last_kana, first_kana, *full)


staff_sections = Table(
    "staff_sections",
    metadata,
    Column("staff_id", ForeignKey("staff.id"), primary_key=True),
    Column("section_id", ForeignKey("sections.id"), primary_key=True),
    Index(None, "section_id", "staff_id"),
)
