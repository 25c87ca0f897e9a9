"""Tables of notices (お知らせ) and whom they are for."""

import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from db.base import Id, Key, Moment, metadata
from db.connections.database import Row
from db.courses import names_table
from db.json_text import Expression, joined
from db.organizations import organizations
from db.predicates import Columns, Condition, Predicate, among, parameter
from db.rows import moment
from db.statements.statement import Statement, compiled

SYSTEMS = ("admin", "lms", "coaching")

informations = Table(
    "informations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("open_at", Moment, nullable=False),
    Column("close_at", Moment),
    Index(None, "open_at", "id"),
)

information_tags = names_table("information_tags")


def target_table(name: str, column: Column[str] | Column[int]) -> Table:
    """One kind of address of a notice; no rows of a kind means everyone of that kind, except for systems."""
    return Table(
        name,
        metadata,
        Column("information_id", ForeignKey("informations.id"), primary_key=True),
        column,
        Index(None, column.name, "information_id"),
    )


information_systems = target_table("information_systems", Column("system", Key, primary_key=True))
information_systems.append_constraint(CheckConstraint(f"system in {SYSTEMS}", name="system"))
information_organizations = target_table(
    "information_organizations", Column("organization_id", ForeignKey("organizations.id"), primary_key=True)
)
information_roles = target_table("information_roles", Column("role", Key, primary_key=True))
information_tagged = target_table(
    "information_tagged", Column("tag_key", ForeignKey("information_tags.key"), primary_key=True)
)

information_attachments = Table(
    "information_attachments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("information_id", ForeignKey("informations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Index(None, "information_id", "seq"),
)


def is_open(columns: Columns) -> Condition:
    """Published and not yet closed: open_at ≤ now < close_at; without close_at it stays open."""
    now = parameter("now", Moment())
    return (columns["open_at"] <= now) & or_(columns["close_at"].is_(None), columns["close_at"] > now)


def for_system(columns: Columns, system: Expression) -> Condition:
    """Addressed to this system."""
    return addressed(columns, information_systems, information_systems.c.system == system)


def for_some_system(columns: Columns) -> Condition:
    """Addressed to any system: no list shows a notice that is not."""
    return addressed(columns, information_systems)


def for_roles(columns: Columns, roles: Expression) -> Condition:
    """Addressed to one of the roles, or to no role in particular."""
    return for_all_or(columns, information_roles, among(information_roles.c.role, roles))


def for_organization(columns: Columns, code: Expression) -> Condition:
    """Addressed to the organization with this code, to its parent, or to no organization in particular."""
    targets = information_organizations
    family = select(organizations.c.id, organizations.c.parent_id).where(organizations.c.code == code).subquery()
    own = targets.c.organization_id == select(family.c.id).scalar_subquery()
    parent = targets.c.organization_id == select(family.c.parent_id).scalar_subquery()
    return for_all_or(columns, targets, or_(own, parent))


def for_roles_there(columns: Columns, code: Expression, places: Expression, everywhere: Expression) -> Condition:
    """Addressed to a role that the reader has in this very organization (`places`: "id:role"), or has everywhere."""
    targets = information_roles
    named = select(cast(organizations.c.id, Text)).where(organizations.c.code == code).scalar_subquery()
    place = joined(named, literal_column("':'"), targets.c.role)
    there = or_(among(place, places), among(targets.c.role, everywhere))
    return for_all_or(columns, targets, there)


def for_someone(columns: Columns, own: Predicate, places: Expression, everywhere: Expression) -> Condition:
    """For one of the organizations that `own` lets through, and for what the reader is there."""
    there = organizations.alias("there")
    targets, roles = information_organizations.c.organization_id, information_roles.c.role
    place = joined(cast(there.c.id, Text), literal_column("':'"), roles)
    found = select(there.c.id).where(
        own(there.c),
        for_all_or(columns, information_organizations, or_(targets == there.c.id, targets == there.c.parent_id)),
        for_all_or(columns, information_roles, or_(among(place, places), among(roles, everywhere))),
    )
    return exists(found.correlate_except(there))


def for_all_or(columns: Columns, targets: Table, condition: Condition) -> Condition:
    """Has no address of this kind, or one that meets the condition."""
    return or_(~addressed(columns, targets), addressed(columns, targets, condition))


def tagged(columns: Columns, keys: Expression) -> Condition:
    """Has one of the tags."""
    return addressed(columns, information_tagged, among(information_tagged.c.tag_key, keys))


def addressed(columns: Columns, targets: Table, *conditions: Condition) -> Condition:
    """Has an address of a kind that meets the conditions."""
    found = select(targets.c.information_id).where(targets.c.information_id == columns["id"], *conditions)
    return exists(found.correlate_except(targets))


class Opening(NamedTuple):
    """A notice that is open, and since when."""

    id: int
    open_at: datetime.datetime


@cache
def openings_statement(dialect: Dialect) -> Statement:
    """Notices open at `now` that opened after `since` or have a number above `above`, in the order of opening."""
    new = or_(informations.c.open_at > parameter("since", Moment()), informations.c.id > parameter("above", Id))
    found = select(informations.c.id, informations.c.open_at).where(is_open(informations.c), new)
    return compiled(found.order_by(informations.c.open_at, informations.c.id), dialect)


@cache
def newest_statement(dialect: Dialect) -> Statement:
    """The highest number of a notice."""
    return compiled(select(func.coalesce(func.max(informations.c.id), 0).label("id")), dialect)


def opening_of(record: Row) -> Opening:
    """A record of openings_statement."""
    return Opening(record[0], moment(record[1]))


def one_statement(dialect: Dialect, shown: Predicate) -> Statement:
    """The notice with the number bound as `information`, if `shown` lets it through."""
    one = informations.c.id == parameter("information", Id)
    return compiled(select(informations.c.id).where(one, shown(informations.c)), dialect)
