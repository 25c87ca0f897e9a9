"""What large data stands on: organizations with their sections and groups, courses, schools, and one owner."""

from collections.abc import Sequence
from itertools import product

from sqlalchemy import Table, insert, select

from db.accounts import memberships, staff, staff_key, users
from db.connections.database import Transaction
from db.courses import courses, lesson_packages
from db.demo.content import read
from db.demo.days import Days
from db.demo.load import write_references
from db.demo.numbering import advance, following
from db.organizations import groups, named, organizations, sections
from db.seeding_names import GROUPS, organization_name, school_name
from db.seeding_rows import (
    FAMILY,
    FOREVER,
    UID,
    Ground,
    Row,
    organization_count,
    school_code,
    school_count,
)
from db.students import school, schools

OWNER = f"{UID}owner"
UNITS = 10
PACKAGES = 10
# The demo's organizations have ids of their own, and may come later.
FLOOR = 1_000_000
FIRST_SEQ = 1000
PREFECTURES = 47
TAUGHT = ("english", "mathematics", "japanese", "physics", "chemistry")
LEVELS = ("pre_entrance_exam", "entrance_exam_intermediate", "entrance_exam_advanced", "entrance_exam_special")
PARTS = ("A", "B", "C")
CATEGORIES = ("packaged", "packaged", "external_app", "recommended", "atama_plus", "others")
ESTABLISHED = ("public", "public", "public", "private", "private", "national")


async def prepared(transaction: Transaction, students: int, days: Days) -> Ground:
    """Write what is missing for so many students, and tell the ids of all of it."""
    await write_references(transaction)
    organization_ids = await _organizations(transaction, organization_count(students), days)
    course_ids = await _ids(transaction, courses, course_rows(days))
    package_ids = await _ids(transaction, lesson_packages, package_rows(course_ids, days))
    await _schools(transaction, school_count(students), days)
    await _owner(transaction, organization_ids[0], days)
    return Ground(
        organizations=organization_ids,
        sections=await _units(transaction, sections, organization_ids, days),
        groups=await _units(transaction, groups, organization_ids, days),
        courses=course_ids,
        packages=in_parts(package_ids, PACKAGES),
    )


async def _ids(transaction: Transaction, table: Table, rows: Sequence[Row], floor: int = 0) -> list[int]:
    """The ids of these rows, which are added where the table has none of that code (in that organization)."""
    columns = [table.c[name] for name in ("organization_id", "code") if name in rows[0]]
    found = await transaction.execute(select(*columns, table.c.id))
    known = {tuple(record[:-1]): record[-1] for record in found}
    missing: list[Row] = []
    following_id = await following(transaction, table, floor)
    for row in rows:
        key = tuple(row[column.name] for column in columns)
        if key not in known:
            known[key] = following_id + len(missing)
            missing.append(row | {"id": known[key]})
    if missing:
        await transaction.execute(insert(table), missing)
        await advance(transaction, table)
    return [known[tuple(row[column.name] for column in columns)] for row in rows]


async def _organizations(transaction: Transaction, count: int, days: Days) -> list[int]:
    """Families of a parent and its children, in the order of their numbers."""
    rows = [organization_row(number, days) for number in range(count)]
    parents = await _ids(transaction, organizations, rows[::FAMILY], FLOOR)
    for number, row in enumerate(rows):
        row["parent_id"] = parents[number // FAMILY] if number % FAMILY else None
    return await _ids(transaction, organizations, rows, FLOOR)


async def _units(
    transaction: Transaction, table: Table, organization_ids: Sequence[int], days: Days
) -> list[list[int]]:
    """The sections or groups of each organization."""
    rows = [unit_row(table, seq, id_, days) for id_ in organization_ids for seq in range(1, UNITS + 1)]
    return in_parts(await _ids(transaction, table, rows), UNITS)


async def _schools(transaction: Transaction, count: int, days: Days) -> None:
    known = set(await transaction.scalars(select(schools.c.code)))
    missing = [school_row(number, days) for number in range(count) if school_code(number) not in known]
    if missing:
        await transaction.execute(insert(schools), missing)


async def _owner(transaction: Transaction, organization_id: int, days: Days) -> None:
    """One owner of the first family, so that large data can be looked at with a scope."""
    if await transaction.scalar(select(users.c.id).where(users.c.uid == OWNER)):
        return
    id_ = await following(transaction, users)
    await transaction.execute(insert(users).values(id=id_, uid=OWNER, created_at=days.now))
    row = owner_row(id_, days)
    await transaction.execute(insert(staff).values(**row, search_key=staff_key(row)))
    role = {"staff_id": id_, "organization_id": organization_id, "role": "cram_school_owner"}
    await transaction.execute(insert(memberships).values(**role))
    await advance(transaction, users)


def organization_row(number: int, days: Days) -> Row:
    """One organization, but for its parent."""
    name, abbreviation = organization_name(number, FAMILY)
    code = f"L{number + 1:03d}"
    return named(code=code, name=name, abbreviation=abbreviation, parent_id=None, updated_at=days.now)


def unit_row(table: Table, seq: int, organization_id: int, days: Days) -> Row:
    """One section or group."""
    name = GROUPS[seq - 1] if table is groups else f"第{seq}教室"
    code = f"{'G' if table is groups else 'S'}{seq:02d}"
    return named(code=code, name=name, abbreviation=name, organization_id=organization_id, seq=seq, updated_at=days.now)


def course_rows(days: Days) -> list[Row]:
    """Courses of every subject and level, in parts; they come after the demo's."""
    names = {row["key"]: row["name"] for word in ("subjects", "levels") for row in read(word)}
    rows = []
    for seq, (level, subject, part) in enumerate(product(LEVELS, TAUGHT, PARTS)):
        row = named(
            code=f"LC{seq + 1:03d}",
            name=f"{names[level]}_{names[subject]}{part}",
            abbreviation=f"{names[subject]}{part}",
            seq=FIRST_SEQ + seq,
            category=CATEGORIES[seq % len(CATEGORIES)],
            is_demo=False,
            subject_key=subject,
            level_key=level,
            updated_at=days.now,
        )
        rows.append(row)
    return rows


def package_rows(course_ids: Sequence[int], days: Days) -> list[Row]:
    """The lesson packages of each course."""
    return [
        {
            "course_id": course_id,
            "code": f"{course['code']}P{seq:02d}",
            "name": f"{course['name']}({seq})",
            "seq": seq,
            "updated_at": days.now,
        }
        for course_id, course in zip(course_ids, course_rows(days), strict=True)
        for seq in range(1, PACKAGES + 1)
    ]


def school_row(number: int, days: Days) -> Row:
    """One school."""
    name, kana = school_name(number)
    return school(
        code=school_code(number),
        name=name,
        name_kana=kana,
        establishment_type=ESTABLISHED[number % len(ESTABLISHED)],
        prefecture_code=str(number % PREFECTURES + 1),
        updated_at=days.now,
    )


def owner_row(id_: int, days: Days) -> Row:
    """The owner as a member of staff."""
    return {
        "id": id_,
        "uid": OWNER,
        "code": "LOWNER",
        "external_id": "large_owner",
        "last_name": "大橋",
        "first_name": "渡",
        "last_name_kana": "オオハシ",
        "first_name_kana": "ワタル",
        "start_at": days.first_of(days.academic_year(-1)),
        "end_at": FOREVER,
        "updated_at": days.now,
    }


def in_parts(ids: Sequence[int], size: int) -> list[list[int]]:
    """The ids, in lists of one size."""
    return [list(ids[start : start + size]) for start in range(0, len(ids), size)]
