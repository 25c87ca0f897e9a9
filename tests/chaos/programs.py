"""Programs that are killed and started again, with all that they need on a machine of their own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.server import KAKEHASHI, answers, environment, free_port
from tests.services import binaries
from tests.services.folders import make_folder, make_unprivileged_folder
from tests.services.postgresql import runnable

START_WITHIN_S = 120.0
# Nothing that was committed may be lost when the server is killed; a power cut is another story.
READY = "The worker works."
SETTINGS = ("fsync=off", "full_page_writes=off", "listen_addresses=", "max_connections=200")


@dataclass(slots=True)
class Mortal:
    """A program that may be killed at any instant, and started again."""

    name: str
    command: Sequence[str]
    folder: Path
    is_up: Callable[[], bool]
    running: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self, *, wait: bool = True) -> None:
        """Start it, in a session of its own and as the owner of its folder."""
        owner = self.folder.stat()
        as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.running = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **as_owner,  # type: ignore[call-overload]  # three keywords, or none
            )
        self.starts += 1
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until it is up; RuntimeError with what it printed where it is not in time."""
        until = time.monotonic() + START_WITHIN_S
        while not self.is_up():
            if time.monotonic() > until:
                printed = (self.folder / f"{self.name}.log").read_text(errors="replace")[-3000:]
                raise RuntimeError(f"{self.name} did not start. It printed:\n{printed}")
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill it as it stands; what it started goes on as it can."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()

    def end(self) -> None:
        """Kill it and all that it started."""
        if self.running is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()


def is_alive(program: Mortal) -> bool:
    """Whether a program runs, for those that have no door to knock at."""
    return program.running is not None and program.running.poll() is None


@dataclass(slots=True)
class Installation:
    """PostgreSQL, Redis, a web process and two workers, each in a process of its own."""

    egress_allow: str
    folder: Path = field(init=False)
    database_url: str = field(init=False)
    redis_url: str = field(init=False)
    postgresql: Mortal = field(init=False)
    redis: Mortal = field(init=False)
    web: Mortal = field(init=False)
    workers: list[Mortal] = field(init=False)
    url: str = field(init=False)

    def __post_init__(self) -> None:
        home = make_unprivileged_folder("chaos-pg")
        self.folder, self.postgresql = make_folder("chaos"), postgresql_in(home)
        self.database_url = f"postgresql://postgres@/postgres?host={home}"
        door = self.folder / "redis.sock"
        self.redis_url = f"unix://{door}"
        command = [str(binaries.find(binaries.redis)), "--port", "0", "--unixsocket", str(door), "--save", ""]
        self.redis = Mortal("redis", [*command, "--dir", str(self.folder)], self.folder, door.exists)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        begin = environment(self.variables(port))
        self.web = Mortal("web", [*begin, KAKEHASHI, "serve"], self.folder, lambda: answers(f"{self.url}/healthz"))
        self.workers = [self.worker(name, [*begin, KAKEHASHI, "worker"]) for name in ("worker1", "worker2")]

    def variables(self, port: int) -> Mapping[str, str]:
        """The settings of every process."""
        return {
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "PORT": str(port),
            "EGRESS_ALLOW": self.egress_allow,
            "WORKER_INSIDE": "false",
            # As many tries as there may be failures in a row; none of them is what is looked at here.
            "UPSTREAM_INTERVAL_S": "1",
            "WEBHOOK_RETRY_DELAYS": ",".join(["0.2"] * 30),
            "XAPI_RETRY_DELAYS": "0.2",
            "LTI_RETRY_DELAYS": ",".join(["0.2"] * 60),
        }

    def worker(self, name: str, command: Sequence[str]) -> Mortal:
        """A worker, which is up when it says so."""
        return Mortal(name, command, self.folder, lambda: self.says(name, READY))

    def says(self, name: str, words: str) -> bool:
        """Whether a program has said something in its log."""
        return words in (self.folder / f"{name}.log").read_text(errors="replace")

    @property
    def programs(self) -> list[Mortal]:
        """All of it."""
        return [self.postgresql, self.redis, self.web, *self.workers]

    def start(self) -> None:
        """Start everything; the web process makes and fills the database."""
        for program in self.programs:
            program.start()

    def end(self) -> None:
        """End everything, and leave nothing behind."""
        for program in reversed(self.programs):
            program.end()
        for folder in (self.folder, self.postgresql.folder):
            shutil.rmtree(folder, ignore_errors=True)


def postgresql_in(home: Path) -> Mortal:
    """A server in a folder, its data made."""
    programs, data = runnable(binaries.find(binaries.postgresql), home), home / "data"
    owner = home.stat()
    as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    make = [str(programs / "initdb"), "--pgdata", str(data), "--username=postgres", "--auth=trust", "--encoding=UTF8"]
    make += ["--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    subprocess.run(make, check=True, cwd=home, stdout=subprocess.DEVNULL, **as_owner)  # type: ignore[call-overload]  # the same
    serve = [str(programs / "postgres"), "-D", str(data), "-k", str(home)]
    serve += [word for setting in SETTINGS for word in ("-c", setting)]
    ready = [str(programs / "pg_isready"), "-q", "-h", str(home)]
    if not Path(ready[0]).exists():
        code = f"import asyncio, asyncpg; asyncio.run(asyncpg.connect('postgresql://postgres@/postgres?host={home}'))"
        ready = [sys.executable, "-c", code]

    def is_up() -> bool:
        return subprocess.run(ready, check=False, stderr=subprocess.DEVNULL).returncode == 0

    return Mortal("postgresql", serve, home, is_up)
