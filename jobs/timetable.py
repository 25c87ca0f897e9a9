"""What is done by the clock, as a list: by arq's cron where there is Redis, else by a plain loop."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from db import accesses, deliveries
from db.connections.database import Database
from db.xapi import forwarding
from jobs.billing.keeping import forget_events, reconcile_payments
from jobs.exports.clearing import clear
from jobs.forgetting import AT_ONCE, all_of
from jobs.imports.forgetting import forget_uploads
from jobs.lti.forgetting import forget_grades, forget_invitations, forget_launches, forget_logins
from jobs.settings import JobSettings
from jobs.sso import forgetting as sso
from resolvers.exports.store import Store
from resolvers.lti.keys import rotate_if_due

# The logs of deliveries and statements are kept for so long.
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that is done each hour, at a minute of it; it may be done twice, and by several processes."""

    name: str
    minute: int
    work: Callable[[Database], Awaitable[int]]


async def forget_deliveries(database: Database) -> int:
    """Forget deliveries that were finished long ago; gives how many."""
    before = datetime.now(UTC) - KEPT
    return await all_of(database, lambda one: deliveries.forget(one, before=before, most=AT_ONCE))


async def forget_statements(database: Database) -> int:
    """Forget statements that were finished long ago, and give up what waits for endpoints that nobody mended."""
    before = datetime.now(UTC) - KEPT
    async with database.writing() as transaction:
        await forwarding.forget_unsent(transaction, before=before)
    return await all_of(database, lambda one: forwarding.forget(one, before=before, most=AT_ONCE))


async def forget_accesses(database: Database, kept: timedelta) -> int:
    """Forget who read what longer ago than it is kept."""
    before = datetime.now(UTC) - kept
    return await all_of(database, lambda one: accesses.forget(one, before=before, most=AT_ONCE))


def timetable(settings: JobSettings) -> tuple[Entry, ...]:
    """Everything that is done by the clock."""
    store, sealer = Store(settings.exports), settings.sealer()
    accesses_kept = timedelta(days=settings.access_log_days)
    return (
        Entry("forget_sso_logins", 7, sso.forget_logins),
        Entry("forget_sso_assertions", 11, sso.forget_assertions),
        Entry("forget_accesses", 13, lambda database: forget_accesses(database, accesses_kept)),
        Entry("forget_deliveries", 17, forget_deliveries),
        Entry("forget_statements", 19, forget_statements),
        Entry("rotate_lti_keys", 23, lambda database: rotate_if_due(database, sealer)),
        Entry("forget_lti_invitations", 29, forget_invitations),
        Entry("forget_lti_logins", 31, forget_logins),
        Entry("forget_lti_launches", 37, forget_launches),
        Entry("clear_exports", 41, lambda database: clear(database, store)),
        Entry("forget_grades", 43, forget_grades),
        Entry("reconcile_payments", 47, lambda database: reconcile_payments(database, settings)),
        Entry("forget_uploads", 51, forget_uploads),
        Entry("forget_stripe_events", 53, forget_events),
    )
