"""What single sign-on leaves behind is forgotten: logins, and assertions that nobody could use again anyway."""

from db.connections.database import Database
from db.sso import logins
from jobs.forgetting import AT_ONCE, all_of

# A login is kept on for an hour, so that who comes late is told so and not that it never was.
LOGINS_KEPT_S = 3600.0


async def forget_logins(database: Database) -> int:
    """Forget logins that expired an hour ago; gives how many."""
    return await all_of(database, lambda one: logins.forget(one, ago_s=LOGINS_KEPT_S, most=AT_ONCE))


async def forget_assertions(database: Database) -> int:
    """Forget assertions that ended an hour ago; gives how many."""
    async with database.writing() as transaction:
        return await logins.forget_assertions(transaction, ago_s=LOGINS_KEPT_S)
