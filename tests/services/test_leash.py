"""Tests that a server starts with its program, says why it cannot, and ends with its program however that ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.services.folders import make_folder
from tests.services.leash import on_leash

HOLD_A_REDIS = """
import time
from tests.services.redis import start_redis
with start_redis() as url:
    print(url, flush=True)
    time.sleep(600)
"""


def _wait_until_gone(path: Path) -> None:
    """Wait for the leash, which has no one left to report to; the limit only keeps a failure from hanging."""
    for _ in range(600):
        if not path.exists():
            return
        time.sleep(0.05)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_program_that_is_ended_takes_its_server_along(sign: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_A_REDIS], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        assert program.stdout is not None
        door = Path(program.stdout.readline().strip().removeprefix("unix://"))
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(door))
            program.send_signal(sign)
            program.wait()
            assert connection.recv(1) == b"", "the server closes the connection as it ends"
    _wait_until_gone(door.parent)
    assert not door.parent.exists()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing() -> None:
    folder = make_folder("refusing")
    command = ["/bin/sh", "-c", "echo the disk is full; exit 3"]
    with (
        pytest.raises(RuntimeError, match="the disk is full"),
        on_leash(command, folder=folder, answers=lambda: False, stop=signal.SIGTERM),
    ):
        pytest.fail("a server that ended was taken for one that answers")
    assert not folder.exists()


def test_a_server_is_stopped_by_its_own_signal(tmp_path: Path) -> None:
    folder, told = make_folder("polite"), tmp_path / "told"
    loop = f"trap 'echo interrupted > {told}; exit' INT; echo ready > ready; while :; do sleep 0.05; done"
    ready = folder / "ready"
    with on_leash(["/bin/sh", "-c", loop], folder=folder, answers=ready.exists, stop=signal.SIGINT):
        assert not told.exists()
    assert told.read_text() == "interrupted\n"
    assert not folder.exists()
