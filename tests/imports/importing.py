"""Imports of a running app with a worker inside, sent by somebody who may."""

import io
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import select

from db.accounts import memberships, staff, users
from db.imports.tables import imports
from db.students import students
from gateway.settings import Settings
from jobs.settings import JobSettings
from jobs.worker import working
from tests.accounts.calling import Caller, by_auth0, count
from tests.conftest import Running, running
from tests.webhooks.hooks import until

UENO, KAKEHASHI, SUNDAI = 2002, 2001, 1
OWNER = "auth0|demo-owner-parent"
CSV = {"Content-Type": "text/csv"}
ENDED = ("planned", "blocked", "completed", "failed", "canceled")


def bulk(organization: int = UENO) -> str:
    """The path of an organization's imports."""
    return f"/api/institutions/{organization}/members/bulk"


def listed(*rows: str) -> bytes:
    """A list of members."""
    return "".join(f"{row}\r\n" for row in rows).encode()


def zipped(files: Mapping[str, str]) -> bytes:
    """A bundle."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return held.getvalue()


@dataclass(frozen=True, slots=True)
class Importing:
    """A running app, and somebody who imports members."""

    running: Running
    caller: Caller

    async def count(self) -> int:
        """How many imports there are."""
        return await count(self.running.database, imports)

    async def send(self, content: bytes, *, organization: int = UENO, **query: object) -> httpx2.Response:
        """Send a file as a body."""
        media = "application/zip" if content.startswith(b"PK") else "text/csv"
        asked = {name: str(value).lower() for name, value in query.items()}
        headers = {**self.caller.headers, "Content-Type": media}
        return await self.caller.client.post(bulk(organization), content=content, params=asked, headers=headers)

    async def shown(self, number: int, *, organization: int = UENO) -> dict[str, Any]:
        """An import as it is now."""
        answer = await self.caller.get(f"{bulk(organization)}/{number}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"])

    async def ended(self, number: int, *, organization: int = UENO, status: Sequence[str] = ENDED) -> dict[str, Any]:
        """An import when a worker has done with it what it may."""

        async def is_there() -> dict[str, Any] | None:
            found = await self.shown(number, organization=organization)
            return found if found["status"] in status else None

        return dict(await until(is_there))

    async def done(self, content: bytes, *, organization: int = UENO, **query: object) -> dict[str, Any]:
        """Send a file, and wait for what comes of it."""
        answer = await self.send(content, organization=organization, **query)
        assert answer.status_code == 202, answer.text
        return await self.ended(answer.json()["data"]["id"], organization=organization)

    async def rows(self, number: int, *, organization: int = UENO, **query: object) -> list[dict[str, Any]]:
        """The rows of an import."""
        answer = await self.caller.get(f"{bulk(organization)}/{number}/rows", per_page=100, **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])

    async def students(self, organization: int = UENO, source: str = "csv") -> dict[str, Any]:
        """The students of an organization of whom a source told, by what that one calls them."""
        found = select(students, users.c.email).join_from(students, users, users.c.id == students.c.id)
        mine = (students.c.organization_id == organization) & (students.c.source == source)
        async with self.running.database.engine.connect() as connection:
            rows = await connection.execute(found.where(mine).order_by(students.c.id))
            return {row.source_ref: row for row in rows}

    async def roles(self, organization: int = UENO, source: str = "csv") -> list[Any]:
        """The roles in an organization that a source gave, with the names of who has them."""
        found = select(memberships, staff.c.last_name, staff.c.code).join_from(
            memberships, staff, staff.c.id == memberships.c.staff_id
        )
        mine = (memberships.c.organization_id == organization) & (memberships.c.source == source)
        async with self.running.database.engine.connect() as connection:
            return list(await connection.execute(found.where(mine).order_by(memberships.c.id)))

    async def row(self, number: int) -> Any:  # noqa: ANN401  # a row of any table
        """An import as the table has it."""
        async with self.running.database.engine.connect() as connection:
            return (await connection.execute(select(imports).where(imports.c.id == number))).one()

    async def worked(self, url: str, number: int) -> None:
        """Have a worker go on with an import until it ends."""

        async def is_over() -> bool:
            return bool((await self.row(number)).status in ENDED)

        async with working(JobSettings(database_url=url), self.running.database):
            await until(is_over)

    async def by(self, uid: str) -> "Importing":
        """The same, of somebody else."""
        return Importing(self.running, await by_auth0(self.running, uid))


@asynccontextmanager
async def importing(url: str, folder: Path, *, works: bool = True) -> AsyncIterator[Importing]:
    """An app with a worker inside it, unless told otherwise."""
    settings = Settings(database_url=url, data_dir=folder, worker_inside=False)
    wanted = JobSettings(database_url=url, data_dir=folder)
    beside = (lambda database: working(wanted, database)) if works else None
    async with running(settings, beside) as started:
        yield Importing(started, await by_auth0(started, OWNER))
