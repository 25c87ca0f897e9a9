"""Writes the demo content into a database, once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from db.accounts import users
from db.connections.database import Database, Transaction
from db.courses import courses, lesson_packages
from db.demo.content import ids, read
from db.demo.days import Days
from db.demo.numbering import advance, alone, following, gather
from db.demo.people import everyone
from db.demo.things import references, things
from db.lessons import lessons, training_items, trainings
from db.notices import informations
from db.organizations import groups, organizations, sections
from db.progress.events import progress_events
from db.upsert import write_missing

# Rows whose ids are counted here, since other rows need them, and rows that come with theirs.
COUNTED = (users, sections, groups, courses, lesson_packages)
GIVEN = (organizations, informations, progress_events, lessons, trainings, training_items)


class DemoRefused(Exception):
    """The database has rows of its own where the demo's would be; nothing was written."""


@dataclass(frozen=True)
class Loaded:
    """How many rows were written, by table; none where the demo was there already."""

    rows: dict[str, int]


async def load(database: Database, now: datetime) -> Loaded:
    """Write the demo as it is on this day, in one transaction; its dates are counted from `now`.

    Where one of its organizations is there, nothing is written at all: what people changed since stays changed, and
    what they took away stays away. Raises DemoRefused where other rows have the codes, uids or ids of the demo's.
    """
    try:
        async with database.writing() as transaction:
            await alone(transaction)
            if await _is_there(transaction):
                return Loaded({})
            written = await write_references(transaction) | await _write(transaction, Days(now))
    except IntegrityError as error:
        raise DemoRefused(
            f"This database has rows of its own where the demo's would be, so nothing was written: {error.orig} "
            "Load the demo into an empty database."
        ) from error
    await gather(database)
    return Loaded(written)


async def write_references(transaction: Transaction) -> dict[str, int]:
    """Write what is missing of prefectures, grades, subjects, levels and tags; names that were changed stay."""
    written = {}
    for table, rows in references():
        written[table.name] = await write_missing(transaction, table, rows)
    return written


async def _is_there(transaction: Transaction) -> bool:
    codes = [row["code"] for row in read("organizations")]
    found = await transaction.scalar(select(organizations.c.id).where(organizations.c.code.in_(codes)).limit(1))
    return found is not None


async def _write(transaction: Transaction, days: Days) -> dict[str, int]:
    first = {table.name: await following(transaction, table) for table in COUNTED}
    known = ids(first)
    written: dict[str, int] = {}
    for table, rows in (*things(days, known), *everyone(days, known)):
        if rows:
            await transaction.execute(insert(table), rows)
        written[table.name] = written.get(table.name, 0) + len(rows)
    await advance(transaction, *COUNTED, *GIVEN)
    return written
