"""Compliance documents (規程・認証) of organizations: one of each kind, and how each stands today."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    Table,
    Text,
    and_,
    case,
    delete,
    func,
    literal,
    select,
    true,
    union_all,
)

from db.base import Moment, metadata
from db.connections.database import Transaction
from db.organizations import organizations
from db.predicates import parameter
from db.upsert import replace

# In the order in which they are listed.
KINDS = ("dpa", "privacy_policy", "security_certificate", "data_residency", "appi", "ferpa", "coppa", "gdpr")
STATUSES = ("valid", "expires_soon", "expired", "pending", "missing")
# So long before the last day a document is said to expire soon.
SOON = timedelta(days=30)
# Parameters: today by Japan's calendar, and the last day that is soon.
TODAY, SOON_UNTIL = "compliance_today", "compliance_soon_until"

compliance_documents = Table(
    "compliance_documents",
    metadata,
    Column("organization_id", ForeignKey("organizations.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    # NULL while it is being drawn up.
    Column("url", Text),
    # The last day on which it holds, which is included; NULL where it holds until it is replaced.
    Column("valid_until", Date),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint(f"kind in {KINDS}", name="kind"),
    CheckConstraint("url is not null or valid_until is null", name="valid_until"),
)

kinds = union_all(
    *[select(literal(kind).label("kind"), literal(seq, Integer()).label("seq")) for seq, kind in enumerate(KINDS, 1)]
).subquery("kinds")

kept = compliance_documents.c
# A row for every kind of every organization, also where nothing is kept of it.
shown_documents = (
    select(
        organizations.c.id.label("organization_id"),
        func.coalesce(kinds.c.kind, literal("")).label("kind"),
        func.coalesce(kinds.c.seq, literal(0)).label("seq"),
        kept.url,
        kept.valid_until,
        case(
            (kept.kind.is_(None), literal("missing")),
            (kept.url.is_(None), literal("pending")),
            (kept.valid_until < parameter(TODAY, Date()), literal("expired")),
            (kept.valid_until <= parameter(SOON_UNTIL, Date()), literal("expires_soon")),
            else_=literal("valid"),
        ).label("status"),
    )
    .select_from(organizations)
    .join(kinds, true())
    .join(
        compliance_documents,
        and_(kept.organization_id == organizations.c.id, kept.kind == kinds.c.kind),
        isouter=True,
    )
)


async def organization_exists(transaction: Transaction, id_: int) -> bool:
    """Whether there is such an organization."""
    found = await transaction.execute(select(organizations.c.id).where(organizations.c.id == id_))
    return found.first() is not None


async def save(transaction: Transaction, values: Mapping[str, object], now: datetime) -> None:
    """Keep a document, in the place of the organization's other one of that kind."""
    await replace(transaction, compliance_documents, [{**values, "updated_at": now}])


async def remove(transaction: Transaction, organization_id: int, kind: str) -> bool:
    """Keep a document no longer; whether there was one."""
    one = (kept.organization_id == organization_id) & (kept.kind == kind)
    return (await transaction.execute(delete(compliance_documents).where(one))).rowcount == 1
