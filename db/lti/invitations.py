"""Leave to register one platform by dynamic registration: kept by the digest of the secret in its address."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, func, insert, select, update

from db.accounts import users
from db.connections.database import Transaction
from db.lti.tables import lti_invitations

invitations = lti_invitations.c


class Invitation(NamedTuple):
    """Leave to register a platform of an organization, by whom, and whom that platform may bring."""

    id: int
    organization_id: int
    owner_id: int
    owner_uid: str
    matching: str
    creates_accounts: bool
    expires_at: datetime
    used_at: datetime | None


async def add(transaction: Transaction, values: Mapping[str, object], now: datetime) -> None:
    """Keep an invitation."""
    await transaction.execute(insert(lti_invitations).values(**values, created_at=now))


async def count(transaction: Transaction, organization_id: int, now: datetime) -> int:
    """How many invitations of an organization could be used now."""
    mine = (invitations.organization_id == organization_id) & invitations.used_at.is_(None)
    found = select(func.count()).select_from(lti_invitations).where(mine, invitations.expires_at > now)
    return int((await transaction.execute(found)).scalar_one())


def with_digest(digest: bytes) -> Select[Any]:
    """The invitation with this digest."""
    whose = (invitations.id, invitations.organization_id, invitations.owner_id, users.c.uid)
    policy = (invitations.matching, invitations.creates_accounts, invitations.expires_at, invitations.used_at)
    found = select(*whose, *policy).join_from(lti_invitations, users, users.c.id == invitations.owner_id)
    return found.where(invitations.digest == digest)


async def known(transaction: Transaction, digest: bytes) -> Invitation | None:
    """The invitation with this digest, whatever became of it; None where there is none."""
    row = (await transaction.execute(with_digest(digest))).first()
    return None if row is None else Invitation(*row)


async def use(transaction: Transaction, digest: bytes, now: datetime) -> bool:
    """Use an invitation up, if it can be used still; of several who do so at once, one does."""
    good = (invitations.digest == digest) & invitations.used_at.is_(None) & (invitations.expires_at > now)
    return (await transaction.execute(update(lti_invitations).where(good).values(used_at=now))).rowcount == 1


async def forget(transaction: Transaction, before: datetime) -> int:
    """Forget invitations that ended before an instant; gives how many."""
    return (await transaction.execute(delete(lti_invitations).where(invitations.expires_at < before))).rowcount
