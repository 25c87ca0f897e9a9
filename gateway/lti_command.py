"""The commands about the tool's own keys of LTI: kakehashi lti keys, rotate-key."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from db.connections.database import Database
from db.lti import keys as rows
from db.lti.keys import ToolKey
from gateway.terminal import migrated_settings, out, run, show_table, with_database
from resolvers.lti.keys import rotate, signing

lti_cli = typer.Typer(help="LTI: show and change the keys that this tool signs with.", no_args_is_help=True)


@lti_cli.command("keys")
def keys() -> None:
    """Show the keys that are published, the newest first, and which of them signs."""
    run(with_database(migrated_settings(), show))


@lti_cli.command("rotate-key")
def rotate_key(
    *,
    at_once: Annotated[
        bool,
        typer.Option(help="Let it sign at once, as when the one before cannot be opened or somebody else has it."),
    ] = False,
) -> None:
    """Make a new key. It signs after a day, when platforms have seen it; those before it stay published for a month."""
    settings = migrated_settings()
    made = run(with_database(settings, lambda database: rotate(database, settings.sealer(), at_once=at_once)))
    out.print(f"{made.kid} signs from {shown(made.signs_from)}.", highlight=False)


async def show(database: Database) -> None:
    """Print a line for each key."""
    known = await rows.every(database)
    if not known:
        out.print("There is no key yet: the first one is made when it is needed.")
        return
    signs = signing(known, await rows.now_there(database))
    table = Table("key", "", "signs from", "published until", box=None, pad_edge=False)
    for key in known:
        table.add_row(key.kid, state(key, signs), shown(key.signs_from), shown(key.published_until))
    show_table(table)


def state(key: ToolKey, signs: ToolKey | None) -> str:
    """What a key is there for now."""
    if signs is None or key.signs_from > signs.signs_from:
        return "will sign"
    return "signs" if key.kid == signs.kid else "published"


def shown(at: datetime | None) -> str:
    """An instant to the second, in UTC."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
