"""Who pays for an organization: Stripe's customer, what was read of Stripe, and the plan that follows from it."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import null, select, update

from db.billing.tables import payers
from db.connections.database import Database, Transaction
from db.leases import after, is_free
from db.organizations import organizations
from db.predicates import Condition, parameter
from db.statements.statement import compiled
from db.upsert import dialect_insert

SECONDS = "lease_seconds"
ID = "organization"


class Payer(NamedTuple):
    """Who pays for an organization, locked until the end of the transaction."""

    organization_id: int
    customer_id: str | None
    paid_plan: str | None
    plan_before: str | None
    known_no: int
    promotion_code: str | None


class Read(NamedTuple):
    """A read of Stripe that begins now: whose it is, and its number."""

    organization_id: int
    customer_id: str | None
    number: int


class Organization(NamedTuple):
    """An organization, as far as somebody pays for it."""

    id: int
    code: str
    name: str
    plan: str | None
    trial_started_at: datetime | None
    trial_ends_at: datetime | None


async def organization(transaction: Transaction, within: Condition) -> Organization | None:
    """The organization that a condition on organizations names; None where there is none."""
    columns = organizations.c
    found = select(*[columns[name] for name in Organization._fields]).where(within)
    row = (await transaction.execute(found.order_by(columns.id).limit(1))).first()
    return None if row is None else Organization(*row)


async def make(transaction: Transaction, organization_id: int, now: datetime) -> None:
    """Have an organization a payer, who needs no customer at Stripe yet."""
    made = dialect_insert(transaction, payers).values(organization_id=organization_id, created_at=now)
    await transaction.execute(made.on_conflict_do_nothing(index_elements=["organization_id"]))


async def of_customer(database: Database, customer_id: str) -> int | None:
    """The organization that a customer of Stripe pays for; None where we know no such customer."""
    found = select(payers.c.organization_id).where(payers.c.customer_id == parameter("customer"))
    records = await database.fetch(compiled(found, database.dialect), {"customer": customer_id})
    return int(records[0][0]) if records else None


async def with_customers(database: Database, after_id: int, most: int) -> list[int]:
    """The organizations behind a number that have a customer at Stripe, in the order of their numbers."""
    behind = payers.c.organization_id > parameter("after")
    found = select(payers.c.organization_id).where(behind, payers.c.customer_id.is_not(None))
    found = found.order_by(payers.c.organization_id).limit(parameter("most"))
    return [
        int(row[0])
        for row in await database.fetch(compiled(found, database.dialect), {"after": after_id, "most": most})
    ]


async def begin(transaction: Transaction, organization_id: int) -> Read | None:
    """Begin to read of Stripe what an organization subscribes to; None where nobody pays for it."""
    columns = payers.c
    counted = update(payers).where(columns.organization_id == organization_id).values(asked_no=columns.asked_no + 1)
    found = await transaction.execute(counted.returning(columns.organization_id, columns.customer_id, columns.asked_no))
    row = found.first()
    return None if row is None else Read(*row)


async def locked(transaction: Transaction, organization_id: int) -> Payer | None:
    """Who pays for an organization, locked until the end; None where nobody does."""
    one = select(*[payers.c[name] for name in Payer._fields]).where(payers.c.organization_id == organization_id)
    row = (await transaction.execute(one.with_for_update())).first()
    return None if row is None else Payer(*row)


async def change(transaction: Transaction, organization_id: int, values: Mapping[str, object]) -> None:
    """Change what is known of who pays."""
    await transaction.execute(update(payers).where(payers.c.organization_id == organization_id).values(**values))


async def write_plan(
    transaction: Transaction, organization_id: int, values: Mapping[str, object], now: datetime
) -> None:
    """Write plan or trial into an organization."""
    one = update(organizations).where(organizations.c.id == organization_id)
    await transaction.execute(one.values(**values, updated_at=now))


async def hold(transaction: Transaction, organization_id: int, token: str, *, seconds: float) -> bool:
    """Have nobody else begin a checkout for so many seconds; False where somebody does so now."""
    one = update(payers).where(payers.c.organization_id == organization_id, is_free(payers.c))
    held = one.values(lease_token=token, lease_until=after(SECONDS)).returning(payers.c.organization_id)
    return (await transaction.execute(held, {SECONDS: seconds})).first() is not None


async def let_go(transaction: Transaction, organization_id: int, token: str) -> None:
    """Others may begin a checkout again."""
    mine = (payers.c.organization_id == organization_id) & (payers.c.lease_token == token)
    await transaction.execute(update(payers).where(mine).values(lease_token=null(), lease_until=null()))
