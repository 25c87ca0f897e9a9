"""The commands about schools: kakehashi schools import."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from db.connections.database import Database
from db.imports.schools import Counted
from gateway.terminal import migrated_settings, out, run, stop, with_database
from resolvers.imports.reading import Fault, WrongFile
from resolvers.imports.schools import WrongList, keep_schools, schools_in

schools_cli = typer.Typer(help="Schools: load them from a list.", no_args_is_help=True)


@schools_cli.callback()
def about() -> None:
    """Schools: load them from a list."""


@schools_cli.command("import")
def import_schools(
    file: Annotated[
        Path, typer.Argument(help="A list of school codes (学校コード一覧), CSV.", exists=True, dir_okay=False)
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Load schools, each by its code: new ones are made, others changed where the list says otherwise."""
    settings = migrated_settings()
    try:
        read = list(schools_in(file.read_bytes()))
        found = [one for one in read if isinstance(one, dict)]
        counted = run(with_database(settings, lambda database: kept(database, found, dry_run=dry_run)))
    except (WrongFile, WrongList) as wrong:
        stop(str(wrong))
    faults = [one for one in read if isinstance(one, Fault)]
    for fault in faults:
        out.print(f"Line {fault.line}, {fault.column or 'as a whole'}: {fault.message}", highlight=False, markup=False)
    told = f"{counted.created} new, {counted.updated} changed, {counted.unchanged} as they were"
    out.print(f"{'Would be' if dry_run else 'Schools'}: {told}, {len(faults)} wrong.", highlight=False)
    if faults:
        raise typer.Exit(1)


class DryRun(Exception):
    """Nothing is to be kept."""

    def __init__(self, counted: Counted) -> None:
        super().__init__()
        self.counted = counted


async def kept(database: Database, found: list[dict[str, str]], *, dry_run: bool) -> Counted:
    """Keep schools in one transaction, or only count them."""
    try:
        async with database.writing() as transaction:
            counted = await keep_schools(transaction, found, datetime.now(UTC))
            if dry_run:
                raise DryRun(counted)
    except DryRun as only:
        return only.counted
    return counted
