"""Clears the store: files that have had their time, that nobody wants any more, or that somebody died over."""

from datetime import UTC, datetime, timedelta

from db import exports
from db.connections.database import Database
from resolvers.exports.store import Kept, Store

# What is not named by any export may be about to be.
YOUNG = timedelta(hours=1)


async def clear(database: Database, store: Store) -> int:
    """Remove every file that no export names; gives how many. May be done by several at a time."""
    async with database.writing() as transaction:
        await exports.expire(transaction)
    store.sweep()
    removed, before = 0, datetime.now(UTC) - YOUNG
    async for some in store.names():
        old = {one.name: number_in(one) for one in some if one.written_at < before}
        async with database.writing() as transaction:
            wanted = await exports.wanted(transaction, [number for number in old.values() if number is not None])
        for name, number in old.items():
            if number is not None and not is_wanted(name, wanted.get(number, set())):
                await store.remove(name)
                removed += 1
    return removed


def number_in(one: Kept) -> int | None:
    """The number of the export whose file it is; None for what is no file of ours."""
    number, dash, _ = one.name.partition("-")
    return int(number) if dash and number.isascii() and number.isdecimal() and len(number) < 19 else None


def is_wanted(name: str, known: set[str]) -> bool:
    """Whether an export names the file, or it is being written for one."""
    return name in known or name.partition("-")[2].partition(".")[0] in known
