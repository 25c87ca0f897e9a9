"""Changes rows behind the app's back, as importers do, and reads what a worker tells of that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, delete, func, insert, select, update

from db.accounts import users
from db.connections.database import Database, connect
from db.operations import outbox, reading_positions
from db.roster_log import roster_changes
from db.roster_news import look
from db.students import student, students
from db.webhooks import deliveries
from jobs.settings import JobSettings
from jobs.worker import working
from tests.webhooks.hooks import HERE, QUICK, until

# Of the demo: a parent organization, its two children, and another tenant's.
KAKEHASHI, UENO, NAMBA, SUNDAI = 2001, 2002, 2003, 1
NEW = 900001
NOW = datetime(2026, 4, 1, tzinfo=UTC)


async def executed(database: Database, *statements: Executable) -> None:
    """Change rows, all in one transaction."""
    async with database.writing() as transaction:
        for statement in statements:
            await transaction.execute(statement)


def new_student(organization: int, *, id_: int = NEW, locked: bool = False, demo: bool = False) -> list[Executable]:
    """A student who is not there yet, and the account."""
    names = ("山田", "花子", "ヤマダ", "ハナコ")
    row: dict[str, Any] = student(uid=f"u{id_}", code=f"c{id_}", external_id="x", names=names, years=[2026])
    row |= {"start_at": NOW, "end_at": datetime(2030, 4, 1, tzinfo=UTC), "updated_at": NOW, "demo": demo}
    row |= {"id": id_, "organization_id": organization, "locked_at": NOW if locked else None}
    return [insert(users).values(id=id_, uid=f"u{id_}", created_at=NOW), insert(students).values(**row)]


def changed(id_: int = NEW, **values: object) -> Executable:
    """A change of a student."""
    return update(students).where(students.c.id == id_).values(**values)


def gone(id_: int = NEW) -> Executable:
    """A student who is deleted."""
    return delete(students).where(students.c.id == id_)


async def settled(database: Database) -> None:
    """Wait until everything that happened is told, queued and delivered."""

    async def is_so() -> bool:
        async with database.writing() as transaction:
            order = (roster_changes.c.transaction_id.desc(), roster_changes.c.change_no.desc())
            last = select(roster_changes.c.transaction_id, roster_changes.c.change_no).order_by(*order).limit(1)
            found = await transaction.execute(select(reading_positions))
            places = {name: (number, seq) for name, number, seq in found}
            logged = (await transaction.execute(last)).first()
            newest = select(outbox.c.transaction_id, outbox.c.seq)
            newest = newest.order_by(outbox.c.transaction_id.desc(), outbox.c.seq.desc()).limit(1)
            told = (await transaction.execute(newest)).first()
            waiting = select(func.count()).where(deliveries.c.finished_at.is_(None))
            open_ = await transaction.scalar(waiting)
        is_read = "roster" in places and (logged is None or places["roster"] >= tuple(logged))
        is_queued = told is None or places.get("webhooks", (0, 0)) >= tuple(told)
        return is_read and is_queued and not open_ and not await look(database)

    await until(is_so)


async def told(database: Database, after: int = 0) -> list[tuple[Any, ...]]:
    """What was told behind a number: type, organization, subject and body."""
    names = ("type", "organization_id", "subject_type", "subject_id", "body")
    found = select(*[outbox.c[name] for name in names]).where(outbox.c.seq > after).order_by(outbox.c.seq)
    async with database.writing() as transaction:
        return [tuple(row) for row in await transaction.execute(found)]


async def newest(database: Database) -> int:
    """The number of the last event."""
    async with database.writing() as transaction:
        return int(await transaction.scalar(select(func.coalesce(func.max(outbox.c.seq), 0))) or 0)


async def follows(database: Database, *statements: Executable) -> list[tuple[Any, ...]]:
    """What is told of some changes, all in one transaction."""
    before = await newest(database)
    await executed(database, *statements)
    await settled(database)
    return await told(database, before)


@asynccontextmanager
async def working_on(url: str, data_dir: Path) -> AsyncIterator[Database]:
    """A database with a worker of its own."""
    settings = JobSettings(database_url=url, data_dir=data_dir, egress_allow=HERE, webhook_retry_delays=QUICK)
    database = connect(url)
    await database.open()
    try:
        async with working(settings, database):
            yield database
    finally:
        await database.close()


def created(place: int, id_: int = NEW) -> tuple[Any, ...]:
    """A member who came."""
    return ("member.created", place, "Student", id_, {})


def updated(place: int, *names: str, id_: int = NEW) -> tuple[Any, ...]:
    """A member who changed."""
    return ("member.updated", place, "Student", id_, {"changed": list(names)})


def removed(place: int, id_: int = NEW) -> tuple[Any, ...]:
    """A member who went."""
    return ("member.removed", place, "Organization", place, {"student": id_})


def roster(place: int, *types: str, changes: int = 1) -> tuple[Any, ...]:
    """A roster that changed."""
    return ("roster.changed", place, "Organization", place, {"types": list(types), "changes": changes})


def published(id_: int, **body: object) -> tuple[Any, ...]:
    """A course that became published."""
    return ("course.published", None, "Course", id_, body)
