"""Starts the measured programs, each in a folder and on a port of its own, and ends them."""

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bench.contenders import Headers, Place, Program, clean

ROOT = Path(__file__).parents[1]
STARTS_WITHIN_S = 120
STOPS_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Running:
    """A started program: where it is, its process, and the headers to ask it with."""

    url: str
    pid: int
    headers: Headers


@contextmanager
def running(programs: Iterable[Program], database: str, uid: str, logs: Path) -> Iterator[dict[str, Running]]:
    """Start the programs and give them by name; what they print goes to NAME.log in the folder `logs`."""
    logs.mkdir(exist_ok=True)
    with ExitStack() as stack:
        started: dict[str, Running] = {}
        for program in programs:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kakehashi-bench-")))
            place = Place(database, free_port(), folder, uid)
            started[program.name] = stack.enter_context(one_running(program, place, logs / f"{program.name}.log"))
        yield started


@contextmanager
def one_running(program: Program, place: Place, log: Path) -> Iterator[Running]:
    """Start a program, wait until it answers, and end it; RuntimeError with what it printed where it does not."""
    with log.open("wb") as printed:
        environment = clean(program.environment(place))
        server = subprocess.Popen(program.command(place), cwd=ROOT, env=environment, stdout=printed, stderr=printed)
        try:
            wait(server, place.url + program.ready, log)
            yield Running(place.url, server.pid, {"Content-Type": "application/json", **program.headers(place)})
        finally:
            end(server)


def wait(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    """Wait for a good answer."""
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not answers(url):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{server.args!r} does not answer at {url}. It printed:\n{log.read_text()[-3000:]}")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether there is a good answer at an address."""
    try:
        return httpx2.get(url, timeout=5, trust_env=False).status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False


def end(server: "subprocess.Popen[bytes]") -> None:
    """End a program in order, or else at once."""
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOPS_WITHIN_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
