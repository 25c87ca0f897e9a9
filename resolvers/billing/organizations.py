"""For which organization somebody pays, and that one does so at a time."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from db.billing import payers
from db.billing.payers import Organization, Payer
from db.connections.database import Database
from db.rows import json_text
from resolvers.context import Request, Viewer
from resolvers.errors import Mistake
from resolvers.integrations import meant_organization
from resolvers.policy import Operation

if TYPE_CHECKING:
    from resolvers.billing.stripe_client import Stripe

MANAGE = Operation.MANAGE_BILLING
# Longer than a request may take.
LEASE_S = 60.0

ORGANIZATION_NEEDED = Mistake(
    ("organizationCode",), "ORGANIZATION_NEEDED", "Say by its code for which organization you pay."
)
ORGANIZATION_UNKNOWN = Mistake(
    ("organizationCode",), "ORGANIZATION_UNKNOWN", "There is no such organization within your reach."
)
UNDER_WAY = Mistake(
    ("organizationCode",), "BILLING_UNDER_WAY", "Somebody is paying for this organization just now. Try again."
)


async def organization_of(request: Request, viewer: Viewer, code: str | None) -> Organization | Mistake:
    """The organization with this code within reach, else the viewer's own one.

    System operators have none of their own, so that they have to name one.
    """
    wanted = meant_organization(viewer, MANAGE, code)
    if wanted is None:
        return ORGANIZATION_NEEDED
    async with request.database.writing() as transaction:
        return await payers.organization(transaction, wanted) or ORGANIZATION_UNKNOWN


@asynccontextmanager
async def alone(database: Database, organization_id: int, now: datetime) -> AsyncIterator[bool]:
    """Whether nobody else begins to pay for an organization until the end of the block; it has a payer from then on."""
    token = secrets.token_hex(16)
    async with database.writing() as transaction:
        await payers.make(transaction, organization_id, now)
        held = await payers.hold(transaction, organization_id, token, seconds=LEASE_S)
    try:
        yield held
    finally:
        if held:
            async with database.writing() as transaction:
                await payers.let_go(transaction, organization_id, token)


async def payer_of(database: Database, organization_id: int) -> Payer:
    """Who pays for an organization, as of now; it has a payer."""
    async with database.writing() as transaction:
        found = await payers.locked(transaction, organization_id)
    if found is None:
        raise LookupError(f"Nobody pays for organization {organization_id}.")
    return found


async def known_customer(database: Database, organization_id: int) -> str | None:
    """Stripe's customer for an organization; None where nobody has paid for it yet."""
    async with database.writing() as transaction:
        found = await payers.locked(transaction, organization_id)
    return None if found is None else found.customer_id


async def customer_of(database: Database, counter: "Stripe", organization: Organization) -> str:
    """Stripe's customer for an organization, who is made where there is none; hold the organization (`alone`)."""
    payer = await payer_of(database, organization.id)
    if payer.customer_id is not None:
        return payer.customer_id
    # What is sent stands in the key, which Stripe keeps for a day: with it something else may not be sent. The last
    # read stands in it too, so that a customer who was deleted there is not given once more.
    key = f"kakehashi-customer-{digest(organization.id, organization.code, organization.name, payer.known_no)}"
    made = await counter.new_customer(organization.name, organization.code, key)
    async with database.writing() as transaction:
        await payers.change(transaction, organization.id, {"customer_id": made})
    return made


def digest(*parts: object) -> str:
    """One short text that is the same for the same parts, each told apart from the next."""
    return sha256(json_text([None if part is None else str(part) for part in parts]).encode()).hexdigest()[:32]
