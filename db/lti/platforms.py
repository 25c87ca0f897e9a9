"""Platforms as commands write them: made, changed, removed; and leave to register one."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError

from db.accounts import api_tokens
from db.connections.database import NEWS, Transaction
from db.lti.tables import lti_launches, lti_people, lti_platforms
from db.organizations import organizations
from db.predicates import Condition
from db.upsert import dialect_insert

platforms = lti_platforms.c


async def held_organization(transaction: Transaction, within: Condition) -> int | None:
    """The organization that a condition on organizations names, held until the end; None where there is none.

    Whoever counts what an organization has holds it, so that two cannot count at once; who refers to it goes on.
    """
    one = select(organizations.c.id).where(within).order_by(organizations.c.id).limit(1)
    return (await transaction.execute(one.with_for_update(key_share=True))).scalar_one_or_none()


async def count(transaction: Transaction, organization_id: int) -> int:
    """How many platforms an organization has."""
    found = select(func.count()).select_from(lti_platforms).where(platforms.organization_id == organization_id)
    return int((await transaction.execute(found)).scalar_one())


async def add(transaction: Transaction, values: Mapping[str, object], now: datetime) -> int | None:
    """Keep a platform; gives its number, None where some organization has one with this issuer and client id."""
    row = dialect_insert(transaction, lti_platforms).values(**values, created_at=now, updated_at=now)
    added = row.on_conflict_do_nothing(index_elements=["issuer", "client_id"]).returning(platforms.id)
    return (await transaction.execute(added)).scalar_one_or_none()


async def locked(transaction: Transaction, id_: int, within: Condition) -> Mapping[str, object] | None:
    """A platform among those that a condition lets through, locked until the end; None where there is none."""
    one = select(lti_platforms).where(platforms.id == id_, within).with_for_update()
    found = (await transaction.execute(one)).mappings().first()
    return None if found is None else dict(found)


async def change(transaction: Transaction, id_: int, values: Mapping[str, object], now: datetime) -> bool:
    """Change columns of a platform; False, and nothing is changed, where another one has its issuer and client id."""
    try:
        async with transaction.begin_nested():
            changed = update(lti_platforms).where(platforms.id == id_).values(**values, updated_at=now)
            await transaction.execute(changed)
    except IntegrityError:
        return False
    # Grades that wait for it may be sent at once.
    transaction.info[NEWS] = True
    return True


async def remove(transaction: Transaction, id_: int) -> None:
    """Remove a platform with its launches, grades and rosters."""
    await transaction.execute(delete(lti_platforms).where(platforms.id == id_))


async def knows_people(transaction: Transaction, id_: int) -> bool:
    """Whether anybody has come from a platform, and is known by the name that it has for that person."""
    found = select(exists().where(lti_people.c.platform_id == id_))
    return bool((await transaction.execute(found)).scalar_one())


async def end_sessions(transaction: Transaction, id_: int, now: datetime) -> None:
    """Revoke the tokens of all sessions that were begun from a platform."""
    begun = select(lti_launches.c.token_id).where(
        lti_launches.c.platform_id == id_, lti_launches.c.token_id.is_not(None)
    )
    still = api_tokens.c.id.in_(begun) & api_tokens.c.revoked_at.is_(None)
    await transaction.execute(update(api_tokens).where(still).values(revoked_at=now))
