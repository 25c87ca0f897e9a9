"""Up to where each reader of the outbox, or of the roster log, has read: kept, so that the next one misses nothing."""

from sqlalchemy import Connection, Table, delete, func, select, tuple_, update

from db.connections.database import Transaction
from db.horizon import comes_from_elsewhere, position
from db.operations import outbox, reading_positions
from db.outbox import BEGINNING, Position
from db.upsert import write_missing

# The reader of the roster log; all others read the outbox.
ROSTER = "roster"


async def begin(transaction: Transaction, name: str, at: Position) -> bool:
    """Let a reader that has no place yet begin at one; whether it had none."""
    row = {"name": name, "transaction_id": at.transaction, "seq": at.seq}
    return await write_missing(transaction, reading_positions, [row]) == 1


async def forget(transaction: Transaction, name: str) -> None:
    """Forget where a reader stands."""
    await transaction.execute(delete(reading_positions).where(reading_positions.c.name == name))


async def taken(transaction: Transaction, name: str) -> Position | None:
    """Where a reader stands, which is this transaction's to move; None while another one is at it."""
    await begin(transaction, name, BEGINNING)
    return await held(transaction, name)


async def held(transaction: Transaction, name: str) -> Position | None:
    """The same for a reader that was let begin in this transaction, or has begun; None also where it has not.

    On SQLite `begin` comes first in any case: it waits for whoever writes, and this does not.
    """
    columns = reading_positions.c
    one = select(columns.transaction_id, columns.seq).where(columns.name == name).with_for_update(skip_locked=True)
    found = (await transaction.execute(one)).first()
    return None if found is None else Position(*found)


async def move(transaction: Transaction, name: str, *, before: Position, to: Position) -> bool:
    """Move a reader on; whether it still stood where it was thought to."""
    columns = reading_positions.c
    there = (columns.transaction_id == before.transaction) & (columns.seq == before.seq)
    moved = update(reading_positions).where(columns.name == name, there)
    return (await transaction.execute(moved.values(transaction_id=to.transaction, seq=to.seq))).rowcount == 1


def rebase_positions(connection: Connection, log: Table = outbox) -> None:
    """Let readers go on in a log that was restored into another server, before it is rebased itself.

    All rows will stand in the order of their numbers then; a reader goes on before the least number that it has not
    read. It may read some rows twice. What the roster log has of before is forgotten instead (db/roster.py).
    """
    if connection.dialect.name != "postgresql":
        return
    columns = reading_positions.c
    unread = tuple_(*position(log, "seq")) > tuple_(columns.transaction_id, columns.seq)
    least = select(func.min(log.c.seq) - 1).where(unread).correlate(reading_positions).scalar_subquery()
    highest = select(func.max(log.c.seq)).scalar_subquery()
    ours = (columns.transaction_id > 0) & (columns.name != ROSTER)
    moved = update(reading_positions).where(comes_from_elsewhere(log), ours)
    seq = func.coalesce(least, highest, BEGINNING.seq)
    connection.execute(moved.values(transaction_id=BEGINNING.transaction, seq=seq))
