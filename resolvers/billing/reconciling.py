"""What Stripe says of everybody who pays, read anew: so no event that was lost is missed for longer than an hour."""

import logging
from datetime import UTC, datetime

from db.billing import payers
from db.connections.database import Database
from resolvers.billing.counter import counter_of
from resolvers.billing.following import follow
from resolvers.billing.told import Declined
from resolvers.outside import Outside

AT_ONCE = 100

log = logging.getLogger(__name__)


async def reconcile(database: Database, outside: Outside) -> int:
    """Follow everybody who pays; gives how many these were. Raises CounterClosed, after which the rest waits."""
    counter = await counter_of(outside)
    followed = behind = 0
    while found := await payers.with_customers(database, behind, AT_ONCE):
        for organization_id in found:
            try:
                await follow(database, counter, organization_id, datetime.now(UTC))
                followed += 1
            except Declined as declined:
                log.warning("Stripe says nothing of organization %s: %s.", organization_id, declined.code)
        behind = found[-1]
    return followed
