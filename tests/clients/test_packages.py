"""Tests that only what is missing makes a test be skipped: a mistake in installing fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.clients.packages import NO_INDEX, NO_REGISTRY, Missing, node, npm_packages, once, python_packages

LOCKED = '{"name": "a", "lockfileVersion": 3, "packages": {"": {"dependencies": {"left-pad": "1.3.0"}}}}'


def test_without_node_nothing_of_it_can_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="node is not installed"):
        node()


def a_program(folder: Path, name: str, complaint: str) -> None:
    """Write a program that complains and fails."""
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{complaint}' >&2\nexit 1\n")
    file.chmod(0o755)


@pytest.mark.parametrize(
    ("complaint", "expected", "text"),
    [
        ("npm error code ENOTFOUND", Missing, "npm reaches no registry of packages from here"),
        ("npm error code EINTEGRITY", RuntimeError, "npm error code EINTEGRITY"),
        ("npm error code E404", RuntimeError, "npm error code E404"),
    ],
)
def test_npm_without_its_registry_is_missing_and_with_other_errors_wrong(
    complaint: str, expected: type[Exception], text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    a_program(tmp_path, "npm", complaint)
    (tmp_path / "package-lock.json").write_text(LOCKED)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(expected, match=re.escape(text)):
        npm_packages(tmp_path)


def test_a_requirement_that_no_index_has_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("kakehashi-is-no-package @ file:///nowhere\n")
    with pytest.raises(RuntimeError, match="pip sync"):
        python_packages(tmp_path)


def test_packages_are_installed_once_for_each_lock(tmp_path: Path) -> None:
    recipe, made, installed = tmp_path / "lock", tmp_path / "made", []
    made.mkdir()
    for text in ("one", "one", "two", "two"):
        recipe.write_text(text)
        assert once(made, recipe, lambda: installed.append(recipe.read_text())) == made
    assert installed == ["one", "two"]


@pytest.mark.parametrize(
    ("pattern", "printed"),
    [
        (NO_REGISTRY, "npm error network request to http://localhost:9/a failed, reason: connect ECONNREFUSED"),
        (NO_INDEX, "error: Request failed after 3 retries\n  Caused by: dns error"),
        (NO_INDEX, "  Caused by: tcp connect error: Connection refused (os error 111)"),
    ],
)
def test_a_registry_that_does_not_answer_is_recognized(pattern: re.Pattern[str], printed: str) -> None:
    assert pattern.search(printed)
