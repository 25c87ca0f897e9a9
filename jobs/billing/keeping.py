"""Who pays is looked up at Stripe each hour, and events of long ago are forgotten."""

import logging
from datetime import UTC, datetime, timedelta

from db.billing import received
from db.connections.database import Database
from jobs.forgetting import AT_ONCE, all_of
from resolvers.billing.reconciling import reconcile
from resolvers.egress.client import Egress
from resolvers.errors import CounterClosed
from resolvers.outside import Outside
from resolvers.settings import SharedSettings

# Stripe sends an event again for three days, and whoever wants to for thirty.
KEPT = timedelta(days=30)

log = logging.getLogger(__name__)


async def reconcile_payments(database: Database, settings: SharedSettings) -> int:
    """Read of Stripe anew what everybody subscribes to; gives how many that are, none where nobody pays here."""
    if settings.payments is None:
        return 0
    egress = Egress(settings.egress_allow)
    try:
        return await reconcile(database, Outside(egress, settings.sealer(), payments=settings.payments))
    except CounterClosed as closed:
        log.warning("What is paid is left for the next hour: %s", closed.message)
        return 0
    finally:
        await egress.aclose()


async def forget_events(database: Database) -> int:
    """Forget Stripe's events of long ago; gives how many."""
    before = datetime.now(UTC) - KEPT
    return await all_of(database, lambda one: received.forget(one, before=before, most=AT_ONCE))
