"""Writes what happened, as a row in the transaction that made it happen."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from db.operations import outbox


async def append(  # the columns of one row, each by name
    connection: AsyncConnection,
    *,
    type_: str,
    organization_id: int | None,
    subject_type: str,
    subject_id: int,
    body: dict[str, object],
    occurred_at: datetime,
) -> str:
    """Append one event; gives its id, under which every delivery of it will be known."""
    event_id = str(uuid.uuid4())
    await connection.execute(
        outbox.insert().values(
            event_id=event_id,
            type=type_,
            organization_id=organization_id,
            subject_type=subject_type,
            subject_id=subject_id,
            body=body,
            occurred_at=occurred_at,
        )
    )
    return event_id
