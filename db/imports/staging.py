"""The rows of imports: kept as they are read, taken in turn, and what came of each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Integer,
    Select,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)

from db.accounts import memberships, staff
from db.connections.database import Transaction
from db.imports.tables import import_errors, import_links, import_rows
from db.students import students
from db.upsert import Row


class Staged(NamedTuple):
    """A row as it was read; of those whom the file does not have `line` is None and `user_id` says who it is."""

    number: int
    line: int | None
    ref: str | None
    uid: str | None
    email: str | None
    role: str | None
    content: Mapping[str, Any]
    faulty: bool
    user_id: int | None


class Linked(NamedTuple):
    """What a bundle says beside people."""

    line: int
    ref: str
    content: Mapping[str, Any]


async def keep(transaction: Transaction, rows: Sequence[Row], links: Sequence[Row], errors: Sequence[Row]) -> None:
    """Keep some rows, links and errors; all of one table have the same columns."""
    for table, found in ((import_rows, rows), (import_links, links), (import_errors, errors)):
        if found:
            await transaction.execute(insert(table), list(found))


async def batch(transaction: Transaction, import_id: int, position: int, size: int) -> list[Staged]:
    """The rows behind a position, at most so many."""
    columns = [import_rows.c[name] for name in Staged._fields]
    mine = (import_rows.c.import_id == import_id) & (import_rows.c.number > position)
    found = select(*columns).where(mine).order_by(import_rows.c.number).limit(size)
    return [Staged(*row) for row in await transaction.execute(found)]


async def links(transaction: Transaction, import_id: int, kind: str, refs: Sequence[str]) -> list[Linked]:
    """What a bundle says of these names, in its order."""
    columns = import_links.c
    wanted = (columns.import_id == import_id) & (columns.kind == kind) & columns.ref.in_(refs)
    found = select(columns.line, columns.ref, columns.content).where(wanted).order_by(columns.number)
    return [Linked(*row) for row in await transaction.execute(found)] if refs else []


async def first_lines(
    transaction: Transaction, import_id: int, column: str, values: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """The number and the line of the first row in which each of these values stands in a column."""
    columns = import_rows.c
    if not values:
        return {}
    wanted = (columns.import_id == import_id) & columns[column].in_(values) & columns.line.is_not(None)
    found = select(columns[column], func.min(columns.number), func.min(columns.line)).where(wanted)
    rows = await transaction.execute(found.group_by(columns[column]))
    return {value: (number, line) for value, number, line in rows}


async def record(transaction: Transaction, import_id: int, outcomes: Sequence[Row], errors: Sequence[Row]) -> None:
    """Keep what came of some rows (`number`), and what is wrong with them, in the place of what was found before."""
    if not outcomes:
        return
    names = ("action", "reason", "changes", "user_id")
    values = {name: bindparam(f"new_{name}", type_=import_rows.c[name].type) for name in names}
    this = (import_rows.c.import_id == import_id) & (import_rows.c.number == bindparam("this"))
    rows = [{"this": one["number"], **{f"new_{name}": one[name] for name in names}} for one in outcomes]
    await transaction.execute(update(import_rows).where(this).values(**values), rows)
    numbers = [one["number"] for one in outcomes]
    # What could not be read stays wrong; it is told once.
    found = import_errors.c.row_number.between(min(numbers), max(numbers)) & (import_errors.c.import_id == import_id)
    await transaction.execute(delete(import_errors).where(found, ~read_before()))
    if errors:
        await transaction.execute(insert(import_errors), list(errors))


def read_before() -> Any:  # noqa: ANN401  # SQLAlchemy's conditions have many types
    """Errors of rows that could not be read."""
    row = import_rows.c
    same = (row.import_id == import_errors.c.import_id) & (row.number == import_errors.c.row_number)
    return exists(select(row.number).where(same, row.faulty).correlate(import_errors))


async def active(transaction: Transaction, organization_id: int, source: str, now: datetime) -> int:
    """How many people of an organization are active whom a source told of."""
    found = union_all(active_students(organization_id, source, now), active_staff(organization_id, source, now))
    return int((await transaction.execute(select(func.count()).select_from(found.subquery()))).scalar_one())


def active_students(organization_id: int, source: str, now: datetime) -> Select[Any]:
    """The students among them."""
    columns = students.c
    wanted = (columns.organization_id == organization_id) & (columns.source == source) & (columns.end_at > now)
    names = [columns[name] for name in ("id", "code", "source_ref", "last_name", "first_name")]
    return select(*names, literal("student").label("role")).where(wanted, columns.locked_at.is_(None))


def active_staff(organization_id: int, source: str, now: datetime) -> Select[Any]:
    """The staff among them, each role."""
    columns = memberships.c
    wanted = (columns.organization_id == organization_id) & (columns.source == source)
    held = or_(columns.end_at.is_(None), columns.end_at > now)
    names = (staff.c.id, staff.c.code, columns.source_ref, staff.c.last_name, staff.c.first_name)
    found = select(*names, columns.role).join_from(memberships, staff, staff.c.id == columns.staff_id)
    return found.where(wanted, held, staff.c.locked_at.is_(None))


async def add_absent(transaction: Transaction, import_id: int, organization_id: int, source: str, now: datetime) -> int:
    """Add a row for each active person of a source whom no row of the file is about; gives how many these are."""
    rows = import_rows.c
    last = (await transaction.execute(select(func.max(rows.number)).where(rows.import_id == import_id))).scalar()
    everyone = union_all(
        active_students(organization_id, source, now), active_staff(organization_id, source, now)
    ).subquery("everyone")
    told = exists(select(rows.number).where(rows.import_id == import_id, rows.user_id == everyone.c.id))
    number = cast(func.row_number().over(order_by=(everyone.c.id, everyone.c.role)), Integer) + (last or 0)
    names = {"last_name": everyone.c.last_name, "first_name": everyone.c.first_name}
    content = func.json_object if transaction.dialect.name == "sqlite" else func.json_build_object
    parts = [part for name, value in names.items() for part in (text(f"'{name}'"), value)]
    found = select(
        *(literal(import_id), number, func.coalesce(everyone.c.source_ref, everyone.c.code), everyone.c.role),
        cast(content(*parts), JSON) if transaction.dialect.name != "sqlite" else content(*parts),
        everyone.c.id,
    ).where(~told)
    into = ["import_id", "number", "ref", "role", "content", "user_id"]
    return (await transaction.execute(insert(import_rows).from_select(into, found))).rowcount


async def nobody_in(transaction: Transaction, import_id: int) -> int:
    """How many rows of the file nobody can be known by."""
    rows = import_rows.c
    wanted = (rows.import_id == import_id) & rows.line.is_not(None) & rows.ref.is_(None)
    return int((await transaction.execute(select(func.count()).select_from(import_rows).where(wanted))).scalar_one())
