"""Promotion codes that organizations have used."""

from datetime import datetime

from sqlalchemy import select

from db.billing.tables import redeemed_promotions
from db.connections.database import Transaction
from db.upsert import dialect_insert


async def is_redeemed(transaction: Transaction, organization_id: int, promotion_id: str) -> bool:
    """Whether an organization has used a promotion code."""
    columns = redeemed_promotions.c
    mine = (columns.organization_id == organization_id) & (columns.promotion_id == promotion_id)
    return (await transaction.execute(select(columns.redeemed_at).where(mine))).first() is not None


async def redeem(transaction: Transaction, organization_id: int, promotion_id: str, now: datetime) -> None:
    """Keep that an organization has used a promotion code."""
    values = {"organization_id": organization_id, "promotion_id": promotion_id, "redeemed_at": now}
    row = dialect_insert(transaction, redeemed_promotions).values(**values)
    await transaction.execute(row.on_conflict_do_nothing(index_elements=["organization_id", "promotion_id"]))
