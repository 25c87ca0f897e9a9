"""Records and reads progress as the people of the demo do, and looks at the rows behind it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, delete, func, select, update

from db.accounts import users
from db.connections.database import Database, Transaction
from db.courses import enrollments
from db.operations import idempotency_keys, outbox
from db.progress import kept
from db.progress.derived import (
    activity,
    cefr_changes,
    cefr_skills,
    learner_achievements,
    learners,
    lesson_progress,
    training_progress,
)
from db.progress.events import progress_events
from db.progress.facts import Fact, append
from resolvers.accounts import EVERY_PRIVILEGE, Admission, Claimed
from resolvers.context import Request
from resolvers.progress.follow import follow
from tests.conftest import Running

STUDENT, FRESH = "auth0|demo-student", "auth0|demo-u007"
COACH_CHILD, OWNER_PARENT, OWNER_CHILD = "auth0|demo-coach-child", "auth0|demo-owner-parent", "auth0|demo-owner-child"
ADMINISTRATOR, SUNDAI_OWNER, DEMO_OWNER = "auth0|demo-administrator", "auth0|demo-sundai-owner", "auth0|demo-demo"
DERIVED = (training_progress, lesson_progress, activity, learners, cefr_skills, cefr_changes, learner_achievements)
# Everything that recording may write.
WRITTEN = (*DERIVED, progress_events, enrollments, outbox, idempotency_keys)
RECORD = """
mutation ($events: [ProgressEventInput!]!) {
  recordProgress(events: $events) {
    results { clientId duplicate score solution }
    learner { legacyId xp level currentStreak longestStreak cefrLevel achievements { code } }
    userErrors { field code message }
  }
}"""

Row = dict[str, Any]
Answer = dict[str, Any]


def global_id(kind: str, number: int) -> str:
    """The Relay id of a row."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def told(client_id: str, verb: str, kind: str, number: int, **more: object) -> Row:
    """One event as a client sends it."""
    return {"clientId": client_id, "verb": verb, "subject": global_id(kind, number), **more}


def answered(client_id: str, item: int, answer: object = None, **more: object) -> Row:
    """The answer to an item."""
    given = {} if answer is None else {"answer": answer}
    return told(client_id, "ANSWERED", "TrainingItem", item, **given, **more)


def completed(client_id: str, training: int, **more: object) -> Row:
    """The end of a training."""
    return told(client_id, "COMPLETED", "Training", training, **more)


@dataclass(slots=True)
class Graph:
    """The graph of a running app; everybody's token is made once."""

    running: Running
    known: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """The database behind it."""
        return self.running.database

    async def ask(self, document: str, variables: Mapping[str, object] | None = None, *, uid: str) -> Answer:
        """The whole answer."""
        if uid not in self.known:
            self.known[uid] = await self.running.headers(uid)
        body = {"query": document, "variables": variables or {}}
        answer = await self.running.client.post("/graphql", json=body, headers=self.known[uid])
        return answer.json()  # type: ignore[no-any-return]  # JSON has no types

    async def data(self, document: str, variables: Mapping[str, object] | None = None, *, uid: str) -> Answer:
        """The data of an answer without errors."""
        answer = await self.ask(document, variables, uid=uid)
        assert "errors" not in answer, answer["errors"]
        data: Answer = answer["data"]
        return data

    async def refusal(
        self, document: str, variables: Mapping[str, object] | None = None, *, uid: str
    ) -> tuple[str, str | None]:
        """The code and the reason of the one error of an answer."""
        (error,) = (await self.ask(document, variables, uid=uid))["errors"]
        return error["extensions"]["code"], error["extensions"].get("reason")

    async def record(self, *events: Row, uid: str = FRESH) -> Answer:
        """What came of recording events."""
        answer: Answer = (await self.data(RECORD, {"events": events}, uid=uid))["recordProgress"]
        return answer

    async def results(self, *events: Row, uid: str = FRESH) -> list[Answer]:
        """What came of each event, where there was nothing to mend."""
        answer = await self.record(*events, uid=uid)
        assert answer["userErrors"] == []
        results: list[Answer] = answer["results"]
        return results

    async def mistakes(self, *events: Row, uid: str = FRESH) -> list[tuple[str, str]]:
        """The path and the code of everything to be mended; then there are no results."""
        answer = await self.record(*events, uid=uid)
        assert (answer["results"], answer["learner"]) == ([], None)
        return [(".".join(wrong["field"]), wrong["code"]) for wrong in answer["userErrors"]]

    async def statements(self, document: str, *, uid: str) -> int:
        """How many statements a document takes beside the one that lets its viewer in."""
        await self.data(document, uid=uid)
        before = self.database.statements
        await self.data(document, uid=uid)
        return self.database.statements - before - 1

    async def student(self, uid: str) -> int:
        """The number of a person."""
        (row,) = await rows(self.database, users, uid=uid)
        return int(row["id"])

    async def request(self, uid: str, now: datetime) -> Request:
        """A request of a person at a moment of the test's own choice."""
        viewer = await Admission(self.database).viewer(Claimed(uid, EVERY_PRIVILEGE, None), now)
        return Request(viewer=viewer, database=self.database, now=now)


Tables = dict[str, list[tuple[object, ...]]]


async def rows(database: Database, table: Table, **equal: object) -> list[Row]:
    """The rows of a table with these values, in the order of their keys; instants in UTC."""
    async with database.writing() as transaction:
        return await rows_in(transaction, table, **equal)


async def rows_in(transaction: Transaction, table: Table, **equal: object) -> list[Row]:
    """The same within a transaction."""
    found = select(table).where(*[table.c[name] == value for name, value in equal.items()])
    records = (await transaction.execute(found.order_by(*table.primary_key))).mappings()
    return [{name: in_utc(value) for name, value in record.items()} for record in records]


async def standing(database: Database, student_id: int) -> tuple[Tables, list[Row], list[int]]:
    """What a request of a student could have changed: the student's rows, and how many rows each table has."""
    counted = [select(func.count()).select_from(table).scalar_subquery() for table in WRITTEN]
    async with database.writing() as transaction:
        found = await derived_in(transaction, student_id)
        taken = await rows_in(transaction, enrollments, student_id=student_id)
        return found, taken, list((await transaction.execute(select(*counted))).one())


async def write(database: Database, table: Table, *values: Mapping[str, object]) -> None:
    """Insert rows."""
    async with database.writing() as transaction:
        await transaction.execute(table.insert(), list(values))


def in_utc(value: object) -> object:
    """An instant in UTC, and anything else as it is."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


async def derived(database: Database, student_id: int) -> Tables:
    """Everything that is derived of a student, less the numbers of rows, in an order of its own."""
    async with database.writing() as transaction:
        return await derived_in(transaction, student_id)


async def derived_in(transaction: Transaction, student_id: int) -> Tables:
    """The same within a transaction."""
    found = {
        table.name: comparable(await rows_in(transaction, table, student_id=student_id), without="id")
        for table in DERIVED
    }
    ended = [
        {"course_id": row["course_id"], "completed_at": row["completed_at"]}
        for row in await rows_in(transaction, enrollments, student_id=student_id)
        if row["completed_at"] is not None
    ]
    return {**found, "enrollments": comparable(ended)}


def comparable(found: Sequence[Mapping[str, object]], *, without: str | None = None) -> list[tuple[object, ...]]:
    """Rows as tuples in one order, less a column."""
    plain = [tuple(value for name, value in row.items() if name != without) for row in found]
    return sorted(plain, key=lambda row: [str(value) for value in row])


async def add_facts(database: Database, student_id: int, facts: Sequence[Fact], now: datetime) -> None:
    """Append facts and all that follows from them, as recording does."""
    async with database.writing() as transaction:
        person = await kept.locked_learner(transaction, student_id)
        await append(transaction, student_id, facts, now)
        await follow(transaction, person, facts, now)


async def forget(database: Database, uid: str, *, time_zone: str = "Asia/Tokyo") -> int:
    """Make a student one who never learned anything, in a time zone; gives the student's number."""
    async with database.writing() as transaction:
        found = await transaction.execute(select(users.c.id).where(users.c.uid == uid))
        student_id: int = found.scalar_one()
        for table in (*DERIVED, progress_events):
            await transaction.execute(delete(table).where(table.c.student_id == student_id))
        english = (enrollments.c.student_id == student_id) & (enrollments.c.course_id > 500)
        await transaction.execute(delete(enrollments).where(english))
        await transaction.execute(delete(outbox).where(outbox.c.subject_id == student_id))
        await transaction.execute(update(users).where(users.c.id == student_id).values(time_zone=time_zone))
    return student_id
