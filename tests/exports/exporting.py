"""Exports of a running app with a worker inside, which looks often."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import select, update

from db.exports import exports
from gateway.settings import Settings
from jobs.exports.maker import Pace
from jobs.settings import JobSettings
from jobs.worker import working
from tests.accounts.calling import OWNER, Caller, by_auth0
from tests.conftest import Running, running
from tests.webhooks.hooks import until

EXPORTS = "/api/integrations/exports"
BRISK = Pace(lease_s=1.0, told_s=0.05, again_s=(0.1, 0.1, 0.1))


@dataclass(frozen=True, slots=True)
class Exports:
    """A running app, and somebody who asks for exports."""

    running: Running
    owner: Caller

    async def asked(self, type_: str, **more: object) -> int:
        """Ask for an export; gives its number."""
        answer = await self.owner.post(EXPORTS, {"type": type_, **more})
        assert answer.status_code == 202, answer.text
        return int(answer.json()["data"]["id"])

    async def shown(self, number: int) -> dict[str, Any]:
        """An export as it is now."""
        answer = await self.owner.get(f"{EXPORTS}/{number}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"])

    async def finished(self, number: int) -> dict[str, Any]:
        """An export when it is finished."""

        async def is_finished() -> dict[str, Any] | None:
            found = await self.shown(number)
            return None if found["status"] in ("pending", "processing") else found

        return dict(await until(is_finished))

    async def fetched(self, number: int, **headers: str) -> httpx2.Response:
        """The file of an export."""
        return await self.owner.client.get(f"{EXPORTS}/{number}/download", headers={**self.owner.to, **headers})

    async def made(self, type_: str, **more: object) -> bytes:
        """The bytes of a new export."""
        number = await self.asked(type_, **more)
        found = await self.finished(number)
        assert found["status"] == "completed", found
        answer = await self.fetched(number)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def table(self, type_: str, **more: object) -> list[dict[str, str]]:
        """The rows of a new CSV export."""
        text = (await self.made(type_, **more)).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    async def set(self, number: int, **values: object) -> None:
        """Change columns of an export behind its back."""
        async with self.running.database.writing() as transaction:
            await transaction.execute(update(exports).where(exports.c.id == number).values(**values))

    async def row(self, number: int) -> Any:  # noqa: ANN401  # a row of any table
        """An export as the table has it."""
        async with self.running.database.engine.connect() as connection:
            return (await connection.execute(select(exports).where(exports.c.id == number))).one()

    def files(self) -> list[str]:
        """The names of the files in the store."""
        folder = self.running.settings.data_dir / "exports"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@asynccontextmanager
async def exporting(
    url: str, folder: Path, *, pace: Pace = BRISK, works: bool = True, store: str | None = None
) -> AsyncIterator[Exports]:
    """An app with a worker inside it, unless told otherwise; the files lie below `folder`."""
    settings = Settings(database_url=url, data_dir=folder, export_store=store)
    wanted = JobSettings(database_url=url, data_dir=folder, export_store=store)
    beside = (lambda database: working(wanted, database, exports=pace)) if works else None
    async with running(settings, beside) as started:
        yield Exports(started, await by_auth0(started, OWNER))
