"""Puts load on a server with wrk, one thread and some connections, and reads what wrk found."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("wrk.lua")
TIMEOUT_S = 20


class NoLoad(Exception):
    """There is no wrk here, and it could not be installed; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk found: `failed` counts broken connections and statuses over 399, `bad` refused answers."""

    requests: int
    seconds: float
    size: int
    p50_ms: float
    p99_ms: float
    failed: int
    good: int
    bad: int
    complaint: str = ""

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def bytes_each(self) -> float:
        """Bytes of one answer, its headers included."""
        return self.size / max(self.requests, 1)

    @property
    def errors(self) -> int:
        """Everything that was no good answer; a run without any answer is one error too."""
        return self.failed + self.bad + (self.requests == 0)


def find_wrk() -> str:
    """The path of wrk, installed where that can be done; raises NoLoad."""
    if found := shutil.which("wrk"):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing wrk, which makes the load.", file=sys.stderr)
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "wrk"]):
            subprocess.run(["apt-get", "--quiet", *arguments], check=False, stdout=subprocess.DEVNULL)
    if found := shutil.which("wrk"):
        return found
    raise NoLoad("The load is made by wrk, which is not on PATH: install it (apt-get install wrk, brew install wrk).")


def write_requests(file: Path, headers: Mapping[str, str], requests: Iterable[str]) -> None:
    """Write the file that the script reads; a request is one line, METHOD PATH BODY."""
    lines = [*(f"{name}: {value}" for name, value in headers.items()), "", *requests]
    file.write_text("\n".join(lines) + "\n")


def put_load(url: str, requests: Path, *, seconds: int, connections: int, check: bool = False) -> Load:
    """Ask as fast as the server answers; with `check` every answer is held to be one without errors."""
    command = [find_wrk(), "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={TIMEOUT_S}s", "-s", str(SCRIPT)]
    command += [url, "--", str(requests), *(["check"] if check else [])]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise NoLoad(f"wrk failed: {ended.stdout}{ended.stderr}")
    return load_in(ended.stdout, ended.stderr.strip())


def load_in(printed: str, complaint: str = "") -> Load:
    """What the script printed at the end of a run."""
    line = next(line for line in printed.splitlines() if line.startswith("JSON "))
    found = json.loads(line.removeprefix("JSON "))
    return Load(
        requests=found["requests"],
        seconds=found["duration_us"] / 1e6,
        size=found["bytes"],
        p50_ms=found["p50_us"] / 1e3,
        p99_ms=found["p99_us"] / 1e3,
        failed=found["failed"],
        good=found["good"],
        bad=found["bad"],
        complaint=complaint,
    )
