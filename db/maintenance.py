"""Maintenance mode, as the operator set it."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from db.connections.database import Database, Transaction
from db.operations import settings
from db.statements.statement import compiled

KEY = "maintenance"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Whether changes are switched off, and what people are told."""

    enabled: bool
    message: str


async def maintenance(database: Database) -> Maintenance | None:
    """What the operator last set; None where nothing was ever set."""
    statement = compiled(select(settings.c.value).where(settings.c.key == KEY), database.dialect)
    records = await database.fetch(statement, {})
    if not records:
        return None
    state = json.loads(records[0][0])
    return Maintenance(enabled=bool(state["enabled"]), message=str(state["message"]))


async def set_maintenance(transaction: Transaction, *, enabled: bool, message: str, now: datetime) -> None:
    """Switch maintenance mode on or off."""
    await transaction.execute(delete(settings).where(settings.c.key == KEY))
    value = {"enabled": enabled, "message": message}
    await transaction.execute(insert(settings).values(key=KEY, value=value, updated_at=now))
