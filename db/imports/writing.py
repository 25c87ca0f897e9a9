"""What imports write of people: accounts, students, staff and their roles, years, and places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, func, insert, select, update

from db.accounts import memberships, staff, staff_key, users
from db.connections.database import Transaction
from db.imports.people import PLACES
from db.imports.tables import import_places
from db.organizations import named, sections
from db.students import roster, student, student_years, students
from db.upsert import replace, write_missing

NAMES = ("last_name", "first_name", "last_name_kana", "first_name_kana")
IDENTITY = ("uid", "code", "external_id", *NAMES)


@dataclass(slots=True)
class Write:
    """What is written of one person; `user_id` is None for somebody new, until the account is made."""

    is_student: bool
    user_id: int | None = None
    # Of the account, of the student's or staff member's own row, and all of the row as it is then.
    account: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)
    whole: dict[str, Any] = field(default_factory=dict)
    # The number of a role and what changes of it; a new one.
    roles: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    new_role: dict[str, Any] | None = None
    grade: int | None = None
    # Whether the student is on the roster of the year already.
    enrolled: bool = True
    put_in: dict[str, set[str]] = field(default_factory=dict)
    take_out: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Class:
    """A class of a bundle, which becomes a section where there is none of its name."""

    code: str
    title: str
    short: str


class WrittenRole(NamedTuple):
    """What became of a role: granted, changed or ended."""

    user_id: int
    role: str
    change: str


async def write(
    transaction: Transaction, organization_id: int, writes: Sequence[Write], year: int, now: datetime
) -> list[WrittenRole]:
    """Write of everybody what is to be written, in the one order in which all imports do so; gives what of roles."""
    new = [one for one in writes if one.user_id is None]
    await make_accounts(transaction, new, now)
    await make_people(transaction, organization_id, new, now)
    made = set(map(id, new))
    for one in writes:
        if id(one) not in made:
            await change(transaction, one, now)
    written = await write_roles(transaction, organization_id, writes, now)
    await write_years(transaction, writes, year)
    await write_places(transaction, organization_id, writes)
    return written


async def make_accounts(transaction: Transaction, new: Sequence[Write], now: datetime) -> None:
    """Accounts without passwords: their owners come in by another door."""
    if not new:
        return
    rows = [{"email": None, **one.account, "created_at": now} for one in new]
    made = await transaction.execute(insert(users).returning(users.c.id, sort_by_parameter_order=True), rows)
    for one, id_ in zip(new, made.scalars(), strict=True):
        one.user_id = id_


async def make_people(transaction: Transaction, organization_id: int, new: Sequence[Write], now: datetime) -> None:
    """The rows of students and staff of new accounts."""
    learners = [
        student(
            **identity(one.whole),
            years=(),
            id=one.user_id,
            organization_id=organization_id,
            updated_at=now,
            **{name: value for name, value in one.whole.items() if name not in IDENTITY},
        )
        for one in new
        if one.is_student
    ]
    workers = [
        {**one.whole, "id": one.user_id, "search_key": staff_key(one.whole), "updated_at": now}
        for one in new
        if not one.is_student
    ]
    for table, rows in ((students, learners), (staff, workers)):
        if rows:
            await transaction.execute(insert(table), rows)


def identity(whole: Mapping[str, Any]) -> dict[str, Any]:
    """What a student's keys for searching are made of."""
    names = tuple(whole[name] for name in NAMES)
    return {**{name: whole[name] for name in ("uid", "code", "external_id")}, "names": names}


async def change(transaction: Transaction, one: Write, now: datetime) -> None:
    """Change the account and the row of somebody who is there."""
    if one.account:
        await transaction.execute(update(users).where(users.c.id == one.user_id).values(**one.account))
    if not one.person:
        return
    table: Table = students if one.is_student else staff
    values = dict(one.person)
    if one.is_student and set(values) & set(IDENTITY):
        keys = student(**identity(one.whole), years=())
        values |= {name: value for name, value in keys.items() if name not in ("uid", "roster_years")}
    elif set(values) & set(IDENTITY):
        values["search_key"] = staff_key(one.whole)
    await transaction.execute(update(table).where(table.c.id == one.user_id).values(**values, updated_at=now))


async def write_roles(
    transaction: Transaction, organization_id: int, writes: Sequence[Write], now: datetime
) -> list[WrittenRole]:
    """Roles that end or change, then those that begin; gives what became of each."""
    found: list[WrittenRole] = []
    for one in writes:
        for number, values in one.roles:
            changed = update(memberships).where(memberships.c.id == number).values(**values)
            role = (await transaction.execute(changed.returning(memberships.c.role))).scalar_one()
            ends = values.get("end_at")
            found.append(WrittenRole(account_of(one), role, "ended" if ends and ends <= now else "changed"))
    rows = [
        {"staff_id": one.user_id, "organization_id": organization_id, **one.new_role}
        for one in writes
        if one.new_role is not None
    ]
    if rows:
        await transaction.execute(insert(memberships), rows)
    return found + [WrittenRole(row["staff_id"], row["role"], "granted") for row in rows]


def account_of(one: Write) -> int:
    """The number of somebody's account, which is known once it is made."""
    if one.user_id is None:
        raise RuntimeError("The account is made before its roles.")
    return one.user_id


async def write_years(transaction: Transaction, writes: Sequence[Write], year: int) -> None:
    """Grades of the academic year; who has one is on its roster."""
    graded = [one for one in writes if one.grade is not None]
    rows = [{"student_id": one.user_id, "academic_year": year, "school_grade_value": one.grade} for one in graded]
    await replace(transaction, student_years, rows)
    ids = [one.user_id for one in graded if not one.enrolled]
    if ids:
        bit = roster([year])
        on_it = students.c.roster_years.op("|")(bit)
        await transaction.execute(update(students).where(students.c.id.in_(ids)).values(roster_years=on_it))


async def write_places(transaction: Transaction, organization_id: int, writes: Sequence[Write]) -> None:
    """Put people into their places, and out of those where an import has put them."""
    for unit, (there, person, place, units) in PLACES.items():
        codes = {code for one in writes for code in (*one.put_in.get(unit, ()), *one.take_out.get(unit, ()))}
        if not codes:
            continue
        wanted = (units.c.organization_id == organization_id) & units.c.code.in_(sorted(codes))
        rows = await transaction.execute(select(units.c.code, units.c.id).where(wanted))
        ids = {row.code: row.id for row in rows}
        into = [(one.user_id, ids[code]) for one in writes for code in sorted(one.put_in.get(unit, ()))]
        await write_missing(transaction, there, [{person: who, place: where} for who, where in into])
        kept = [{"user_id": who, "unit": unit, "unit_id": where} for who, where in into]
        await write_missing(transaction, import_places, kept)
        for one in writes:
            if gone := [ids[code] for code in one.take_out.get(unit, ()) if code in ids]:
                await take_out(transaction, one.user_id, unit, gone)


async def take_out(transaction: Transaction, user_id: int | None, unit: str, gone: Sequence[int]) -> None:
    """Take somebody out of places where an import has put the person."""
    there, person, place, _ = PLACES[unit]
    await transaction.execute(delete(there).where(there.c[person] == user_id, there.c[place].in_(gone)))
    own = import_places.c
    where = (own.user_id == user_id) & (own.unit == unit) & own.unit_id.in_(gone)
    await transaction.execute(delete(import_places).where(where))


async def make_sections(
    transaction: Transaction, organization_id: int, classes: Sequence[Class], now: datetime
) -> None:
    """Make a section of each class that has none; those that are there stay as they are."""
    if not classes:
        return
    last = select(func.max(sections.c.seq)).where(sections.c.organization_id == organization_id)
    seq = (await transaction.execute(last)).scalar() or 0
    rows = [
        named(
            code=one.code,
            name=one.title,
            abbreviation=one.short,
            organization_id=organization_id,
            seq=seq + number,
            updated_at=now,
        )
        for number, one in enumerate(classes, 1)
    ]
    await write_missing(transaction, sections, rows)
