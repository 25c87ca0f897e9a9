"""Starts the server as a newcomer does: a process of its own, in an empty folder, with the demo data in SQLite."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from db.connections.database import connect
from gateway.development_tokens import token_for
from gateway.settings import Settings
from tests.services.folders import make_folder
from tests.services.leash import on_leash

KAKEHASHI = str(Path(sys.executable).with_name("kakehashi"))


@dataclass(frozen=True, slots=True)
class Served:
    """A started server: its address, and the settings that tell where its database and its key are."""

    url: str
    settings: Settings

    @property
    def graph(self) -> str:
        """The address of the graph."""
        return f"{self.url}/graphql"

    def token(self, uid: str) -> str:
        """A person's development token, as `kakehashi token` makes it."""
        return asyncio.run(made_token(self.settings, uid))


async def made_token(settings: Settings, uid: str) -> str:
    """A day's token for a person of the server's database."""
    database = connect(settings.database)
    await database.open()
    try:
        return await token_for(settings, database, uid, hours=24)
    finally:
        await database.close()


@contextmanager
def serving_demo(filled: str | None = None, *, port: int | None = None, **more: str) -> Iterator[Served]:
    """A server with the demo data on 127.0.0.1, on a free port unless told, gone at the end with what it wrote.

    `filled` is the URL of a database that has the demo data already; without it the server makes one. `more` are
    further settings, by the names of their variables without KAKEHASHI_.
    """
    folder, port = make_folder("served"), port or free_port()
    url, database = f"http://127.0.0.1:{port}", filled or f"sqlite:///{folder / 'kakehashi.db'}"
    variables = {"DATA_DIR": str(folder), "DATABASE_URL": database, "PORT": str(port), **more}
    command = [*environment(variables), KAKEHASHI, "serve"]
    with on_leash(command, folder=folder, answers=lambda: answers(f"{url}/readyz"), stop=signal.SIGTERM):
        yield Served(url, Settings(data_dir=folder, database_url=database))


def environment(variables: Mapping[str, str]) -> list[str]:
    """The beginning of a command whose environment is ours with these settings and no others."""
    ours = [argument for name in os.environ if name.startswith("KAKEHASHI_") for argument in ("-u", name)]
    return ["env", *ours, *(f"KAKEHASHI_{name}={value}" for name, value in variables.items())]


def answers(url: str) -> bool:
    """Whether there is a good answer at an address."""
    with suppress(httpx2.TransportError):
        return httpx2.get(url, timeout=5, trust_env=False).status_code == httpx2.codes.OK
    return False


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
