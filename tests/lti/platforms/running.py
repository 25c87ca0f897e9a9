"""Starts a platform that others wrote, as a process of its environment, for one tool."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.clients.packages import ROOT, python_packages
from tests.clients.server import answers, free_port
from tests.services.folders import make_folder
from tests.services.leash import on_leash

FOLDER = Path(__file__).parent
# A course of the demo, and its first lesson.
COURSE, LESSON = "EN-A1-01", "EN-A1-01-L01"


@dataclass(frozen=True, slots=True)
class Platform:
    """A started platform."""

    url: str

    def told(self, page: str) -> dict[str, Any]:
        """What one of its pages says in JSON."""
        found: dict[str, Any] = httpx2.get(f"{self.url}/{page}", timeout=30, trust_env=False).raise_for_status().json()
        return found

    @property
    def registration(self) -> dict[str, Any]:
        """What a tool must know of it."""
        return self.told("registration")

    @property
    def gradebook(self) -> dict[str, Any]:
        """Its gradebook."""
        return self.told("gradebook")


@contextmanager
def platform(module: str, tool: str, *, port: int | None = None) -> Iterator[Platform]:
    """A platform of a module beside this one, which launches the tool whose addresses begin so, until the block ends.

    Raises Missing where its packages cannot be had.
    """
    python = python_packages(FOLDER) / "bin/python"
    folder, port = make_folder("platform"), port or free_port()
    url = f"http://127.0.0.1:{port}"
    program = [str(python), "-W", "ignore", "-m", f"tests.lti.platforms.{module}", "--port", str(port)]
    told = ["--tool", tool, "--course", COURSE, "--lesson", LESSON]
    # What it asks the tool goes past no proxy.
    command = ["env", f"PYTHONPATH={ROOT}", "no_proxy=127.0.0.1", *program, *told]
    with on_leash(command, folder=folder, answers=lambda: answers(f"{url}/"), stop=signal.SIGTERM):
        yield Platform(url)
