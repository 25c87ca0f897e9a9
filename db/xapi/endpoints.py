"""Endpoints as commands write them: made, changed, removed."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from db.connections.database import NEWS, Transaction
from db.predicates import Condition
from db.xapi.tables import xapi_endpoints


async def add(transaction: Transaction, values: Mapping[str, object], now: datetime) -> int:
    """Keep an endpoint; gives its number."""
    row = insert(xapi_endpoints).values(**values, created_at=now, updated_at=now).returning(xapi_endpoints.c.id)
    return int((await transaction.execute(row)).scalar_one())


async def count(transaction: Transaction, owner_id: int | None) -> int:
    """How many endpoints somebody has."""
    found = select(func.count()).select_from(xapi_endpoints).where(xapi_endpoints.c.owner_id == owner_id)
    return int((await transaction.execute(found)).scalar_one())


async def locked(transaction: Transaction, id_: int, within: Condition) -> Mapping[str, object] | None:
    """An endpoint among those that a condition lets through, locked until the end; None where there is none."""
    one = select(xapi_endpoints).where(xapi_endpoints.c.id == id_, within).with_for_update()
    found = (await transaction.execute(one)).mappings().first()
    return None if found is None else dict(found)


async def change(transaction: Transaction, id_: int, values: Mapping[str, object], now: datetime) -> None:
    """Change columns of an endpoint."""
    await transaction.execute(update(xapi_endpoints).where(xapi_endpoints.c.id == id_).values(**values, updated_at=now))
    # What waits may be sent at once.
    transaction.info[NEWS] = True


async def remove(transaction: Transaction, id_: int) -> None:
    """Remove an endpoint with its statements."""
    await transaction.execute(delete(xapi_endpoints).where(xapi_endpoints.c.id == id_))
