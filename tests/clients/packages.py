"""Packages that are not of this environment: of npm, and of PyPI where versions clash; installed once for each lock."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
# How npm and uv say that nobody answers; whatever else goes wrong is a mistake of ours and must not hide as a skip.
NO_REGISTRY = re.compile(r"\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENETDOWN|EHOSTUNREACH)\b")
NO_INDEX = re.compile(r"dns error|Connection refused|Network is unreachable|No route to host|operation timed out")
# Holds a Node of its own for machines whose Node is old.
NEWER = Path(__file__).with_name("node")


class Missing(Exception):
    """A program or a registry is not here, so nothing can be installed or run; the text says which."""


def npm_packages(folder: Path) -> Path:
    """Install what a folder's package-lock.json names, and give its node_modules; raises Missing."""

    def install() -> None:
        command = [program("npm"), "ci", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retry-mintimeout=1000"]
        run_installer(command, folder, NO_REGISTRY)

    return once(folder / "node_modules", folder / "package-lock.json", install)


def python_packages(folder: Path) -> Path:
    """Install what a folder's requirements.txt names into an environment of its own, and give it; raises Missing."""
    made = folder / ".venv"

    def install() -> None:
        uv = str(ROOT / ".uv/bin/uv") if (ROOT / ".uv/bin/uv").exists() else program("uv")
        run_installer([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(made)], folder, NO_INDEX)
        command = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(made), "requirements.txt"]
        run_installer(command, folder, NO_INDEX)

    return once(made, folder / "requirements.txt", install)


def once(made: Path, recipe: Path, install: Callable[[], None]) -> Path:
    """Have `made` be what the recipe says, where several processes may want it at once."""
    wanted, mark = hashlib.sha256(recipe.read_bytes()).hexdigest(), made / ".made-from"
    with recipe.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != wanted:
            install()
            mark.write_text(wanted)
    return made


def run_installer(command: Sequence[str], folder: Path, unreachable: re.Pattern[str]) -> None:
    """Run an installer; raises Missing where its registry does not answer, and RuntimeError for all else."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    printed = ended.stdout + ended.stderr
    if ended.returncode and unreachable.search(printed):
        raise Missing(f"{Path(command[0]).name} reaches no registry of packages from here")
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} failed in {folder}:\n{printed}")


def program(name: str) -> str:
    """The path of a program; raises Missing."""
    if found := shutil.which(name):
        return found
    raise Missing(f"{name} is not installed")


def node(*, oldest: int = 18) -> str:
    """A Node of at least a major version: the machine's, or else one that npm brings; raises Missing."""
    machines = program("node")
    if major(machines) >= oldest:
        return machines
    if found := next(npm_packages(NEWER).glob("node-*/bin/node"), None):
        return str(found)
    raise Missing(f"Node {oldest} or newer is not installed")


def major(program: str) -> int:
    """The major version that a Node says it is."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.removeprefix("v").partition(".")[0])
