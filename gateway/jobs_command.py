"""The commands about what is left to be done afterwards: kakehashi jobs, kakehashi jobs dead, kakehashi jobs retry."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from db import deliveries
from db.backlog import backlog, dead
from db.connections.database import Database
from db.webhooks import deliveries as delivered
from gateway.terminal import migrated_settings, out, run, stop, with_database

MOST_DEAD = 50

jobs_cli = typer.Typer(help="What waits, runs, failed or was given up; and how to try it again.")


@jobs_cli.callback(invoke_without_command=True)
def jobs(context: typer.Context) -> None:
    """Show what waits, runs, failed and was given up, for each webhook."""
    if context.invoked_subcommand is None:
        run(with_database(migrated_settings(), show_backlog))


@jobs_cli.command("dead")
def show_dead() -> None:
    """Show the deliveries that were given up last, with their numbers."""
    run(with_database(migrated_settings(), list_dead))


@jobs_cli.command("retry")
def retry(
    numbers: Annotated[list[int], typer.Argument(min=1, help="The numbers of deliveries, as `dead` shows them.")],
) -> None:
    """Deliver again, under the same ids."""
    queued = run(with_database(migrated_settings(), lambda database: queue_again(database, numbers)))
    if len(queued) < len(set(numbers)):
        stop(f"{len(queued)} of {len(set(numbers))} deliveries are queued again; the others are not there.")
    out.print(f"Queued again: {len(queued)}.", highlight=False)


async def show_backlog(database: Database) -> None:
    """Print a line for each webhook."""
    found = await backlog(database)
    if not found:
        out.print("Nothing waits, and nothing was given up.")
        return
    table = Table("webhook", "", "waits", "due", "runs", "failed", "dead", "waits since", box=None, pad_edge=False)
    for one in found:
        numbers = (one.waits, one.due, one.runs, one.failed, one.dead)
        table.add_row(str(one.webhook_id), "on" if one.is_active else "off", *map(str, numbers), shown(one.oldest))
    out.print(table)


async def list_dead(database: Database) -> None:
    """Print a line for each delivery that was given up."""
    table = Table("delivery", "webhook", "event", "attempts", "answer", "given up", box=None, pad_edge=False)
    for one in await dead(database, most=MOST_DEAD):
        answer = "-" if one.response_code is None else str(one.response_code)
        cells = (one.id, one.webhook_id, one.event_type, one.attempts, answer)
        table.add_row(*map(str, cells), shown(one.finished_at))
    out.print(table)


async def queue_again(database: Database, numbers: list[int]) -> list[int]:
    """Queue deliveries again; gives the numbers of the new ones."""
    async with database.writing() as transaction:
        named = delivered.c.id.in_(numbers) & delivered.c.finished_at.is_not(None)
        return await deliveries.repeat(transaction, named, url=None, most=len(numbers))


def shown(at: datetime | None) -> str:
    """An instant to the second, in UTC."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}Z"
