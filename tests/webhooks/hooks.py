"""Webhooks of a running app with a worker inside, and a receiver that answers as it is told."""

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select, tuple_, update

from db.connections.database import Database
from db.horizon import position
from db.operations import outbox, reading_positions
from db.students import students
from db.webhooks import deliveries, delivery_attempts, webhook_secrets, webhooks
from gateway.settings import Settings
from jobs.settings import JobSettings
from jobs.webhooks.dispatcher import Pace
from jobs.worker import working
from resolvers.events import Event, EventType, emit
from tests.accounts.calling import OWNER, STUDENT, Caller, by_auth0
from tests.conftest import Running, running
from tests.egress.receiver import Receiver

WEBHOOKS = "/api/integrations/webhooks"
HERE = (ipaddress.ip_network("127.0.0.0/8"),)
QUICK = (0.05, 0.05, 0.05)
WITHIN_S = 90.0


@dataclass(frozen=True, slots=True)
class Hooks:
    """A running app, and somebody who has webhooks."""

    running: Running
    owner: Caller

    async def made(self, url: str, events: list[str] | None = None, **more: object) -> dict[str, Any]:
        """A webhook."""
        answer = await self.owner.post(WEBHOOKS, {"url": url, "events": ["*"] if events is None else events, **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["data"])

    async def shown(self, number: object) -> dict[str, Any]:
        """A webhook as it is now."""
        return dict((await self.owner.get(f"{WEBHOOKS}/{number}")).json()["data"])

    async def ping(self, number: object) -> int:
        """Send a ping; gives the number of the delivery."""
        answer = await self.owner.post(f"{WEBHOOKS}/{number}/test", {})
        assert answer.status_code == 202, answer.text
        return int(answer.json()["data"]["delivery_id"])

    async def happen(self, count: int = 1) -> list[str]:
        """Let things happen to a student of one's own organization; gives the ids of the events."""
        database = self.running.database
        async with database.writing() as transaction:
            somebody = select(students.c.id, students.c.organization_id).where(students.c.uid == STUDENT)
            row = (await transaction.execute(somebody)).one()
            event = Event(EventType.STUDENT_UPDATED, row.organization_id, "Student", row.id, {"changed": []})
            return [await emit(transaction, event, datetime.now(UTC)) for _ in range(count)]

    async def delivered(self, number: object) -> list[dict[str, Any]]:
        """The deliveries to a webhook, the oldest first."""
        found = (await self.owner.get(f"{WEBHOOKS}/{number}/deliveries", per_page=100)).json()["data"]
        return list(reversed(found))

    async def attempts(self, delivery: int) -> list[Any]:
        """The attempts of a delivery."""
        one = select(delivery_attempts).where(delivery_attempts.c.delivery_id == delivery)
        async with self.running.database.engine.connect() as connection:
            return list(await connection.execute(one.order_by(delivery_attempts.c.number)))

    async def finished(self, number: object, count: int) -> list[dict[str, Any]]:
        """The deliveries to a webhook when so many are finished."""
        found: list[dict[str, Any]] = []

        async def are() -> bool:
            found[:] = await self.delivered(number)
            return sum(one["status"] in ("delivered", "dead", "skipped") for one in found) >= count

        await until(are)
        return found

    async def set(self, number: object, **values: object) -> None:
        """Change columns of a webhook behind its back."""
        async with self.running.database.writing() as transaction:
            await transaction.execute(update(webhooks).where(webhooks.c.id == number).values(**values))

    async def set_secret(self, number: object, sealed: bytes) -> None:
        """Change the sealed secret of a webhook behind its back."""
        of_it = webhook_secrets.c.webhook_id == number
        async with self.running.database.writing() as transaction:
            await transaction.execute(update(webhook_secrets).where(of_it).values(sealed=sealed))

    async def set_delivery(self, number: int, **values: object) -> None:
        """Change columns of a delivery behind its back."""
        async with self.running.database.writing() as transaction:
            await transaction.execute(update(deliveries).where(deliveries.c.id == number).values(**values))


@asynccontextmanager
async def hooking(
    url: str, data_dir: Path, *, delays: tuple[float, ...] = QUICK, pace: Pace | None = None, works: bool = True
) -> AsyncIterator[Hooks]:
    """An app that may reach this machine, and a worker inside it unless told otherwise."""
    settings = Settings(database_url=url, data_dir=data_dir, egress_allow=HERE)
    wanted = JobSettings(database_url=url, data_dir=data_dir, egress_allow=HERE, webhook_retry_delays=delays)
    beside = (lambda database: working(wanted, database, pace)) if works else None
    async with running(settings, beside) as started:
        yield Hooks(started, await by_auth0(started, OWNER))


async def until(look: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401  # whatever is looked for
    """What is looked for, as soon as it is there."""
    async with asyncio.timeout(WITHIN_S):
        while not (found := await look()):
            await asyncio.sleep(0.02)
    return found


async def everything_read(database: Database, reader: str) -> None:
    """Wait until everything that has happened was read for a kind of work, whatever became of it."""
    at, told = reading_positions.c, position(outbox, "seq")
    # By place, not by number: transactions that end in another order than their numbers say are read so too.
    behind = exists(select(outbox.c.seq).where(tuple_(*told) > tuple_(at.transaction_id, at.seq)))

    async def is_read() -> bool:
        async with database.engine.connect() as connection:
            found = await connection.execute(select(at.name).where(at.name == reader, ~behind))
            return found.first() is not None

    await until(is_read)


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    """The bodies that a receiver got, read."""
    return [json.loads(body) for _, body in receiver.requests]


def ids(receiver: Receiver) -> list[str]:
    """The ids of what a receiver got."""
    return [str(one["id"]) for one in bodies(receiver)]


def at(receiver: Receiver, path: str = "") -> str:
    """The address of a receiver."""
    return f"http://127.0.0.1:{receiver.port}/{path}"


def headers(receiver: Receiver, number: int = -1) -> dict[str, str]:
    """The headers of a request that a receiver got."""
    lines = receiver.requests[number][0].split("\r\n")[1:-2]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
