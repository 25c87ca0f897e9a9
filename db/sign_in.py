"""What is read of an account by which a person signs in with email and password."""

from typing import NamedTuple

from sqlalchemy import select, update

from db.accounts import users
from db.connections.database import Database, Transaction
from db.predicates import parameter
from db.statements.statement import compiled


class Account(NamedTuple):
    """The account with an email address."""

    id: int
    uid: str
    password_hash: str | None


async def account_with(database: Database, email: str) -> Account | None:
    """The account with this folded email address; None where there is none."""
    found = select(users.c.id, users.c.uid, users.c.password_hash).where(users.c.email == parameter("email"))
    records = await database.fetch(compiled(found, database.dialect), {"email": email})
    return Account(*records[0]) if records else None


async def keep_password(transaction: Transaction, user_id: int, password_hash: str) -> None:
    """Keep the hash of a person's password."""
    await transaction.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


async def without_password(database: Database) -> list[int]:
    """The accounts that have an email address and no password yet."""
    found = select(users.c.id).where(users.c.email.is_not(None), users.c.password_hash.is_(None))
    return [record[0] for record in await database.fetch(compiled(found.order_by(users.c.id), database.dialect), {})]
