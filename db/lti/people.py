"""Who somebody is whom a platform names: known by that name, found by what else is told, or made."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, insert, select, update

from db.accounts import memberships, staff, staff_key, users
from db.connections.database import Transaction
from db.lti.tables import lti_people, lti_platforms
from db.organizations import organizations
from db.students import Names, student, student_years, students
from db.upsert import write_missing

# Nobody told until when; the year is one that every calendar and time zone can print.
UNTIL = datetime(2999, 12, 31, tzinfo=UTC)
# Who is made may come in at once, also by a process whose clock is behind, or that looked at it before it had to wait.
EARLIER = timedelta(minutes=1)
# その他: what a platform tells of people is no school grade.
OTHER_GRADE = 0
STUDENT, STAFF, COACH = "student", "staff", "homeroom_teacher"


class Known(NamedTuple):
    """An account, and how the product knows it."""

    user_id: int
    uid: str


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


async def make_account(transaction: Transaction, uid: str, locale: str | None, now: datetime) -> Known:
    """An account without a password: its owner comes from the platform alone."""
    values = {"uid": uid, "created_at": now} | ({} if locale is None else {"locale": locale})
    made = await transaction.execute(insert(users).values(**values).returning(users.c.id))
    return Known(int(made.scalar_one()), uid)


async def make_student(
    transaction: Transaction,
    known: Known,
    *,
    organization_id: int,
    code: str,
    external_id: str,
    names: Names,
    now: datetime,
) -> None:
    """The student's row of an account. Academic years are kept by `keep_year`."""
    row = student(
        uid=known.uid,
        code=code,
        external_id=external_id,
        names=names,
        years=(),
        id=known.user_id,
        organization_id=organization_id,
        start_at=now - EARLIER,
        end_at=UNTIL,
        updated_at=now,
        source="lti",
        source_ref=external_id,
    )
    await transaction.execute(insert(students).values(**row))


async def make_staff(
    transaction: Transaction,
    known: Known,
    *,
    organization_id: int,
    code: str,
    external_id: str,
    names: Names,
    now: datetime,
) -> None:
    """The staff member's row of an account, who is a coach (コーチ) of the organization."""
    last, first, last_kana, first_kana = names
    row = {
        "id": known.user_id,
        "uid": known.uid,
        "code": code,
        "external_id": external_id,
        "last_name": last,
        "first_name": first,
        "last_name_kana": last_kana,
        "first_name_kana": first_kana,
        "start_at": now - EARLIER,
        "end_at": UNTIL,
        "updated_at": now,
    }
    await transaction.execute(insert(staff).values(**row, search_key=staff_key(row)))
    place = {"staff_id": known.user_id, "organization_id": organization_id, "role": COACH}
    await transaction.execute(insert(memberships).values(**place, source="lti", source_ref=external_id))


async def keep_year(transaction: Transaction, user_ids: Sequence[int], year: int, bit: int, now: datetime) -> None:
    """Have students stand on the roster of an academic year; of those who do already nothing changes.

    `bit` is the year's in `roster_years`.
    """
    missing = students.c.id.in_(user_ids) & (students.c.roster_years.op("&")(bit) == 0)
    added = students.update().where(missing).returning(students.c.id)
    changed = added.values(roster_years=students.c.roster_years.op("|")(bit), updated_at=now)
    ids = (await transaction.execute(changed)).scalars().all()
    rows = [{"student_id": id_, "academic_year": year, "school_grade_value": OTHER_GRADE} for id_ in ids]
    await write_missing(transaction, student_years, rows)
