"""The commands about products whose usage feed (利用実績) is collected: kakehashi upstreams add, remove, switch."""

import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from db import upstreams
from db.connections.database import Database
from gateway.settings import Settings
from gateway.terminal import migrated_settings, out, run, show_table, stop, with_database
from resolvers.egress.client import Egress
from resolvers.errors import Mistake
from resolvers.outside import Outside
from resolvers.upstreams.commands import Wanted, mistakes_in, name_mistakes, named, registered

NAME = Annotated[str, typer.Argument(help="Its name.")]

upstreams_cli = typer.Typer(help="Products whose usage feed is collected: register, list, switch, remove.")


@upstreams_cli.callback(invoke_without_command=True)
def listed(context: typer.Context) -> None:
    """Show how each upstream is."""
    if context.invoked_subcommand is None:
        run(with_database(migrated_settings(), show))


@upstreams_cli.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The source of what it gives: small letters, digits, dots and dashes.")],
    url: Annotated[str, typer.Argument(help="Where its feed is, such as https://example.jp/api/v1/progresses.")],
    *,
    credential: Annotated[bool, typer.Option(help="Read a bearer token from standard input, a line.")] = False,
) -> None:
    """Register an upstream; it is collected from its beginning."""
    settings = migrated_settings()
    # Not as an argument: those of every process can be read by everybody on the machine.
    wanted = Wanted(url, sys.stdin.readline().strip() if credential else None)
    refuse(run(within(settings, lambda outside, database: register(outside, database, name, wanted))))
    out.print(f"{name} is registered.", highlight=False)


@upstreams_cli.command("switch")
def switch(name: NAME, state: Annotated[str, typer.Argument(help="on or off.", metavar="on|off")]) -> None:
    """Switch an upstream on or off; when it is switched on it is asked at once."""
    if state not in ("on", "off"):
        raise typer.BadParameter("say on or off")
    changed = run(with_database(migrated_settings(), lambda database: switched(database, name, on=state == "on")))
    if changed is None:
        stop(f"There is no upstream {name}.")
    out.print(f"{name} is {state}.", highlight=False)


@upstreams_cli.command("remove")
def remove(name: NAME) -> None:
    """Remove an upstream. What it gave stays."""
    if not run(with_database(migrated_settings(), lambda database: removed(database, name))):
        stop(f"There is no upstream {name}.")
    out.print(f"{name} is removed; what it gave stays.", highlight=False)


async def within(settings: Settings, work: Callable[[Outside, Database], Awaitable[list[Mistake]]]) -> list[Mistake]:
    """Do what needs both the database and the way out."""
    egress = Egress(settings.egress_allow)
    try:
        return await with_database(settings, lambda database: work(Outside(egress, settings.sealer()), database))
    finally:
        await egress.aclose()


async def register(outside: Outside, database: Database, name: str, wanted: Wanted) -> list[Mistake]:
    """Register an upstream; gives the mistakes, and then there is none."""
    if mistakes := [*name_mistakes(name), *await mistakes_in(outside, wanted)]:
        return mistakes
    async with database.writing() as transaction:
        made = await registered(transaction, {"name": name, **wanted.values(outside)}, datetime.now(UTC))
    return made if isinstance(made, list) else []


async def switched(database: Database, name: str, *, on: bool) -> int | None:
    """Switch an upstream."""
    async with database.writing() as transaction:
        return await upstreams.change(transaction, named(name), {"is_active": on}, datetime.now(UTC))


async def removed(database: Database, name: str) -> bool:
    """Remove an upstream."""
    async with database.writing() as transaction:
        return await upstreams.remove(transaction, named(name))


def refuse(mistakes: list[Mistake]) -> None:
    """End the command where something is to be mended."""
    if mistakes:
        stop("\n".join(mistake.message for mistake in mistakes))


async def show(database: Database) -> None:
    """Print a line for each upstream."""
    async with database.writing() as transaction:
        found = await upstreams.statuses(transaction)
    if not found:
        out.print("No usage feed is collected.")
        return
    table = Table("upstream", "", "records", "up to", "failing since", "why", box=None, pad_edge=False)
    for one in found:
        instants = [shown(at) for at in (one.watermark, one.failing_since)]
        table.add_row(one.name, "on" if one.is_active else "off", str(one.records), *instants, one.last_error or "")
    show_table(table)


def shown(at: datetime | None) -> str:
    """An instant to the second, in UTC."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
