"""Fills a database with the demo: the rows that are written down, and what rules make of them."""

from datetime import datetime

from db.connections.database import Database
from db.demo import learning
from db.demo.load import load
from db.japan import JAPAN
from db.sign_in import keep_password, without_password
from resolvers.demo.learners import PROFILES, year_of
from resolvers.passwords import Passwords
from resolvers.progress.rebuild import rebuild

PASSWORD = "kakehashi-demo"  # noqa: S105  # printed by the start command: the people of the demo are fiction


async def fill_demo(database: Database, now: datetime) -> None:
    """Load the demo where it is not there yet, and whatever an earlier run was stopped before."""
    await load(database, now)
    await give_passwords(database)
    await learn(database, now)


async def give_passwords(database: Database) -> None:
    """Let everyone in the demo who has an email address sign in."""
    waiting = await without_password(database)
    if not waiting:
        return
    passwords = Passwords()
    password_hash = passwords.hash(PASSWORD)
    passwords.close()
    async with database.writing() as transaction:
        for user_id in waiting:
            await keep_password(transaction, user_id, password_hash)


async def learn(database: Database, now: datetime) -> None:
    """Give the demo's learners their year, and derive what follows from it."""
    today = now.astimezone(JAPAN).date()
    async with database.writing() as transaction:
        ids = await learning.without_facts(transaction, [profile.uid for profile in PROFILES])
        items = await learning.items_by_training(transaction)
        for profile in PROFILES:
            if profile.uid in ids and items:
                await learning.add(transaction, ids[profile.uid], year_of(profile, items, today), now)
    await rebuild(database, await learning.underived(database), progress=lambda _done: None)
