"""The keys that the tool signs with, as they are kept: private halves sealed, public ones as they are published."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, update

from db.base import Moment
from db.connections.database import Database, Row, Transaction
from db.leases import clock
from db.lti.tables import tool_keys
from db.predicates import parameter
from db.rows import document, maybe_moment, moment
from db.statements.statement import compiled


class ToolKey(NamedTuple):
    """A key; `published_until` is None for as long as no newer one has taken its place."""

    kid: str
    sealed: bytes
    public_jwk: dict[str, str]
    created_at: datetime
    signs_from: datetime
    published_until: datetime | None


async def every(database: Database) -> list[ToolKey]:
    """All keys that are published now, the newest first."""
    until = tool_keys.c.published_until
    found = select(tool_keys).where(until.is_(None) | (until > parameter("now", Moment())))
    ordered = found.order_by(tool_keys.c.signs_from.desc(), tool_keys.c.kid)
    statement = compiled(ordered, database.dialect)
    return [tool_key(record) for record in await database.fetch(statement, {"now": await now_there(database)})]


async def now_there(database: Database) -> datetime:
    """The database's clock, by which all processes agree on which key signs."""
    return moment((await database.fetch(compiled(select(clock()), database.dialect), {}))[0][0])


def tool_key(record: Row) -> ToolKey:
    """A record of a select of whole rows."""
    kid, sealed, public, created_at, signs_from, until = record
    named = document(public)
    jwk = {str(name): str(value) for name, value in named.items()} if isinstance(named, dict) else {}
    return ToolKey(kid, bytes(sealed), jwk, moment(created_at), moment(signs_from), maybe_moment(until))


async def add(transaction: Transaction, key: ToolKey) -> None:
    """Keep a key."""
    values = key._asdict()
    await transaction.execute(insert(tool_keys).values(private_pem=values.pop("sealed"), **values))


async def retire(transaction: Transaction, *, before: ToolKey, until: datetime) -> None:
    """Publish the keys that sign before another one until an instant, and not longer; what ends sooner stays so."""
    columns = tool_keys.c
    others = (columns.kid != before.kid) & (columns.signs_from <= before.signs_from)
    changed = update(tool_keys).where(others, columns.published_until.is_(None))
    await transaction.execute(changed.values(published_until=until))


async def newest_held(transaction: Transaction) -> datetime:
    """From when the newest key signs; nobody else who asks this goes on until the end."""
    # SQLite locks nothing by reading: a change that changes nothing holds the keys in both databases.
    await transaction.execute(update(tool_keys).values(signs_from=tool_keys.c.signs_from))
    # Asked anew, because a key that was added while we waited is not among the locked ones.
    newest: datetime = (await transaction.execute(select(func.max(tool_keys.c.signs_from)))).scalar_one()
    return newest


async def forget(transaction: Transaction, before: datetime) -> int:
    """Forget keys that are not published any more; gives how many."""
    return (await transaction.execute(delete(tool_keys).where(tool_keys.c.published_until < before))).rowcount
