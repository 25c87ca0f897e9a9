"""What was carried out under an Idempotency-Key: held by the transaction that did it, then kept with its answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from db.connections.database import Database, Transaction
from db.operations import idempotency_keys
from db.predicates import parameter
from db.statements.statement import compiled

KEPT = timedelta(hours=24)


class AlreadyHeld(Exception):
    """Another request under this key was quicker."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A caller's key, digested together with the caller, and the digest of what is asked under it."""

    key: bytes
    request_digest: bytes


class Held(NamedTuple):
    """What was asked under a key, and the sealed answer; None while it is not known."""

    request_digest: bytes
    answer: bytes | None


async def held(database: Database, key: bytes, now: datetime) -> Held | None:
    """What was done under a key within the last 24 hours; None for a key that is free."""
    columns = (idempotency_keys.c.request_digest, idempotency_keys.c.answer)
    fresh = idempotency_keys.c.created_at > parameter("since", idempotency_keys.c.created_at.type)
    found = select(*columns).where(idempotency_keys.c.key == parameter("key"), fresh)
    records = await database.fetch(compiled(found, database.dialect), {"key": key, "since": now - KEPT})
    if not records:
        return None
    digest, answer = records[0]
    return Held(bytes(digest), None if answer is None else bytes(answer))


async def hold(transaction: Transaction, claim: Claim, now: datetime) -> None:
    """Take a key in the transaction that changes something under it; AlreadyHeld where another one has it.

    On the way all keys are let go of that are older than 24 hours.
    """
    await transaction.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at <= now - KEPT))
    row = {"key": claim.key, "request_digest": claim.request_digest, "created_at": now}
    try:
        await transaction.execute(insert(idempotency_keys).values(**row))
    except IntegrityError:
        raise AlreadyHeld from None


async def keep(database: Database, claim: Claim, answer: bytes) -> None:
    """Keep the sealed answer of what was carried out; a request that changed nothing has no row, and keeps none."""
    async with database.writing() as transaction:
        row = update(idempotency_keys).where(idempotency_keys.c.key == claim.key)
        await transaction.execute(row.values(answer=answer))
