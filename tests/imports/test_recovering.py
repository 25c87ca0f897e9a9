"""Whatever dies, an import goes on behind what was committed: nobody is lost, and nobody is made twice."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select, update
from typer.testing import CliRunner

from db.accounts import users
from db.connections.database import connect
from db.imports.tables import import_errors, import_rows, imports
from gateway.__main__ import cli
from jobs.imports.forgetting import forget_uploads
from jobs.settings import JobSettings
from jobs.worker import working
from resolvers.imports import planning
from tests.accounts.calling import count
from tests.imports.importing import Importing, listed
from tests.webhooks.hooks import until
from tests.webhooks.test_worker import variables

ROWS = 600


def content() -> bytes:
    """A list of many students, the last line being wrong."""
    rows = [f"S-{n},姓{n},名,s{n}@school.example" for n in range(ROWS)]
    return listed("external_id,last_name,first_name,email", *rows, "S-X,a,b,nobody")


async def died_at(importing: Importing, url: str, number: int, status: str, position: int) -> None:
    """Let a worker go until it has come so far; then it is gone, without having let go of anything."""

    async def is_there() -> bool:
        row = await importing.row(number)
        return bool(row.status == status and row.position >= position)

    async with working(JobSettings(database_url=url), importing.running.database):
        await until(is_there)
    async with importing.running.database.writing() as transaction:
        gone = {"lease_token": "dead", "lease_until": datetime.now(UTC) - timedelta(seconds=1)}
        await transaction.execute(update(imports).where(imports.c.id == number).values(**gone))


async def test_killed_in_planning_and_in_applying_it_is_applied_once(idle: Importing, url: str) -> None:
    before = await count(idle.running.database, users)
    number = (await idle.send(content())).json()["data"]["id"]
    await died_at(idle, url, number, "planning", planning.BATCH)
    await died_at(idle, url, number, "applying", planning.BATCH)
    halfway = await idle.row(number)
    assert halfway.created_count == halfway.position < ROWS
    another = connect(url)
    await another.open()
    async with working(JobSettings(database_url=url), another):
        await idle.worked(url, number)
    await another.close()
    row = await idle.row(number)
    assert (row.status, row.position, row.created_count, row.failed_count, row.error_count) == (
        *("completed", ROWS + 1),
        *(ROWS, 1, 1),
    )
    assert len(await idle.students()) == ROWS
    assert await count(idle.running.database, users) == before + ROWS


async def test_what_was_canceled_on_the_way_stays_where_it_is(idle: Importing, url: str) -> None:
    number = (await idle.send(content())).json()["data"]["id"]
    await died_at(idle, url, number, "applying", planning.BATCH)
    assert (await idle.caller.delete(f"/api/institutions/2002/members/bulk/{number}")).status_code == 204
    kept = len(await idle.students())
    async with working(JobSettings(database_url=url), idle.running.database):
        other = (await idle.send(listed("external_id,last_name,first_name", "T,a,b"))).json()["data"]["id"]
        await idle.worked(url, other)
    row = await idle.row(number)
    assert (row.status, row.lease_token, row.created_count) == ("canceled", None, kept)
    assert len(await idle.students()) == kept + 1


async def test_a_month_later_the_rows_are_forgotten_and_the_numbers_stay(
    idle: Importing, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    applied, waiting = [(await idle.send(content(), dry_run=dry)).json()["data"]["id"] for dry in (False, True)]
    for number in (applied, waiting):
        await idle.worked(url, number)
    shown = await kakehashi(idle, url, "jobs")
    assert (shown[0], "planned" in shown[1], f"{ROWS + 1}/{ROWS + 1}" in shown[1]) == (0, True, True)
    database = idle.running.database
    assert await forget_uploads(database) == 0
    old = datetime.now(UTC) - timedelta(days=31)
    async with database.writing() as transaction:
        await transaction.execute(update(imports).values(created_at=old))
    assert await forget_uploads(database) == 2
    assert [await count(database, table) for table in (import_rows, import_errors)] == [0, 0]
    assert [(await idle.row(number)).status for number in (applied, waiting)] == ["completed", "canceled"]
    assert (await idle.row(applied)).created_count == ROWS
    # Who was imported stands in no log.
    assert not any(told in caplog.text for told in ("school.example", "姓1", "S-1"))


async def kakehashi(of: Importing, url: str, *arguments: str) -> tuple[int, str]:
    """What the terminal says on the database of an app."""
    env = variables(url, of.running.settings.data_dir)
    ended = await asyncio.to_thread(CliRunner().invoke, cli, arguments, env=env, prog_name="kakehashi")
    return ended.exit_code, ended.output


@contextmanager
def counted_statements(of: Importing) -> Iterator[list[str]]:
    """The statements of transactions that are run while the block runs."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        found.append(statement)

    engine = of.running.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


async def test_a_batch_asks_as_often_however_many_rows_it_has(idle: Importing, url: str) -> None:
    """What is planned is asked batch by batch, and never row by row."""
    asked: list[int] = []
    for rows in (10, 150):
        people = [f"X-{n},a,b" for n in range(rows)]
        sent = await idle.send(listed("external_id,last_name,first_name", *people), dry_run=True)
        number = sent.json()["data"]["id"]
        with counted_statements(idle) as statements:
            await idle.worked(url, number)
        asked.append(len([one for one in statements if "from students" in one.lower()]))
        found = select(func.count()).select_from(import_rows).where(import_rows.c.import_id == number)
        async with idle.running.database.engine.connect() as connection:
            assert (await connection.execute(found)).scalar() == rows
    assert asked[0] == asked[1] > 0
