"""Tables of the access log: who read whose data, and who changed whose role; and how it is written and forgotten."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from db.accounts import staff, users
from db.base import Id, Key, Moment, metadata
from db.connections.database import Transaction
from db.json_text import Expression
from db.predicates import Columns, Condition
from db.students import students

KINDS = ("read", "export", "role_change")
WAYS = ("graphql", "rest", "subscription", "export", "webhook", "system")
CHANGES = ("granted", "changed", "ended")
# So many values at most go into one statement, and so many rows are written at a time.
AT_ONCE = 5_000

# People are named as they were called then, and by no foreign key: the log outlives them.
accesses = Table(
    "accesses",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("way", Text, nullable=False),
    # The name of the operation or the path of the door, and the SHA-256 of a client's document.
    Column("operation", Text),
    Column("document", Text),
    # The students' organization: what is read of several is a row for each.
    Column("organization_id", ForeignKey("organizations.id")),
    Column("reader_id", BigInteger),
    Column("reader_uid", Key, nullable=False),
    Column("reader_name", Text, nullable=False),
    Column("token_id", BigInteger),
    Column("fields", JSON, nullable=False),
    Column("student_count", Integer, nullable=False),
    # Of a change of a role: whose, which, and what became of it.
    Column("subject_id", BigInteger),
    Column("subject_uid", Key),
    Column("subject_name", Text),
    Column("role", Text),
    Column("change", Text),
    CheckConstraint(f"kind in {KINDS}", name="kind"),
    CheckConstraint(f"way in {WAYS}", name="way"),
    CheckConstraint(f"change in {CHANGES}", name="change"),
    CheckConstraint(
        "case when kind = 'role_change' then subject_uid is not null and subject_name is not null and role is not null"
        " and change is not null else organization_id is not null and subject_id is null and subject_uid is null"
        " and subject_name is null and role is null and change is null end",
        name="told",
    ),
    Index(None, "organization_id", "id"),
    Index(None, "reader_uid", "id"),
    Index(None, "at"),
    # SQLite would give the number of a row that was forgotten again, and its place in the list with it.
    sqlite_autoincrement=True,
)

# One row for each student who was read, found from both ends.
access_students = Table(
    "access_students",
    metadata,
    Column("student_id", BigInteger, primary_key=True, autoincrement=False),
    Column("access_id", ForeignKey("accesses.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "access_id", "student_id"),
)

# Of a change of a role alone there is more to tell.
role_changes = select(
    accesses.c.id,
    accesses.c.organization_id,
    func.coalesce(accesses.c.subject_uid, "").label("subject_uid"),
    func.coalesce(accesses.c.subject_name, "").label("subject_name"),
    func.coalesce(accesses.c.role, "").label("role"),
    func.coalesce(accesses.c.change, "").label("change"),
).where(accesses.c.kind == "role_change")


@dataclass(frozen=True, slots=True)
class Read:
    """What one access showed of some students of one organization: the values of its row, and who they are."""

    row: Mapping[str, object]
    students: Sequence[int]


def shows_student(columns: Columns, student: Expression) -> Condition:
    """The access showed this student."""
    shown = access_students.c
    return columns["id"].in_(select(shown.access_id).where(shown.student_id == student))


async def organizations_of(transaction: Transaction, ids: Iterable[int]) -> dict[int, int]:
    """The organization of each of these students who is there."""
    found: dict[int, int] = {}
    for some in parts(list(ids)):
        known = select(students.c.id, students.c.organization_id).where(students.c.id.in_(some))
        found.update((row.id, row.organization_id) for row in await transaction.execute(known))
    return found


async def names_of(transaction: Transaction, ids: Iterable[int]) -> dict[int, str]:
    """What these people are called; a member of staff as such, also where the person is a student too."""
    found: dict[int, str] = {}
    for some in parts(list(ids)):
        for table in (students, staff):
            named = select(table.c.id, table.c.last_name, table.c.first_name).where(table.c.id.in_(some))
            found.update((id_, f"{last} {first}") for id_, last, first in await transaction.execute(named))
    return found


async def add(transaction: Transaction, reads: Sequence[Read]) -> None:
    """Write what was read, however much it is."""
    for some in parts(reads, AT_ONCE // 5):
        numbered = insert(accesses).returning(accesses.c.id, sort_by_parameter_order=True)
        made = await transaction.execute(numbered, [{**read.row, "student_count": len(read.students)} for read in some])
        shown = [
            {"student_id": student, "access_id": row.id}
            for row, read in zip(made.all(), some, strict=True)
            for student in read.students
        ]
        for rows in parts(shown):
            await transaction.execute(insert(access_students), rows)


async def uids_of(transaction: Transaction, ids: Iterable[int]) -> dict[int, str]:
    """The uids of these accounts."""
    found: dict[int, str] = {}
    for some in parts(list(ids)):
        known = select(users.c.id, users.c.uid).where(users.c.id.in_(some))
        found.update((row.id, row.uid) for row in await transaction.execute(known))
    return found


async def add_role_changes(transaction: Transaction, changes: Sequence[Mapping[str, object]]) -> None:
    """Write that roles were changed."""
    same: dict[str, object] = {"kind": "role_change", "fields": [], "student_count": 0}
    await transaction.execute(insert(accesses), [{**same, **change} for change in changes])


async def forget(transaction: Transaction, *, before: datetime, most: int) -> int:
    """Forget what was before an instant; gives how much it was, at most so much at once."""
    old = select(accesses.c.id).where(accesses.c.at < before).limit(most)
    return (await transaction.execute(delete(accesses).where(accesses.c.id.in_(old)))).rowcount


def parts(items: Sequence[Any], size: int = AT_ONCE) -> Iterable[Sequence[Any]]:
    """Items, some at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
