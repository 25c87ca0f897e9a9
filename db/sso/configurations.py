"""Configurations as commands write them: kept, switched on and off; and which mail domain is whose."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from db.connections.database import Transaction
from db.institutions import organization_domains
from db.organizations import organizations
from db.sso.tables import sso_configurations, sso_domains
from db.upsert import write_missing


async def held(transaction: Transaction, organization_id: int) -> Mapping[str, object] | None:
    """An organization's configuration, which nobody else changes until the end; None where it has none.

    Raises LookupError where there is no such organization.
    """
    # A write, because SQLite locks nothing for a read.
    same = {"parent_id": organizations.c.parent_id}
    held = update(organizations).where(organizations.c.id == organization_id).values(**same)
    if (await transaction.execute(held.returning(organizations.c.id))).first() is None:
        raise LookupError(organization_id)
    of_it = select(sso_configurations).where(sso_configurations.c.organization_id == organization_id)
    found = (await transaction.execute(of_it)).mappings().first()
    return None if found is None else dict(found)


async def keep(
    transaction: Transaction, organization_id: int, id_: int | None, values: Mapping[str, object], now: datetime
) -> int:
    """Write columns of a configuration, or a new one where `id_` is None; gives its number."""
    if id_ is None:
        row = {**values, "organization_id": organization_id, "created_at": now, "updated_at": now}
        made = insert(sso_configurations).values(**row).returning(sso_configurations.c.id)
        return int((await transaction.execute(made)).scalar_one())
    changed = update(sso_configurations).where(sso_configurations.c.id == id_)
    await transaction.execute(changed.values(**values, updated_at=now))
    return id_


async def remove(transaction: Transaction, organization_id: int) -> bool:
    """Remove a configuration with what it knows of people, who stay; whether there was one."""
    gone = delete(sso_configurations).where(sso_configurations.c.organization_id == organization_id)
    return (await transaction.execute(gone)).rowcount > 0


async def taken(transaction: Transaction, domains: Sequence[str], organization_id: int) -> list[str]:
    """Those of some domains that are another organization's."""
    columns = organization_domains.c
    found = select(columns.domain).where(columns.domain.in_(domains), columns.organization_id != organization_id)
    return sorted((await transaction.execute(found)).scalars())


async def keep_domains(
    transaction: Transaction, id_: int, organization_id: int, domains: Sequence[str], now: datetime
) -> None:
    """Have these domains be a configuration's, and no others; they become the organization's where nobody has them."""
    await transaction.execute(delete(sso_domains).where(sso_domains.c.configuration_id == id_))
    if domains:
        rows = [{"domain": domain, "configuration_id": id_} for domain in domains]
        await transaction.execute(insert(sso_domains), rows)
    added = [{"organization_id": organization_id, "domain": domain, "created_at": now} for domain in domains]
    await write_missing(transaction, organization_domains, added)


async def domains_in_use(transaction: Transaction, organization_id: int) -> list[str]:
    """The domains by which people of an organization sign in."""
    of_it = sso_configurations.c.organization_id == organization_id
    joined = sso_domains.join(sso_configurations, sso_configurations.c.id == sso_domains.c.configuration_id)
    found = select(sso_domains.c.domain).select_from(joined).where(of_it)
    return sorted((await transaction.execute(found)).scalars())
