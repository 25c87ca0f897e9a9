"""Whether somebody may no longer sign in with a password, because the organization signs in by single sign-on alone."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Dialect, Select, Text, literal_column, or_, select

from db.accounts import memberships
from db.base import Moment
from db.connections.database import Database
from db.organizations import organizations
from db.predicates import parameter
from db.sso.tables import sso_configurations, sso_domains
from db.statements.statement import Statement, compiled
from db.students import students

# Who sets things right where an identity provider fails must never need it.
FREE = ("cram_school_owner", "administrator")


@lru_cache(maxsize=2)
def statement(dialect: Dialect) -> Statement:
    """The organization that signs in the account `user` with an address of `domain`, and closed passwords to it."""
    domain, configuration = sso_domains.c, sso_configurations.c
    member = memberships.c
    current = (member.staff_id == user()) & or_(member.end_at.is_(None), member.end_at >= parameter("now", Moment()))
    tree = tree_of_configuration()
    students_here = select(students.c.id).where(students.c.id == user(), students.c.organization_id.in_(tree))
    here = select(member.id).where(current, member.organization_id.in_(tree)).exists() | students_here.exists()
    free = (
        select(member.id).where(current, or_(*(member.role == literal_column(f"'{role}'") for role in FREE))).exists()
    )
    found = select(configuration.organization_id).join_from(
        sso_domains, sso_configurations, configuration.id == domain.configuration_id
    )
    closed = configuration.enabled & configuration.enforced & (domain.domain == parameter("domain", Text()))
    return compiled(found.where(closed, here, ~free), dialect)


def user() -> Any:  # noqa: ANN401  # a parameter stands wherever a column does
    """The account in question."""
    return parameter("user", BigInteger())


def tree_of_configuration() -> Select[Any]:
    """The configuration's organization and its children."""
    own = sso_configurations.c.organization_id
    tree = (organizations.c.id == own) | (organizations.c.parent_id == own)
    return select(organizations.c.id).where(tree).correlate(sso_configurations)


async def closed_by(database: Database, values: Mapping[str, object]) -> int | None:
    """The number of the organization that closed passwords to an account (`user`, `domain`, `now`); None for none."""
    records = await database.fetch(statement(database.dialect), values)
    return int(records[0][0]) if records else None
