"""An event of Stripe that came in: what it is about is read anew, once for each event."""

from datetime import datetime
from typing import TYPE_CHECKING

from db.billing import payers, received
from db.connections.database import Database
from resolvers.billing.counter import counter_of, signed_event
from resolvers.billing.following import follow, leave
from resolvers.billing.told import Event
from resolvers.outside import Outside

if TYPE_CHECKING:
    from resolvers.billing.stripe_client import Stripe

# What happens to what is subscribed to, and to who pays; all else that Stripe tells changes nothing here.
HEARD = ("customer.subscription.", "checkout.session.", "invoice.")
DELETED = "customer.deleted"


async def hear(database: Database, outside: Outside, body: bytes, signature: str | None, now: datetime) -> None:
    """Carry out an event; one that was carried out before, or is about nobody here, changes nothing.

    Raises WrongEvent for what Stripe did not sign a moment ago, NotConfigured, and CounterClosed, after which Stripe
    sends it again.
    """
    event = await signed_event(outside, body, signature)
    if event.customer_id is None or not (event.type == DELETED or event.type.startswith(HEARD)):
        return
    organization_id = await payers.of_customer(database, event.customer_id)
    if organization_id is None or await received.is_known(database, event.id):
        return
    await carry_out(database, await counter_of(outside), event, organization_id, now)
    async with database.writing() as transaction:
        await received.add(transaction, event.id, event.type, now)


async def carry_out(database: Database, counter: "Stripe", event: Event, organization_id: int, now: datetime) -> None:
    """What follows from an event. That a customer was deleted is never taken back, so it needs no asking."""
    if event.type == DELETED:
        await leave(database, organization_id, now)
    else:
        await follow(database, counter, organization_id, now)
