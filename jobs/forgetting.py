"""What is kept for a time only is forgotten, some rows in each transaction, so that nobody waits for long."""

from collections.abc import Awaitable, Callable

from db.connections.database import Database, Transaction

AT_ONCE = 1000


async def all_of(database: Database, forget: Callable[[Transaction], Awaitable[int]]) -> int:
    """Forget until nothing is left to be forgotten; gives how many.

    `forget` forgets at most AT_ONCE in a transaction, and gives how many these were.
    """
    forgotten = 0
    while True:
        async with database.writing() as transaction:
            found = await forget(transaction)
        forgotten += found
        if found < AT_ONCE:
            return forgotten
