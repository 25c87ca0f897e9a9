"""Who somebody is whom an identity provider names: known by that name, found by the address, and in which roles."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, insert, or_, select, update

from db.accounts import memberships, staff, users
from db.connections.database import Transaction
from db.newcomers import UNTIL, Known
from db.organizations import organizations
from db.sso.tables import sso_assertions, sso_configurations, sso_people
from db.students import students
from db.upsert import write_missing

SOURCE, OWNER = "sso", "cram_school_owner"


async def known_as(transaction: Transaction, configuration_id: int, issuer: str, subject: str) -> Known | None:
    """Who came by this name before; None for nobody."""
    person = sso_people.c
    named = (person.configuration_id == configuration_id) & (person.issuer == issuer) & (person.subject == subject)
    found = select(users.c.id, users.c.uid).join_from(sso_people, users, users.c.id == person.user_id)
    record = (await transaction.execute(found.where(named))).first()
    return None if record is None else Known(*record)


async def with_email(
    transaction: Transaction, configuration_id: int, issuer: str, organization_id: int, email: str
) -> list[Known]:
    """The people of an organization and its children who have this folded address here, or at another issuer before.

    At most two of them: more than one is nobody in particular. Whom the issuer itself calls by another name is somebody
    else, to whom the address was given anew.
    """
    linked = (sso_people.c.configuration_id == configuration_id) & (sso_people.c.user_id == users.c.id)
    before = exists().where(linked, sso_people.c.email == email)
    other = exists().where(linked, sso_people.c.issuer == issuer)
    within = of_organization(organization_id)
    student = exists().where(students.c.id == users.c.id, students.c.organization_id.in_(within))
    member = exists().where(memberships.c.staff_id == users.c.id, memberships.c.organization_id.in_(within))
    wanted = select(users.c.id, users.c.uid).where((users.c.email == email) | before, ~other, student | member)
    records = await transaction.execute(wanted.order_by(users.c.id).limit(2))
    return [Known(user_id, uid) for user_id, uid in records.all()]


async def is_elsewhere(transaction: Transaction, user_id: int, organization_id: int, now: datetime) -> bool:
    """Whether somebody is anything, now or later, outside of an organization and its children.

    Of such a person no one organization's identity provider may speak: whoever runs that would be the person elsewhere.
    """
    within = of_organization(organization_id)
    place = memberships.c.organization_id
    current = or_(memberships.c.end_at.is_(None), memberships.c.end_at >= now)
    outside = or_(place.is_(None), place.not_in(within))
    member = select(memberships.c.id).where(memberships.c.staff_id == user_id, outside, current)
    student = select(students.c.id).where(students.c.id == user_id, students.c.organization_id.not_in(within))
    found = await transaction.execute(select(or_(member.exists(), student.exists())))
    return bool(found.scalar_one())


def of_organization(organization_id: int) -> Select[Any]:
    """The organization and its children."""
    tree = (organizations.c.id == organization_id) | (organizations.c.parent_id == organization_id)
    return select(organizations.c.id).where(tree)


async def link(
    transaction: Transaction,
    name: tuple[int, str, str],
    known: Known,
    email: str,
    now: datetime,
) -> None:
    """Know somebody by a name (configuration, issuer, subject) from now on, and by the address that was told last."""
    configuration_id, issuer, subject = name
    row = {"configuration_id": configuration_id, "issuer": issuer, "subject": subject}
    missing = {**row, "user_id": known.user_id, "email": email, "created_at": now}
    await write_missing(transaction, sso_people, [missing])
    person = sso_people.c
    same = (person.configuration_id == configuration_id) & (person.issuer == issuer) & (person.subject == subject)
    await transaction.execute(update(sso_people).where(same).values(email=email))


async def is_student(transaction: Transaction, user_id: int) -> bool:
    """Whether an account is a student's."""
    return (await transaction.execute(select(students.c.id).where(students.c.id == user_id))).first() is not None


async def held_staff(transaction: Transaction, user_id: int) -> bool:
    """Whether an account is a member of staff's, whose roles nobody else changes until the end."""
    # A write, because SQLite locks nothing for a read.
    same = update(staff).where(staff.c.id == user_id).values(updated_at=staff.c.updated_at).returning(staff.c.id)
    return (await transaction.execute(same)).first() is not None


async def roles_held(transaction: Transaction, user_id: int, organization_id: int, now: datetime) -> set[str]:
    """The roles that somebody has in an organization, or will have, whoever gave them."""
    member = memberships.c
    held = (member.staff_id == user_id) & (member.organization_id == organization_id)
    found = select(member.role).where(held, or_(member.end_at.is_(None), member.end_at >= now))
    return set((await transaction.execute(found)).scalars())


async def give_roles(
    transaction: Transaction, user_id: int, organization_id: int, roles: Iterable[str], subject: str, now: datetime
) -> None:
    """Give roles from now on, as long as the person may come in."""
    place = {"staff_id": user_id, "organization_id": organization_id, "source": SOURCE, "source_ref": subject}
    rows = [{**place, "role": role, "start_at": now} for role in sorted(roles)]
    if rows:
        await transaction.execute(insert(memberships), rows)


async def take_roles(
    transaction: Transaction, user_id: int, organization_id: int, keep: Iterable[str], now: datetime
) -> list[str]:
    """End the roles in an organization that single sign-on gave and that are not to be kept; gives them."""
    member = memberships.c
    held = (member.staff_id == user_id) & (member.organization_id == organization_id) & (member.source == SOURCE)
    gone = held & member.role.not_in(sorted(keep)) & or_(member.end_at.is_(None), member.end_at >= now)
    ended = update(memberships).where(gone).values(end_at=now).returning(member.role)
    return sorted((await transaction.execute(ended)).scalars())


async def has_other_owners(transaction: Transaction, user_id: int, organization_id: int, now: datetime) -> bool:
    """Whether an organization has another owner than this one, who may come in now."""
    member = memberships.c
    held = or_(member.start_at.is_(None), member.start_at <= now) & or_(member.end_at.is_(None), member.end_at > now)
    here = (staff.c.start_at <= now) & (staff.c.end_at >= now) & staff.c.locked_at.is_(None)
    owners = (member.organization_id == organization_id) & (member.role == OWNER) & (member.staff_id != user_id)
    found = select(member.id).join_from(memberships, staff, staff.c.id == member.staff_id).where(owners, held, here)
    return (await transaction.execute(found.limit(1))).first() is not None


async def close_student(transaction: Transaction, user_id: int, now: datetime) -> None:
    """End the use of a student whom single sign-on made, and remember that it was ended here."""
    made = (students.c.id == user_id) & (students.c.source == SOURCE) & (students.c.end_at > now)
    ended = update(students).where(made).values(end_at=now, updated_at=now).returning(students.c.id)
    if (await transaction.execute(ended)).first() is not None:
        await transaction.execute(update(sso_people).where(sso_people.c.user_id == user_id).values(closed_at=now))


async def open_student(transaction: Transaction, user_id: int, now: datetime) -> None:
    """Let a student in again whose use `close_student` ended, and nobody else since."""
    closed = exists().where(sso_people.c.user_id == students.c.id, sso_people.c.closed_at == students.c.end_at)
    ended = update(students).where(students.c.id == user_id, closed)
    await transaction.execute(ended.values(end_at=UNTIL, updated_at=now))


async def use_assertion(transaction: Transaction, configuration_id: int, digest: bytes, ends_at: datetime) -> bool:
    """Use an assertion; False where it was used before."""
    row = {"configuration_id": configuration_id, "digest": digest, "expires_at": ends_at}
    return await write_missing(transaction, sso_assertions, [row]) == 1


async def wait_for_others(transaction: Transaction, configuration_id: int) -> None:
    """Let nobody else find or make people by a configuration until the end of the transaction."""
    # A write, because SQLite locks nothing for a read.
    same = {"enabled": sso_configurations.c.enabled}
    await transaction.execute(
        update(sso_configurations).where(sso_configurations.c.id == configuration_id).values(**same)
    )
