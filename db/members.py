"""Who belongs to an organization: its students and its staff, as one list; and how roles are given and ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Select,
    Text,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    union_all,
    update,
)

from db.accounts import memberships, staff, users
from db.base import Moment
from db.connections.database import Transaction
from db.json_text import Expression
from db.organizations import organizations
from db.predicates import Condition, parameter
from db.students import students

STUDENT = "student"
OWNER = "cram_school_owner"
ROLES = (STUDENT, "homeroom_teacher", "cram_school_clerk", OWNER)
STATUSES = ("active", "upcoming", "ended", "locked")


def word(text: str) -> Expression:
    """A word of ours as it stands: bound, it would be of another type in each half of the list."""
    return literal_column(f"'{text}'", Text())


def status_of(locked_at: Expression, start_at: Expression, end_at: Expression) -> Expression:
    """Whether somebody belongs to an organization now, with both ends of the period included."""
    now = parameter("now", Moment())
    return case(
        (locked_at.is_not(None), word("locked")),
        (end_at < now, word("ended")),
        (start_at > now, word("upcoming")),
        else_=word("active"),
    )


def later(one: Expression, other: Expression) -> Expression:
    """The later of two instants, of which the first may be NULL."""
    return func.coalesce(case((one > other, one)), other, type_=Moment())


def earlier(one: Expression, other: Expression) -> Expression:
    """The earlier of two instants, of which the first may be NULL."""
    return func.coalesce(case((one < other, one)), other, type_=Moment())


def enrolled() -> Select[Any]:
    """Students, each in the one organization that it is of, under its own number."""
    columns = students.c
    return select(
        columns.id.label("number"),
        (word("student-") + cast(columns.id, Text())).label("ref"),
        columns.organization_id,
        columns.code,
        columns.uid,
        columns.last_name,
        columns.first_name,
        (columns.last_name + word(" ") + columns.first_name).label("name"),
        word(STUDENT).label("role"),
        status_of(columns.locked_at, columns.start_at, columns.end_at).label("status"),
        columns.source,
        columns.start_at,
        columns.end_at,
        columns.id.label("person_id"),
        columns.id.label("student_id"),
        cast(null(), BigInteger()).label("membership_id"),
        columns.demo,
        columns.search_key,
    )


def employed() -> Select[Any]:
    """Roles of staff, as long as both role and person are there, under the number of the role below zero.

    Numbers of students and of roles are numbers of two tables: the sign keeps them apart.
    """
    person, role = staff.c, memberships.c
    start_at, end_at = later(role.start_at, person.start_at), earlier(role.end_at, person.end_at)
    return select(
        (-role.id).label("number"),
        (word("staff-") + cast(role.id, Text())).label("ref"),
        role.organization_id,
        person.code,
        person.uid,
        person.last_name,
        person.first_name,
        (person.last_name + word(" ") + person.first_name).label("name"),
        role.role,
        status_of(person.locked_at, start_at, end_at).label("status"),
        role.source,
        start_at.label("start_at"),
        end_at.label("end_at"),
        person.id.label("person_id"),
        cast(null(), BigInteger()).label("student_id"),
        role.id.label("membership_id"),
        person.demo,
        person.search_key,
    ).join_from(memberships, staff, person.id == role.staff_id)


people = union_all(enrolled(), employed()).subquery("people")
# Beside the people, and not in either half: so it is looked up for those of a page alone.
email = select(users.c.email).where(users.c.id == people.c.person_id).scalar_subquery()
members = select(*people.c, email.label("email"))


class Held(NamedTuple):
    """A role that somebody has in an organization, as it is kept, and the person's own period and lock."""

    id: int
    staff_id: int
    organization_id: int
    role: str
    source: str
    start_at: datetime | None
    end_at: datetime | None
    person_start_at: datetime
    person_end_at: datetime
    locked_at: datetime | None

    def is_held(self, at: datetime) -> bool:
        """Whether the role gives its person anything at an instant."""
        if self.locked_at is not None:
            return False
        begins = self.person_start_at if self.start_at is None else max(self.start_at, self.person_start_at)
        ends = self.person_end_at if self.end_at is None else min(self.end_at, self.person_end_at)
        return begins <= at <= ends


def roles() -> Select[Any]:
    """The roles of staff in organizations."""
    role, person = memberships.c, staff.c
    own = (role.id, role.staff_id, role.organization_id, role.role, role.source, role.start_at, role.end_at)
    found = select(*own, person.start_at, person.end_at, person.locked_at)
    return found.join_from(memberships, staff, person.id == role.staff_id).where(role.organization_id.is_not(None))


async def staff_named(transaction: Transaction, uid: str, within: Condition | None) -> int | None:
    """The number of a member of staff, who has or had a role that a condition on memberships lets through.

    None for nobody. Without a condition anybody on the staff is found.
    """
    found = select(staff.c.id).where(staff.c.uid == uid)
    if within is not None:
        found = found.where(select(memberships.c.id).where(memberships.c.staff_id == staff.c.id, within).exists())
    return (await transaction.execute(found)).scalar_one_or_none()


async def role_of(transaction: Transaction, number: int, within: Condition) -> Held | None:
    """A role among those that a condition on memberships lets through."""
    record = (await transaction.execute(roles().where(memberships.c.id == number, within))).first()
    return None if record is None else Held(*record)


async def hold_roles(transaction: Transaction, organization_id: int, staff_id: int) -> None:
    """Let nobody else change the owners of an organization, or what a person holds, until the transaction ends.

    Writes, because SQLite locks nothing for a read. Whoever takes both takes them in this order.
    """
    place, person = organizations.c, staff.c
    same_place = update(organizations).where(place.id == organization_id).values(code=place.code)
    await transaction.execute(same_place)
    await transaction.execute(update(staff).where(person.id == staff_id).values(uid=person.uid))


async def same_roles(transaction: Transaction, staff_id: int, organization_id: int, role: str) -> list[Held]:
    """Every period in which a person holds, held or will hold a role in an organization."""
    columns = memberships.c
    one = (columns.staff_id == staff_id, columns.organization_id == organization_id, columns.role == role)
    records = await transaction.execute(roles().where(*one).order_by(columns.id))
    return [Held(*record) for record in records]


async def owners(transaction: Transaction, organization_id: int, now: datetime) -> list[Held]:
    """The owners of an organization whose role has not ended."""
    columns = memberships.c
    unended = or_(columns.end_at.is_(None), columns.end_at >= now)
    found = roles().where(columns.organization_id == organization_id, columns.role == OWNER, unended)
    return [Held(*record) for record in await transaction.execute(found.order_by(columns.id))]


async def give(transaction: Transaction, values: Mapping[str, object]) -> int:
    """Keep a role that somebody has now; gives its number."""
    added = insert(memberships).values(**values, source="manual").returning(memberships.c.id)
    return int((await transaction.execute(added)).scalar_one())


async def set_period(transaction: Transaction, number: int, start_at: datetime | None, end_at: datetime | None) -> None:
    """Have a role begin and end at other instants."""
    changed = update(memberships).where(memberships.c.id == number).values(start_at=start_at, end_at=end_at)
    await transaction.execute(changed)


async def forget(transaction: Transaction, number: int) -> None:
    """A role that had not begun was never there."""
    await transaction.execute(delete(memberships).where(memberships.c.id == number))


async def has_organization(transaction: Transaction, number: int) -> bool:
    """Whether there is an organization with this number."""
    found = select(organizations.c.id).where(organizations.c.id == number)
    return (await transaction.execute(found)).first() is not None
