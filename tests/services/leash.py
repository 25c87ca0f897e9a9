"""Keeps a server no longer than the program that started it: a small process between the two survives a kill -9."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

START_WITHIN = 60.0
STOP_WITHIN = 20.0


@contextmanager
def on_leash(
    command: Sequence[str], *, folder: Path, answers: Callable[[], bool], stop: signal.Signals
) -> Iterator[None]:
    """Run `command` in `folder`, as the folder's owner, until the block or this process ends; then remove `folder`.

    The block begins when `answers` says that the server does. A server that ends or stays silent for a minute raises
    RuntimeError with all that it printed. `stop` is the signal that ends the server at once and in order.
    """
    arguments = [sys.executable, "-I", __file__, str(folder), str(stop.value), *command]
    with (
        tempfile.TemporaryFile() as log,
        # A session of its own: Ctrl-C in the terminal must not take the server from under the tests' own tidying.
        subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        ) as leash,
    ):
        _wait(leash, answers, log)
        yield


def _wait(leash: subprocess.Popen[bytes], answers: Callable[[], bool], log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN
    while not answers():
        if leash.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            printed = log.read().decode(errors="replace")
            raise RuntimeError(f"The server did not start: {leash.args!r}\nIt printed:\n{printed}")
        time.sleep(0.02)


def _step_down(folder: Path) -> None:
    """Become the owner of `folder` where we are root and it is someone else's: PostgreSQL refuses to run as root."""
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def _hold(server: subprocess.Popen[bytes]) -> None:
    """Wait until the server ends or standard input does, which is closed for us when the starting program dies."""
    while server.poll() is None and not select.select([sys.stdin], [], [], 0.2)[0]:
        pass


def _end(server: subprocess.Popen[bytes], stop: int) -> None:
    for sign in (stop, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(server.pid, sign)
            server.wait(STOP_WITHIN)
            return


def main() -> None:
    """Be the leash: FOLDER, the stop signal's number, then the server's command."""
    folder, stop, *command = sys.argv[1:]
    _step_down(Path(folder))
    # Being asked to end must end the server too, so the signal becomes an exception that passes the `finally`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    server = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, process_group=0)
    try:
        _hold(server)
    finally:
        _end(server, int(stop))
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
