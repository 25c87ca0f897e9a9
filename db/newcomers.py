"""People whom another system sends for the first time: an account without a password, and a student or staff member."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import insert

from db.accounts import staff, staff_key, users
from db.connections.database import Transaction
from db.students import Names, student, student_years, students
from db.upsert import write_missing

# Nobody told until when; the year is one that every calendar and time zone can print.
UNTIL = datetime(2999, 12, 31, tzinfo=UTC)
# Who is made may come in at once, also by a process whose clock is behind, or that looked at it before it had to wait.
EARLIER = timedelta(minutes=1)
# その他: what other systems tell of people is no school grade.
OTHER_GRADE = 0


class Known(NamedTuple):
    """An account, and how the product knows it."""

    user_id: int
    uid: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is told of somebody; `source` and `source_ref` say who told it, and how the person is called there."""

    code: str
    external_id: str
    names: Names
    source: str
    source_ref: str


async def make_account(transaction: Transaction, uid: str, locale: str | None, now: datetime) -> Known:
    """An account without a password: its owner comes from the other system alone."""
    values = {"uid": uid, "created_at": now} | ({} if locale is None else {"locale": locale})
    made = await transaction.execute(insert(users).values(**values).returning(users.c.id))
    return Known(int(made.scalar_one()), uid)


async def make_student(
    transaction: Transaction, known: Known, organization_id: int, told: Newcomer, now: datetime
) -> None:
    """The student's row of an account. Academic years are kept by `keep_year`."""
    row = student(
        uid=known.uid,
        code=told.code,
        external_id=told.external_id,
        names=told.names,
        years=(),
        id=known.user_id,
        organization_id=organization_id,
        start_at=now - EARLIER,
        end_at=UNTIL,
        updated_at=now,
        source=told.source,
        source_ref=told.source_ref,
    )
    await transaction.execute(insert(students).values(**row))


async def make_staff(transaction: Transaction, known: Known, told: Newcomer, now: datetime) -> None:
    """The staff member's row of an account, without a role yet."""
    last, first, last_kana, first_kana = told.names
    row = {
        "id": known.user_id,
        "uid": known.uid,
        "code": told.code,
        "external_id": told.external_id,
        "last_name": last,
        "first_name": first,
        "last_name_kana": last_kana,
        "first_name_kana": first_kana,
        "start_at": now - EARLIER,
        "end_at": UNTIL,
        "updated_at": now,
    }
    await transaction.execute(insert(staff).values(**row, search_key=staff_key(row)))


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
