"""Brings the tables of a database to a revision, up or down, and tells where they differ from the code.

These functions block and run an event loop of their own: from inside one, call them with `asyncio.to_thread`.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, make_url

from db.horizon import rebase
from db.migrations.drift import differences
from db.migrations.turns import asked, migrated
from db.operations import outbox
from db.positions import rebase_positions
from db.roster import forget_foreign

Command = Callable[[Config, str], None]


class UnknownRevision(Exception):
    """No such revision in this code; the database may be newer than the code."""


def upgrade(url: str, revision: str = "head", *, attempts: int = 5) -> None:
    """Bring the tables up to a revision; makes the file of a new SQLite database, which only its owner may open.

    On PostgreSQL each migration is a transaction, on SQLite all of them are one. Processes that start at once take
    turns. Raises UnknownRevision, DatabaseUnavailable, and of these MigrationBlocked where the tables are in use.
    """
    _migrate(_upgraded, url, revision, attempts)


def _upgraded(config: Config, revision: str) -> None:
    """Up to the head, logs that come from another server are mended too: a backup may just have been restored."""
    command.upgrade(config, revision)
    if revision == "head":
        connection = config.attributes["connection"]
        rebase_positions(connection)
        rebase(connection, outbox)
        forget_foreign(connection, datetime.now(UTC))
        connection.commit() if connection.dialect.name == "postgresql" else None


def downgrade(url: str, revision: str, *, attempts: int = 5) -> None:
    """Take the tables down to a revision (`base`: to none of ours) in the same way; what was in them is lost."""
    _migrate(command.downgrade, url, revision, attempts)


def current(url: str) -> str | None:
    """The revision of the database; None where nothing was migrated yet. A missing SQLite file stays missing."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        return None
    return asyncio.run(asked(url, lambda connection: MigrationContext.configure(connection).get_current_revision()))


def head() -> str | None:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def drift(url: str) -> list[str]:
    """What would have to be done to the database to make it what the code says; nothing where it is that already."""
    return asyncio.run(asked(url, differences))


def _migrate(run: Command, url: str, revision: str, attempts: int) -> None:
    try:
        asyncio.run(migrated(url, lambda connection: run(_config(connection), revision), attempts=attempts))
    except CommandError as error:
        raise UnknownRevision(
            f"{error}. The newest revision that this code knows is {head()}: "
            "ask for one that it knows, or use the code that the database was migrated with."
        ) from error


def _config(connection: Connection | None) -> Config:
    """Alembic's settings without a file, so that an installed package has them too."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "db:migrations")
    config.set_main_option("path_separator", "os")
    return config
