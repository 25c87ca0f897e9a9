"""Whom rows of an import may be about: everybody who could be meant by any of them, with what is known of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, select, union

from db.accounts import memberships, staff, staff_sections, users
from db.connections.database import Transaction
from db.imports.tables import import_places
from db.organizations import groups, sections
from db.students import school_grades, schools, student_groups, student_sections, student_years, students

SECTION, GROUP, TAUGHT = "section", "group", "taught"
# Each kind of place: the table of who is there, its columns, and the table of the places.
PLACES: Mapping[str, tuple[Table, str, str, Table]] = {
    SECTION: (student_sections, "student_id", "section_id", sections),
    GROUP: (student_groups, "student_id", "group_id", groups),
    TAUGHT: (staff_sections, "staff_id", "section_id", sections),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """By what people may be meant; of the organization alone, but for `uids` and `emails`, which are everybody's."""

    organization_id: int
    source: str
    refs: Sequence[str] = ()
    uids: Sequence[str] = ()
    emails: Sequence[str] = ()
    external_ids: Sequence[str] = ()
    codes: Sequence[str] = ()
    ids: Sequence[int] = ()


@dataclass(slots=True)
class Account:
    """Somebody who may be meant: the rows of each profile, and by kind the codes of places here."""

    id: int
    uid: str
    email: str | None
    student: Mapping[str, Any] | None = None
    staff: Mapping[str, Any] | None = None
    memberships: list[Mapping[str, Any]] = field(default_factory=list)
    # The grade in the current academic year.
    grade: int | None = None
    places: dict[str, set[str]] = field(default_factory=dict)
    # Those of them that an import has put the person into.
    placed: dict[str, set[str]] = field(default_factory=dict)


class Ground(NamedTuple):
    """What rows may name: sections and groups of the organization by code, schools, and grades by name and number."""

    sections: Mapping[str, int]
    groups: Mapping[str, int]
    schools: frozenset[str]
    grades: Mapping[str, int]


def candidates(wanted: Wanted) -> Select[Any]:
    """The numbers of everybody who may be meant."""
    student, place = students.c, memberships.c
    here = student.organization_id == wanted.organization_id
    works = place.organization_id == wanted.organization_id
    named = select(staff.c.id).join_from(staff, memberships, place.staff_id == staff.c.id).where(works)
    found = union(
        select(student.id).where(here, student.source != "manual", student.source_ref.in_(wanted.refs)),
        select(student.id).where(here, student.external_id.in_(wanted.external_ids)),
        select(student.id).where(here, student.code.in_(wanted.codes)),
        select(place.staff_id).where(works, place.source_ref.in_(wanted.refs)),
        named.where(staff.c.external_id.in_(wanted.external_ids) | staff.c.code.in_(wanted.codes)),
        select(users.c.id).where(users.c.uid.in_(wanted.uids)),
        select(users.c.id).where(users.c.email.in_(wanted.emails)),
        select(users.c.id).where(users.c.id.in_(wanted.ids)),
    ).subquery("found")
    return select(found.c.id)


async def people(transaction: Transaction, wanted: Wanted, year: int, *, lock: bool) -> list[Account]:
    """Everybody who may be meant, by number; with `lock` nobody else changes them until the transaction ends."""
    ids = sorted((await transaction.execute(candidates(wanted))).scalars())
    if not ids:
        return []
    if lock:
        for table in (students, staff):
            one = select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id).with_for_update()
            await transaction.execute(one)
    rows = await transaction.execute(select(users.c.id, users.c.uid, users.c.email).where(users.c.id.in_(ids)))
    found = {id_: Account(id_, uid, email) for id_, uid, email in rows}
    for row in await transaction.execute(select(students).where(students.c.id.in_(ids))):
        found[row.id].student = row._asdict()
    for row in await transaction.execute(select(staff).where(staff.c.id.in_(ids))):
        found[row.id].staff = row._asdict()
    held = select(memberships).where(memberships.c.staff_id.in_(ids)).order_by(memberships.c.id)
    for row in await transaction.execute(held):
        found[row.staff_id].memberships.append(row._asdict())
    grades = select(student_years.c.student_id, student_years.c.school_grade_value)
    for id_, value in await transaction.execute(
        grades.where(student_years.c.student_id.in_(ids), student_years.c.academic_year == year)
    ):
        found[id_].grade = value
    await put_places(transaction, found, wanted.organization_id)
    return [found[id_] for id_ in sorted(found)]


async def put_places(transaction: Transaction, found: Mapping[int, Account], organization_id: int) -> None:
    """Say of people where they are."""
    for unit, (there, person, place, units) in PLACES.items():
        own = import_places.c
        placed = (own.user_id == there.c[person]) & (own.unit == unit) & (own.unit_id == there.c[place])
        origin = there.join(units, units.c.id == there.c[place]).outerjoin(import_places, placed)
        rows = select(there.c[person], units.c.code, own.user_id).select_from(origin)
        wanted = (there.c[person].in_(list(found))) & (units.c.organization_id == organization_id)
        for id_, code, by_import in await transaction.execute(rows.where(wanted)):
            found[id_].places.setdefault(unit, set()).add(code)
            if by_import is not None:
                found[id_].placed.setdefault(unit, set()).add(code)


async def ground(
    transaction: Transaction,
    organization_id: int,
    *,
    section_codes: Iterable[str],
    group_codes: Iterable[str],
    school_codes: Iterable[str],
) -> Ground:
    """What is there of what rows name."""

    async def codes(units: Table, wanted: Iterable[str]) -> dict[str, int]:
        named = (units.c.organization_id == organization_id) & units.c.code.in_(sorted(set(wanted)))
        rows = await transaction.execute(select(units.c.code, units.c.id).where(named))
        return {row.code: row.id for row in rows}

    there = select(schools.c.code).where(schools.c.code.in_(sorted(set(school_codes))))
    grades = list(await transaction.execute(select(school_grades.c.value, school_grades.c.name)))
    return Ground(
        await codes(sections, section_codes),
        await codes(groups, group_codes),
        frozenset((await transaction.execute(there)).scalars()),
        {name: value for value, name in grades} | {str(value): value for value, _ in grades},
    )


def is_held(membership: Mapping[str, Any], now: datetime) -> bool:
    """Whether a role has not ended."""
    return membership["end_at"] is None or bool(membership["end_at"] > now)
