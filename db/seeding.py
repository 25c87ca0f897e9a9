"""Fills a database with many students beside the demo's, for trying things at the size of real ones."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select

from db.accounts import users
from db.connections.database import Database, Transaction
from db.demo.days import Days
from db.demo.numbering import advance, alone, following, gather
from db.progress.events import progress_events
from db.seeding_ground import FLOOR, prepared
from db.seeding_rows import TABLES, UID, Ground, batch
from db.seeding_writer import analyze, write
from db.tables import metadata

BATCH = 2000
MOST = 9_999_999


async def seed_students(database: Database, *, students: int, now: datetime, progress: Callable[[int], None]) -> None:
    """Add students until there are so many of these, in organizations L001, L002 … that have no others.

    They are the same every time, whatever is there already; only their dates are counted from `now`. `progress` is
    told how many there are. Each batch is a transaction of its own, so that an interrupted run can be gone on with.
    The uid of an owner of L001 and its children is `auth0|large-owner`.
    """
    if not 0 <= students <= MOST:
        raise ValueError(f"{students} students cannot be added: choose a number from 0 to {MOST}.")
    if not students:
        return
    days = Days(now)
    async with database.writing() as transaction:
        await alone(transaction)
        ground = await prepared(transaction, students, days)
    there = 0
    while there < students:
        async with database.writing() as transaction:
            await alone(transaction)
            there = await _add(database, transaction, students, ground, days)
        progress(there)
    await analyze(database, metadata.sorted_tables)
    await gather(database)


async def _add(database: Database, transaction: Transaction, students: int, ground: Ground, days: Days) -> int:
    """Add the next batch, after what other processes may have added; gives how many there are then."""
    there = await _count(transaction)
    numbers = range(there, min(there + BATCH, students))
    first_user, first_event = await following(transaction, users), await following(transaction, progress_events, FLOOR)
    rows = batch(numbers, ground, days, first_user=first_user, first_event=first_event)
    for table in TABLES:
        await write(database, transaction, table, rows[table])
    await advance(transaction, users, progress_events)
    return there + len(numbers)


async def _count(transaction: Transaction) -> int:
    """How many of these students there are, by the number of the last: uids are numbered without gaps."""
    # A colon comes after the digits and before the letters: the owner's uid is no number.
    numbered = select(func.max(users.c.uid)).where(users.c.uid >= f"{UID}0", users.c.uid < f"{UID}:")
    last = await transaction.scalar(numbered)
    return 0 if last is None else int(last.removeprefix(UID))
