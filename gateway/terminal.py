"""What the commands have in common: the settings, the database, and how a command ends."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from uvicorn.loops.auto import auto_loop_factory

from db.connections.database import Database, connect
from db.errors import DatabaseUnavailable
from db.migrate import current, head
from db.wall import WallMissing
from gateway.settings import Settings, WrongSetting, read_settings

T = TypeVar("T")

out, err = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)
# Where nobody's screen ends, a table is as wide as it needs to be, for whoever reads its lines.
ENDLESS = 2000

WRONG_SETTING = 2
NOT_DONE = 1


def migrated_or_exit(settings: Settings) -> None:
    """End the command where the tables are not those of this code."""
    found = guarded(lambda: current(settings.database))
    if found != head():
        stop(f"The tables are at revision {found} and should be at {head()}: run `kakehashi migrate` first.")


def migrated_settings() -> Settings:
    """The settings, where the tables are those of this code."""
    settings = settings_or_exit()
    migrated_or_exit(settings)
    return settings


async def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Open the database, do the work, close it."""
    database = connect(settings.database)
    await database.open()
    try:
        return await work(database)
    finally:
        await database.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run asynchronous work to its end, on the event loop that the server has."""

    def whole() -> T:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            return runner.run(work)

    return guarded(whole)


def guarded(work: Callable[[], T]) -> T:
    """Do what needs the database; one that does not answer ends the command in one line."""
    try:
        return work()
    except WallMissing as error:
        stop(str(error))
    except (DatabaseUnavailable, OSError) as error:
        stop(f"KAKEHASHI_DATABASE_URL: {error}")


def settings_or_exit() -> Settings:
    """The settings; a wrong one ends the command in one line that names it."""
    return or_exit(read_settings)


def or_exit(read: Callable[[], T]) -> T:
    """What is read of the settings of any process; a wrong one ends the command in one line that names it."""
    try:
        return read()
    except WrongSetting as error:
        err.print(str(error), style="red", highlight=False)
        raise typer.Exit(WRONG_SETTING) from None


def stop(message: str, status: int = NOT_DONE) -> NoReturn:
    """End the command with a message."""
    err.print(message, style="red", highlight=False, markup=False)
    raise typer.Exit(status)


def show_table(table: Table) -> None:
    """Print a table."""
    if not out.is_terminal:
        out.width = ENDLESS
    out.print(table)
