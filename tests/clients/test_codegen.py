"""Tests that graphql-codegen types a front end's documents from schema.graphql, strictly and without a warning."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.clients.conftest import or_skip
from tests.clients.packages import node, npm_packages

FOLDER = Path(__file__).with_name("codegen")


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the folder's packages."""
    with or_skip():
        command = [node(oldest=20), str(npm_packages(FOLDER) / ".bin" / program), *arguments]
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)


def test_documents_are_typed_without_a_warning_and_the_types_are_exact() -> None:
    shutil.rmtree(FOLDER / "generated", ignore_errors=True)
    generated = run("graphql-codegen", "--config", "codegen.json")
    assert (generated.returncode, generated.stderr) == (0, "")
    assert [line for line in generated.stdout.splitlines() if line[:1] not in "❯✔"] == []
    # roster.ts holds mistakes too, each of which must be one: a type that says nothing would let them pass.
    typed = run("tsc", "--project", ".")
    assert (typed.returncode, typed.stdout, typed.stderr) == (0, "", "")
