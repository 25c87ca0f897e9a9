"""xAPI endpoints of a running app with a worker inside, learners who learn, and looks behind the scenes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from db.courses import courses
from db.students import students
from db.xapi.tables import xapi_endpoints, xapi_statements
from gateway.settings import Settings
from jobs.settings import JobSettings
from jobs.webhooks.dispatcher import Pace
from jobs.worker import working
from jobs.xapi.queueing import READER
from resolvers.events import Event, EventType, emit
from tests.accounts.calling import OWNER, STUDENT, Caller, by_auth0
from tests.conftest import Running, running
from tests.webhooks.hooks import HERE, QUICK, everything_read, until
from tests.xapi.lrs import Lrs

ENDPOINTS = "/api/integrations/xapi-endpoints"
HOME = "https://kakehashi.localhost"


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A running app, and somebody who has endpoints."""

    running: Running
    owner: Caller

    async def made(self, lrs: Lrs, **more: object) -> dict[str, Any]:
        """An endpoint."""
        answer = await self.owner.post(ENDPOINTS, {"url": lrs.url, **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["data"])

    async def shown(self, number: object) -> dict[str, Any]:
        """An endpoint as it is now."""
        found = (await self.owner.get(ENDPOINTS, per_page=100)).json()["data"]
        (one,) = [one for one in found if one["id"] == number]
        return dict(one)

    async def put(self, number: object, **values: object) -> Any:  # noqa: ANN401  # JSON has no types
        """What comes of a change."""
        return await self.owner.client.put(f"{ENDPOINTS}/{number}", json=values, headers=self.owner.to)

    async def learners(self, count: int) -> list[tuple[int, str]]:
        """Numbers and uids of students of the owner's organization, the demo student first."""
        of_student = select(students.c.organization_id).where(students.c.uid == STUDENT).scalar_subquery()
        near = select(students.c.id, students.c.uid).where(
            students.c.organization_id == of_student, students.c.locked_at.is_(None), ~students.c.demo
        )
        async with self.running.database.engine.connect() as connection:
            found = await connection.execute(near.order_by(students.c.uid != STUDENT, students.c.id).limit(count))
            return [(row.id, row.uid) for row in found]

    async def happen(self, learners: Sequence[tuple[int, str]], rounds: int = 1) -> list[str]:
        """Let each learner begin a course, round by round, each in a transaction; gives the ids of the events."""
        ids: list[str] = []
        database = self.running.database
        async with database.engine.connect() as connection:
            course = (await connection.execute(select(courses.c.id).order_by(courses.c.id).limit(1))).scalar_one()
            place = select(students.c.organization_id).where(students.c.id == learners[0][0])
            organization = (await connection.execute(place)).scalar_one()
        for _ in range(rounds):
            async with database.writing() as transaction:
                for id_, _uid in learners:
                    event = Event(EventType.ENROLLMENT_CREATED, organization, "Student", id_, {"course": course})
                    ids.append(await emit(transaction, event, datetime.now(UTC)))
        return ids

    async def statements(self, number: object) -> list[Any]:
        """The rows of statements of an endpoint, in order."""
        of_it = select(xapi_statements).where(xapi_statements.c.endpoint_id == number)
        async with self.running.database.engine.connect() as connection:
            return list(await connection.execute(of_it.order_by(xapi_statements.c.id)))

    async def queued(self, number: object, count: int) -> list[Any]:
        """The statements of an endpoint when so many are queued."""
        found: list[Any] = []

        async def are() -> bool:
            found[:] = await self.statements(number)
            return len(found) >= count

        await until(are)
        return found

    async def finished(self, number: object, count: int) -> list[Any]:
        """The statements of an endpoint when so many are finished."""
        found: list[Any] = []

        async def are() -> bool:
            found[:] = await self.statements(number)
            return sum(one.finished_at is not None for one in found) >= count

        await until(are)
        return found

    async def failing(self, number: object, attempts: int = 1) -> dict[str, Any]:
        """The endpoint when it has failed so often in a row."""
        one = select(xapi_endpoints.c.attempt_count).where(xapi_endpoints.c.id == number)

        async def is_() -> bool:
            async with self.running.database.engine.connect() as connection:
                return bool((await connection.execute(one)).scalar_one() >= attempts)

        await until(is_)
        return await self.shown(number)

    async def read(self) -> None:
        """Wait until everything that has happened was read, whatever became of it."""
        await everything_read(self.running.database, READER)

    async def all_arrived(self, number: object) -> None:
        """Wait until everything that has happened was read, and what came of it has arrived."""
        await self.read()

        async def is_there() -> bool:
            return bool((await self.shown(number))["lag"] == 0)

        await until(is_there)

    async def set(self, number: object, **values: object) -> None:
        """Change columns of an endpoint behind its back."""
        async with self.running.database.writing() as transaction:
            await transaction.execute(update(xapi_endpoints).where(xapi_endpoints.c.id == number).values(**values))


@asynccontextmanager
async def forwarding(
    url: str, data_dir: Path, *, delays: tuple[float, ...] = QUICK, pace: Pace | None = None, works: bool = True
) -> AsyncIterator[Forwarding]:
    """An app that may reach this machine, and a worker inside it unless told otherwise."""
    settings = Settings(database_url=url, data_dir=data_dir, egress_allow=HERE)
    beside = (lambda database: working(worker(url, data_dir, delays), database, pace)) if works else None
    async with running(settings, beside) as started:
        yield Forwarding(started, await by_auth0(started, OWNER))


def job_settings(of: Forwarding, delays: tuple[float, ...] = QUICK) -> JobSettings:
    """The settings of a worker beside an app, which tries again at once."""
    return worker(str(of.running.settings.database_url), of.running.settings.data_dir, delays)


def worker(url: str, data_dir: Path, delays: tuple[float, ...]) -> JobSettings:
    """The settings of a worker."""
    return JobSettings(database_url=url, data_dir=data_dir, egress_allow=HERE, xapi_retry_delays=delays)


def by_learner(statements: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """The ids of statements of each learner, in order."""
    found: dict[str, list[str]] = {}
    for one in statements:
        found.setdefault(one["actor"]["account"]["name"], []).append(one["id"])
    return found
