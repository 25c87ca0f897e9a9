"""Makes things happen in the database, as other parts of the product do: events, locks, moves, notices."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import insert, update

from db.accounts import memberships, staff
from db.connections.database import Database
from db.notices import information_roles, information_systems, informations
from db.students import students
from resolvers.events import Event, EventType, emit

TABLES = {"staff": staff, "students": students, "memberships": memberships}
# Of the demo: the parent organization, its two children, and another tenant's; and a student of each.
KAKEHASHI, UENO, NAMBA, OTHER = 2001, 2002, 2003, 1015
AT_KAKEHASHI, AT_UENO, AT_NAMBA, AT_OTHER = 14, 1, 32, 13
PLACES = {AT_KAKEHASHI: KAKEHASHI, AT_UENO: UENO, AT_NAMBA: NAMBA, AT_OTHER: OTHER}


async def happen(database: Database, student: int, *numbers: int, organization: int | None = None) -> None:
    """Let something happen to a student, once for each number, in one transaction."""
    place = PLACES[student] if organization is None else organization
    async with database.writing() as transaction:
        for number in numbers:
            event = Event(EventType.STUDENT_UPDATED, place, "Student", student, {"n": number})
            await emit(transaction, event, datetime.now(UTC))


async def change(database: Database, table: str, values: dict[str, object], **key: object) -> None:
    """Change one row that others may have read a moment ago."""
    named = TABLES[table]
    statement = update(named).values(**values)
    for name, value in key.items():
        statement = statement.where(named.c[name] == value)
    async with database.writing() as transaction:
        assert (await transaction.execute(statement)).rowcount == 1


async def publish(database: Database, title: str, open_at: datetime, roles: Sequence[str] = ()) -> int:
    """Write a notice of the system `lms`, for everyone or for some roles; gives its number."""
    async with database.writing() as transaction:
        row = insert(informations).values(title=title, content="", open_at=open_at).returning(informations.c.id)
        id_ = int((await transaction.execute(row)).scalar_one())
        await transaction.execute(insert(information_systems).values(information_id=id_, system="lms"))
        for role in roles:
            await transaction.execute(insert(information_roles).values(information_id=id_, role=role))
    return id_
