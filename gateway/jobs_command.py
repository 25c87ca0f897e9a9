"""The commands about what is left to be done afterwards: kakehashi jobs, kakehashi jobs dead, kakehashi jobs retry."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from db import deliveries, exports
from db.backlog import (
    Backlog,
    Forwarded,
    Graded,
    Rejected,
    Unfinished,
    Ungraded,
    Unmade,
    backlog,
    dead,
    forwarded,
    graded,
    rejected,
    unfinished,
    ungraded,
    unmade,
)
from db.connections.database import Database
from db.lti import scores
from db.webhooks import deliveries as delivered
from db.xapi import forwarding
from gateway.terminal import migrated_settings, out, run, show_table, stop, with_database

MOST_DEAD = 50

jobs_cli = typer.Typer(help="What waits, runs, failed or was given up; and how to try it again.")


@jobs_cli.callback(invoke_without_command=True)
def jobs(context: typer.Context) -> None:
    """Show what waits, runs, failed and was given up, for each webhook, xAPI endpoint and LTI platform, and exports."""
    if context.invoked_subcommand is None:
        run(with_database(migrated_settings(), show_backlog))


@jobs_cli.command("dead")
def show_dead() -> None:
    """Show what was given up last, with its numbers: deliveries, statements that were rejected, grades that failed."""
    run(with_database(migrated_settings(), list_dead))


@jobs_cli.command("retry")
def retry(
    numbers: Annotated[list[int], typer.Argument(min=1, help="The numbers of deliveries, as `dead` shows them.")],
    *,
    xapi: Annotated[bool, typer.Option("--xapi", help="The numbers are those of rejected statements.")] = False,
    lti: Annotated[bool, typer.Option("--lti", help="The numbers are those of grades that failed.")] = False,
    export: Annotated[bool, typer.Option("--export", help="The numbers are those of exports that failed.")] = False,
) -> None:
    """Deliver again, under the same ids; or make exports again."""
    kind, again = ("statements", send_again) if xapi else ("deliveries", queue_again)
    kind, again = ("grades", grade_again) if lti else (kind, again)
    kind, again = ("exports", make_again) if export else (kind, again)
    queued = run(with_database(migrated_settings(), lambda database: again(database, numbers)))
    if queued < len(set(numbers)):
        stop(f"{queued} of {len(set(numbers))} {kind} are queued again; the others are not there.")
    out.print(f"Queued again: {queued}.", highlight=False)


async def show_backlog(database: Database) -> None:
    """Print a line for each webhook, each xAPI endpoint, each LTI platform, each export and each import."""
    told, stores, files = await backlog(database), await forwarded(database), await unmade(database, most=MOST_DEAD)
    platforms, lists = await graded(database), await unfinished(database, most=MOST_DEAD)
    if not told and not stores and not files and not platforms and not lists:
        out.print("Nothing waits, and nothing was given up.")
    if told:
        show_webhooks(told)
    if stores:
        show_endpoints(stores)
    if platforms:
        show_platforms(platforms)
    if files:
        show_exports(files)
    if lists:
        show_imports(lists)


def show_exports(found: Sequence[Unmade]) -> None:
    """Print a line for each export."""
    table = Table("export", "type", "", "attempts", "rows", "asked for", "it says", box=None, pad_edge=False)
    for one in found:
        cells = (one.id, one.type, one.status, one.attempts, one.rows)
        table.add_row(*map(str, cells), shown(one.created_at), escape(one.error or ""))
    show_table(table)


def show_imports(found: Sequence[Unfinished]) -> None:
    """Print a line for each import."""
    table = Table("import", "organization", "source", "", "rows", "asked for", "it says", box=None, pad_edge=False)
    for one in found:
        cells = (one.id, one.organization_id, one.source, one.status, f"{one.position}/{one.rows}")
        table.add_row(*map(str, cells), shown(one.created_at), escape(one.error or ""))
    show_table(table)


def show_webhooks(found: Sequence[Backlog]) -> None:
    """Print a line for each webhook."""
    table = Table("webhook", "", "waits", "due", "runs", "failed", "dead", "waits since", box=None, pad_edge=False)
    for one in found:
        numbers = (one.waits, one.due, one.runs, one.failed, one.dead)
        table.add_row(str(one.webhook_id), "on" if one.is_active else "off", *map(str, numbers), shown(one.oldest))
    show_table(table)


def show_endpoints(found: Sequence[Forwarded]) -> None:
    """Print a line for each xAPI endpoint."""
    table = Table("xapi", "", "waits", "runs", "rejected", "fails since", "it says", box=None, pad_edge=False)
    for one in found:
        cells = ("on" if one.is_active else "off", str(one.waits), "yes" if one.runs else "no", str(one.rejected))
        table.add_row(str(one.endpoint_id), *cells, shown(one.failing_since), escape(one.error or ""))
    show_table(table)


def show_platforms(found: Sequence[Graded]) -> None:
    """Print a line for each LTI platform."""
    table = Table("lti", "", "waits", "due", "runs", "tried", "failed", "waits since", box=None, pad_edge=False)
    for one in found:
        numbers = (one.waits, one.due, one.runs, one.tried, one.failed)
        table.add_row(str(one.platform_id), "on" if one.is_active else "off", *map(str, numbers), shown(one.oldest))
    show_table(table)


async def list_dead(database: Database) -> None:
    """Print a line for each delivery that was given up, statement that was rejected, and grade that failed."""
    table = Table("delivery", "webhook", "event", "attempts", "answer", "given up", box=None, pad_edge=False)
    for one in await dead(database, most=MOST_DEAD):
        answer = "-" if one.response_code is None else str(one.response_code)
        cells = (one.id, one.webhook_id, one.event_type, one.attempts, answer)
        table.add_row(*map(str, cells), shown(one.finished_at))
    show_table(table)
    if statements := await rejected(database, most=MOST_DEAD):
        list_rejected(statements)
    if grades := await ungraded(database, most=MOST_DEAD):
        list_ungraded(grades)


def list_rejected(statements: Sequence[Rejected]) -> None:
    """Print a line for each statement that was rejected."""
    table = Table("statement", "xapi", "verb", "answer", "it says", "rejected", box=None, pad_edge=False)
    for one in statements:
        cells = (one.id, one.endpoint_id, one.verb, one.response_code, escape(one.error))
        table.add_row(*map(str, cells), shown(one.finished_at))
    show_table(table)


def list_ungraded(grades: Sequence[Ungraded]) -> None:
    """Print a line for each grade that failed."""
    table = Table("grade", "lti", "attempts", "answer", "it says", "given up", box=None, pad_edge=False)
    for one in grades:
        answer = "-" if one.response_code is None else str(one.response_code)
        cells = (str(one.id), str(one.platform_id), str(one.attempt_count), answer, escape(one.error or ""))
        table.add_row(*cells, shown(one.finished_at))
    show_table(table)


async def queue_again(database: Database, numbers: list[int]) -> int:
    """Queue deliveries again; gives how many."""
    async with database.writing() as transaction:
        named = delivered.c.id.in_(numbers) & delivered.c.finished_at.is_not(None)
        return len(await deliveries.repeat(transaction, named, url=None, most=len(numbers)))


async def send_again(database: Database, numbers: list[int]) -> int:
    """Queue rejected statements again; gives how many."""
    async with database.writing() as transaction:
        return await forwarding.again(transaction, numbers)


async def grade_again(database: Database, numbers: list[int]) -> int:
    """Queue grades again that failed; gives how many."""
    async with database.writing() as transaction:
        return await scores.again(transaction, numbers)


async def make_again(database: Database, numbers: list[int]) -> int:
    """Queue exports again that were given up; gives how many."""
    async with database.writing() as transaction:
        return await exports.again(transaction, numbers)


def shown(at: datetime | None) -> str:
    """An instant to the second, in UTC."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}Z"
