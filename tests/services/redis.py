"""A real Redis for tests and measurements: the one that TEST_REDIS_URL names, or one of our own."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services import binaries
from tests.services.folders import make_folder
from tests.services.leash import on_leash


@contextmanager
def start_redis() -> Iterator[str]:
    """Give the URL of a server for the time of the block.

    TEST_REDIS_URL, if set, names a running server; what tests write stays on it. Otherwise a new one, Redis or Valkey,
    starts empty on a Unix socket in a temporary folder (see `binaries.find`) and keeps nothing.
    """
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    program = binaries.find(binaries.redis)
    folder = make_folder("redis")
    door = folder / "redis.sock"
    command = [str(program), "--port", "0", "--unixsocket", str(door)]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
    with on_leash(command, folder=folder, answers=lambda: _answers(door), stop=signal.SIGTERM):
        yield f"unix://{door}"


def _answers(door: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(door))
            connection.sendall(b"PING\r\n")
            return connection.recv(16) == b"+PONG\r\n"
        except OSError:
            return False
