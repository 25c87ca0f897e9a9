"""What LTI leaves behind is forgotten: invitations, logins, sessions that ended, launches and grades of long ago."""

from datetime import UTC, datetime, timedelta

from db.connections.database import Database
from db.lti import invitations, launches, logins, scores
from jobs.forgetting import AT_ONCE, all_of

# A login is kept on for an hour, so that who comes late is told so and not that it never was.
LOGINS_KEPT_S = 3600.0
SESSIONS_KEPT = timedelta(days=1)
# A school year, and time to look back at it. Launches with grades are kept for as long as the grades are.
LAUNCHES_KEPT = timedelta(days=400)
# What went into gradebooks is looked up for longer than a school year.
GRADES_KEPT = timedelta(days=400)
INVITATIONS_KEPT = timedelta(days=30)


async def forget_logins(database: Database) -> int:
    """Forget logins that expired an hour ago; gives how many."""
    return await all_of(database, lambda one: logins.forget(one, ago_s=LOGINS_KEPT_S, most=AT_ONCE))


async def forget_launches(database: Database) -> int:
    """Forget the tokens of sessions that ended a day ago, and then launches to which nothing belongs any more."""
    now = datetime.now(UTC)
    ended, old = now - SESSIONS_KEPT, now - LAUNCHES_KEPT
    tokens = await all_of(database, lambda one: launches.forget_tokens(one, before=ended, most=AT_ONCE))
    return tokens + await all_of(database, lambda one: launches.forget(one, before=old, most=AT_ONCE))


async def forget_grades(database: Database) -> int:
    """Forget grades that were finished long ago; gives how many."""
    before = datetime.now(UTC) - GRADES_KEPT
    return await all_of(database, lambda one: scores.forget(one, before=before, most=AT_ONCE))


async def forget_invitations(database: Database) -> int:
    """Forget invitations to register a platform that ended long ago; gives how many."""
    async with database.writing() as transaction:
        return await invitations.forget(transaction, before=datetime.now(UTC) - INVITATIONS_KEPT)
