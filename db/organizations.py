"""Tables of the organization tree, its sections (所属) and its groups (グループ)."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    select,
)

from db.base import Id, Key, Moment, metadata
from db.json_text import Expression
from db.kana import search_key
from db.predicates import Condition, Predicate

organizations = Table(
    "organizations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("parent_id", ForeignKey("organizations.id")),
    Column("code", Key, nullable=False, unique=True),
    Column("name", Key, nullable=False),
    Column("abbreviation", Key, nullable=False),
    Column("mindless_attractor", Boolean, nullable=False, server_default=false()),
    Column("search_key", Text, nullable=False),
    # An organization without a plan of its own has its parent's.
    Column("plan", ForeignKey("subscription_plans.code")),
    # What an enterprise contract grants; without it the plan's own limit holds.
    Column("rate_limit_per_minute", Integer),
    Column("trial_started_at", Moment),
    Column("trial_ends_at", Moment),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("parent_id <> id", name="own_parent"),
    CheckConstraint("rate_limit_per_minute > 0", name="rate_limit"),
    Index(None, "parent_id", "code"),
)


def unit_table(name: str) -> Table:
    """Sections and groups are alike: named places of one organization, in the order of their seq."""
    return Table(
        name,
        metadata,
        Column("id", Id, primary_key=True),
        Column("organization_id", ForeignKey("organizations.id"), nullable=False),
        Column("code", Key, nullable=False),
        Column("name", Key, nullable=False),
        Column("abbreviation", Key, nullable=False),
        Column("seq", Integer, nullable=False),
        Column("search_key", Text, nullable=False),
        Column("updated_at", Moment, nullable=False),
        UniqueConstraint("organization_id", "code"),
        Index(None, "organization_id", "seq", "id"),
        Index(None, "organization_id", "name", "id"),
        Index(None, "organization_id", "abbreviation", "id"),
    )


sections = unit_table("sections")
groups = unit_table("groups")


def named(*, code: str, name: str, abbreviation: str, **more: object) -> dict[str, object]:
    """The values of one row of a named thing, with the key that searching reads."""
    key = search_key(code, name, abbreviation)
    return {"code": code, "name": name, "abbreviation": abbreviation, "search_key": key, **more}


def id_of(*, code: Expression | None, id_: Expression | None, within: Predicate) -> Expression:
    """The id of the organization with this code (or, without a code, this id) among those `within` lets through."""
    named = organizations.alias("named")
    wanted = named.c.id == id_ if code is None else named.c.code == code
    return select(named.c.id).where(wanted, within(named.c)).scalar_subquery()


def with_code(column: Expression, code: Expression) -> Condition:
    """The column is the id of the organization with this code; the code is looked up once."""
    return column == select(organizations.c.id).where(organizations.c.code == code).scalar_subquery()
