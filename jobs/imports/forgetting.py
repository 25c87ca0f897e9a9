"""Uploaded rows are forgotten after a month: they say of children who they are."""

from datetime import UTC, datetime, timedelta

from db.connections.database import Database
from db.imports import progress

KEPT = timedelta(days=30)


async def forget_uploads(database: Database) -> int:
    """Forget the rows of old imports, one import in each transaction; gives how many imports these were."""
    before, forgotten = datetime.now(UTC) - KEPT, 0
    while True:
        async with database.writing() as transaction:
            found = await progress.forget(transaction, before=before, most=1)
        if not found:
            return forgotten
        forgotten += found
