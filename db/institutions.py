"""What makes an organization an institution (導入校) to others: its mail domains, and how it looks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, delete, insert, select, update

from db.base import Id, Key, Moment, metadata
from db.connections.database import Transaction
from db.kana import search_key
from db.organizations import named, organizations
from db.predicates import Condition
from db.upsert import dialect_insert

# A domain is of one organization: by it others are sent to the sign-in of their own school.
organization_domains = Table(
    "organization_domains",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organization_id", ForeignKey("organizations.id"), nullable=False),
    # In small letters, as ASCII (punycode).
    Column("domain", Key, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("domain = lower(domain)", name="small_letters"),
    Index(None, "organization_id", "domain"),
)

# How an organization looks where it shows itself as its own product; who has no row looks like everybody.
organization_brandings = Table(
    "organization_brandings",
    metadata,
    Column("organization_id", ForeignKey("organizations.id"), primary_key=True),
    Column("display_name", Text),
    Column("logo_url", Text),
    # As #rrggbb.
    Column("primary_color", Text),
    Column("support_email", Text),
    Column("updated_at", Moment, nullable=False),
)


class Kept(NamedTuple):
    """An organization as a command finds it."""

    id: int
    parent_id: int | None
    code: str
    name: str
    abbreviation: str


async def organization_of(transaction: Transaction, within: Condition) -> Kept | None:
    """The organization that a condition lets through; None where there is none."""
    columns = organizations.c
    found = select(columns.id, columns.parent_id, columns.code, columns.name, columns.abbreviation).where(within)
    record = (await transaction.execute(found)).first()
    return None if record is None else Kept(*record)


async def add_organization(transaction: Transaction, values: Mapping[str, Any], now: datetime) -> int | None:
    """Keep a new organization; gives its number, None where there is one with this code."""
    row = {**named(**values), "updated_at": now}
    added = dialect_insert(transaction, organizations).values(row).on_conflict_do_nothing(index_elements=["code"])
    found = (await transaction.execute(added.returning(organizations.c.id))).scalar_one_or_none()
    return None if found is None else int(found)


async def rename(transaction: Transaction, kept: Kept, *, name: str, abbreviation: str, now: datetime) -> None:
    """Call an organization otherwise; where nothing changes, nothing is written."""
    if (name, abbreviation) == (kept.name, kept.abbreviation):
        return
    key = search_key(kept.code, name, abbreviation)
    values = {"name": name, "abbreviation": abbreviation, "search_key": key, "updated_at": now}
    await transaction.execute(update(organizations).where(organizations.c.id == kept.id).values(**values))


async def set_plan(transaction: Transaction, number: int, plan: str, now: datetime) -> None:
    """Have an organization subscribe to a plan."""
    changed = update(organizations).where(organizations.c.id == number)
    await transaction.execute(changed.values(plan=plan, updated_at=now))


async def set_domains(transaction: Transaction, number: int, domains: Sequence[str], now: datetime) -> list[str]:
    """Have an organization these domains and no others; gives those that are another's, which are not kept."""
    columns = organization_domains.c
    gone = delete(organization_domains).where(columns.organization_id == number, columns.domain.not_in(domains))
    await transaction.execute(gone)
    if not domains:
        return []
    rows = [{"organization_id": number, "domain": domain, "created_at": now} for domain in domains]
    added = dialect_insert(transaction, organization_domains).values(rows)
    await transaction.execute(added.on_conflict_do_nothing(index_elements=["domain"]))
    own = select(columns.domain).where(columns.organization_id == number)
    mine = set((await transaction.execute(own)).scalars())
    return [domain for domain in domains if domain not in mine]


async def set_branding(transaction: Transaction, number: int, values: Mapping[str, str | None], now: datetime) -> None:
    """Change how an organization looks; what is not named stays."""
    if not values:
        return
    columns = organization_brandings.c
    there = update(organization_brandings).where(columns.organization_id == number).values(**values, updated_at=now)
    if (await transaction.execute(there)).rowcount == 0:
        row = {"organization_id": number, **values, "updated_at": now}
        await transaction.execute(insert(organization_brandings).values(**row))
