"""Rules of the house that no linter knows: names, sizes, reasons, and that a clone needs nothing beside it."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("gateway", "jobs", "schema", "resolvers", "db")
OURS = (*LAYERS, "tests", "bench")
VAGUE = {"common", "data", "handler", "helpers", "manager", "process", "service", "utils"}
# Folders that tools make; a checkout without git has to be told.
MADE = {".git", ".venv", ".uv", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}
MADE |= {".import_linter_cache", "node_modules", "data", "dist"}
FOREIGN = {
    "a folder of one machine": r"(?<![\w.-])/(?:work|root|home/\w+|Users/\w+)/",
    "a folder beside the checkout": r"\.\./shared",
    "a package registry": r"pypi\.org|files\.pythonhosted|registry\.npmjs",
}
# Lock files are written by tools, and name where each package comes from.
LOCKS = {"uv.lock", "package-lock.json"}


@cache
def _files() -> tuple[Path, ...]:
    """Every file of the repository: what git has or would add, and without git everything that no tool made."""
    if not (ROOT / ".git").exists():
        walked = (path for path in ROOT.rglob("*") if not MADE.intersection(path.relative_to(ROOT).parts))
        return tuple(sorted(path for path in walked if path.is_file()))
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(sorted(ROOT / name for name in names if name and (ROOT / name).is_file()))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _sources(*folders: str) -> list[Path]:
    return [path for path in _files() if path.suffix == ".py" and _name(path).split("/")[0] in folders]


def _written() -> list[Path]:
    """Python that people write: migrations are long lists, and as they were on their day."""
    return [path for path in _sources(*OURS) if "db/migrations/versions/" not in _name(path)]


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _locals(path: Path) -> Iterator[tuple[int, str]]:
    """Arguments and assigned names of all functions, each with its line."""
    for function in _functions(path):
        for node in ast.walk(function):
            if isinstance(node, ast.arg):
                yield node.lineno, node.arg
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.lineno, node.id


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_the_repository_is_seen() -> None:
    assert {"Makefile", "pyproject.toml", "uv.lock", "tests/test_house.py"} <= {_name(path) for path in _files()}
    assert {_name(path).split("/")[0] for path in _written()} >= {*LAYERS, "tests"}


@pytest.mark.parametrize("package", LAYERS)
def test_a_generic_name_is_this_checkout(package: str, tmp_path: Path) -> None:
    # From another folder and without the tests' own path, so that only the environment can answer.
    command = [sys.executable, "-I", "-c", f"import {package}; print({package}.__file__)"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()
    assert Path(said) == ROOT / package / "__init__.py"


@pytest.mark.parametrize("package", LAYERS)
def test_nothing_installed_brings_a_package_of_our_name(package: str) -> None:
    assert set(packages_distributions().get(package, [])) <= {"kakehashi"}


def test_nothing_locked_is_called_like_a_package_of_ours() -> None:
    locked = {entry["name"] for entry in tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]}
    assert "kakehashi" in locked
    assert locked.isdisjoint(LAYERS)


def test_no_file_passes_400_lines() -> None:
    lengths = {_name(path): len(path.read_text("utf-8").splitlines()) for path in _written()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_function_passes_60_lines() -> None:
    lengths = {
        f"{_name(path)}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in _written()
        for function in _functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > 60} == {}


def test_no_function_imports() -> None:
    hidden = {
        f"{_name(path)}:{node.lineno} {function.name}"
        for path in _sources(*OURS)
        for function in _functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert hidden == set()


def test_every_file_begins_by_saying_what_it_is_for() -> None:
    silent = [
        _name(path)
        for path in _sources(*OURS)
        if not path.read_text("utf-8").startswith('"""') or not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


def test_no_local_variable_is_called_like_a_layer() -> None:
    taken = {f"{_name(path)}:{line} {name}" for path in _written() for line, name in _locals(path) if name in LAYERS}
    assert taken == set()


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [_name(path) for path in _written() if VAGUE.intersection(_name(path.with_suffix("")).split("/"))] == []


def test_every_silenced_warning_gives_its_reason() -> None:
    reasoned = re.compile(r"# noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)* .*\w|# type: ignore\[[\w, -]+\] +# .*\w")
    bare = [
        f"{_name(path)}:{line} {comment}"
        for path in _sources(*OURS)
        for line, comment in _comments(path)
        if re.search(r"\bnoqa\b|type: ignore", comment) and not reasoned.match(comment)
    ]
    assert bare == []


@pytest.mark.parametrize("what", FOREIGN)
def test_no_text_leads_out_of_the_repository(what: str) -> None:
    found = []
    for path in _files():
        if path.name in LOCKS:
            continue
        for number, line in enumerate(path.read_text("utf-8", errors="ignore").splitlines(), 1):
            found += [f"{_name(path)}:{number} {hit.group()}" for hit in re.finditer(FOREIGN[what], line)]
    assert found == []


def test_make_prints_all_its_verbs() -> None:
    # The make that runs these tests must not talk to the one that is looked at.
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    command = ["make", "--no-print-directory"]
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = next(line for line in makefile.splitlines() if line.startswith(".PHONY: "))
    assert [line.split()[1] for line in said.splitlines()] == phony.split()[1:]
    assert all(re.fullmatch(r"  make [\w-]+ +\w.+", line) for line in said.splitlines())
