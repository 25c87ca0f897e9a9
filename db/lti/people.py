"""Who somebody is whom a platform names: known by that name, or found by what else is told."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update

from db.accounts import memberships, staff, users
from db.connections.database import Transaction
from db.lti.tables import lti_people, lti_platforms
from db.newcomers import Known
from db.organizations import organizations
from db.students import students

STUDENT, STAFF, COACH = "student", "staff", "homeroom_teacher"


async def known_as(transaction: Transaction, platform_id: int, subject: str, kind: str) -> Known | None:
    """Who was linked to this name of the platform before; None for nobody."""
    found = select(users.c.id, users.c.uid).join_from(lti_people, users, users.c.id == lti_people.c.user_id)
    named = (lti_people.c.platform_id == platform_id) & (lti_people.c.subject == subject) & (lti_people.c.kind == kind)
    record = (await transaction.execute(found.where(named))).first()
    return None if record is None else Known(*record)


async def wait_for_others(transaction: Transaction, platform_id: int) -> None:
    """Let nobody else find or make people of the platform until the end of the transaction."""
    # A write, because SQLite locks nothing for a read.
    same = {"is_active": lti_platforms.c.is_active}
    await transaction.execute(update(lti_platforms).where(lti_platforms.c.id == platform_id).values(**same))


async def with_email(transaction: Transaction, kind: str, organization_id: int, email: str) -> list[Known]:
    """The people of an organization, or of its children, whose account has this folded address."""
    return await found_in(transaction, candidates(kind, organization_id).where(users.c.email == email))


async def with_external_id(transaction: Transaction, kind: str, organization_id: int, external_id: str) -> list[Known]:
    """The people of an organization, or of its children, whom the school's own system calls so."""
    person = students if kind == STUDENT else staff
    wanted = candidates(kind, organization_id).where(person.c.external_id == external_id)
    return await found_in(transaction, wanted)


def candidates(kind: str, organization_id: int) -> Select[Any]:
    """The students, or the members of staff, of an organization and its children."""
    children = select(organizations.c.id).where(organizations.c.parent_id == organization_id)
    found = select(users.c.id, users.c.uid).distinct()
    if kind == STUDENT:
        place, joined = students.c.organization_id, found.join_from(users, students, students.c.id == users.c.id)
    else:
        place = memberships.c.organization_id
        joined = found.join_from(users, staff, staff.c.id == users.c.id)
        joined = joined.join(memberships, memberships.c.staff_id == staff.c.id)
    return joined.where((place == organization_id) | place.in_(children))


async def found_in(transaction: Transaction, wanted: Select[Any]) -> list[Known]:
    """At most two of them: more than one is nobody in particular."""
    records = await transaction.execute(wanted.order_by(users.c.id).limit(2))
    return [Known(user_id, uid) for user_id, uid in records.all()]


async def link(
    transaction: Transaction, platform_id: int, subject: str, kind: str, known: Known, now: datetime
) -> None:
    """Know somebody by the platform's name from now on."""
    row = {"platform_id": platform_id, "subject": subject, "kind": kind, "user_id": known.user_id, "created_at": now}
    await transaction.execute(insert(lti_people).values(**row))


async def give_role(transaction: Transaction, known: Known, organization_id: int, external_id: str) -> None:
    """Have a member of staff be a coach (コーチ) of the organization."""
    place = {"staff_id": known.user_id, "organization_id": organization_id, "role": COACH}
    await transaction.execute(insert(memberships).values(**place, source="lti", source_ref=external_id))
