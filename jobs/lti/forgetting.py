"""What launches leave behind is forgotten: logins, sessions that have ended, and launches of long ago."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from db.connections.database import Database, Transaction
from db.lti import launches, logins

# A login is kept on for an hour, so that who comes late is told so and not that it never was.
LOGINS_KEPT_S = 3600.0
SESSIONS_KEPT = timedelta(days=1)
# A school year, and time to look back at it. Launches with grades are kept for as long as the grades are.
LAUNCHES_KEPT = timedelta(days=400)
AT_ONCE = 1000


async def forget_logins(database: Database) -> int:
    """Forget logins that expired an hour ago; gives how many."""
    return await all_of(database, lambda one: logins.forget(one, ago_s=LOGINS_KEPT_S, most=AT_ONCE))


async def forget_launches(database: Database) -> int:
    """Forget the tokens of sessions that ended a day ago, and then launches to which nothing belongs any more."""
    now = datetime.now(UTC)
    ended, old = now - SESSIONS_KEPT, now - LAUNCHES_KEPT
    tokens = await all_of(database, lambda one: launches.forget_tokens(one, before=ended, most=AT_ONCE))
    return tokens + await all_of(database, lambda one: launches.forget(one, before=old, most=AT_ONCE))


async def all_of(database: Database, forget: Callable[[Transaction], Awaitable[int]]) -> int:
    """Forget until nothing is left to be forgotten, a thousand in each transaction; gives how many."""
    forgotten = 0
    while True:
        async with database.writing() as transaction:
            found = await forget(transaction)
        forgotten += found
        if found < AT_ONCE:
            return forgotten
