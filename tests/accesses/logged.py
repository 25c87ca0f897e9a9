"""The access log of a running app, as its tables have it."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from db.accesses import access_students, accesses
from db.connections.database import Database
from db.organizations import organizations
from db.students import students
from tests.conftest import Running


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: who, by which way, what, and of whom, by codes."""

    reader: str
    way: str
    operation: str | None
    organization: str
    fields: tuple[str, ...]
    students: tuple[str, ...]


async def written(running: Running) -> list[Any]:
    """The rows of the log, once everything is written, the earliest first."""
    await running.app.state.parts.access_log.write()
    return await rows_of(running.database)


async def rows_of(database: Database) -> list[Any]:
    """The rows of the log, the earliest first."""
    async with database.engine.connect() as connection:
        return list(await connection.execute(select(accesses).order_by(accesses.c.id)))


async def entries(running: Running) -> list[Entry]:
    """The entries of the log, once everything is written, the earliest first."""
    rows = await written(running)
    found = []
    for row in rows:
        shown = await students_of(running.database, row.id)
        assert row.student_count == len(shown)
        place = await code_of(running.database, row.organization_id)
        found.append(Entry(row.reader_uid, row.way, row.operation, place, tuple(row.fields), shown))
    return found


async def students_of(database: Database, access_id: int) -> tuple[str, ...]:
    """The codes of the students whom an entry shows."""
    of_it = select(students.c.code).join(access_students, access_students.c.student_id == students.c.id)
    of_it = of_it.where(access_students.c.access_id == access_id).order_by(students.c.code)
    async with database.engine.connect() as connection:
        return tuple((await connection.execute(of_it)).scalars())


async def code_of(database: Database, organization: int) -> str:
    """The code of an organization."""
    async with database.engine.connect() as connection:
        named = select(organizations.c.code).where(organizations.c.id == organization)
        return str((await connection.execute(named)).scalar_one())


def digest(document: str) -> str:
    """A document as the log names it."""
    return sha256(document.encode()).hexdigest()
