"""The documents at the root say what is true: links, settings, commands, and the diffs that show how to add things."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from gateway.__main__ import cli
from gateway.settings import Settings
from jobs.settings import JobSettings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    ROOT / name
    for name in (
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "docs/billing.md",
        "docs/access-log.md",
        "docs/compliance.md",
        "docs/decisions.md",
        "docs/documents.md",
        "docs/institutions.md",
        "docs/sso.md",
        "docs/subscriptions.md",
        "docs/usage-feed.md",
        "docs/webhooks.md",
        "docs/xapi.md",
    )
]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
DIFFS = re.findall(r"```diff\n--- a/(\S+)\n(.*?)```", ARCHITECTURE, re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize(("file", "diff"), DIFFS, ids=[f"{index}-{file}" for index, (file, _) in enumerate(DIFFS)])
def test_every_diff_is_real(file: str, diff: str) -> None:
    added = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("+"))
    assert added in (ROOT / file).read_text("utf-8")


def test_there_is_a_diff_for_a_field_a_relation_and_an_operation() -> None:
    assert [file for file, _ in DIFFS] == [
        "schema/students.py",
        "schema/students.py",
        "gateway/diverse/documents/schools.graphql",
        "gateway/diverse/routes.py",
    ]


def test_the_readme_names_every_setting_and_no_other() -> None:
    named = set(re.findall(r"KAKEHASHI_([A-Z0-9_]+)", README))
    assert named == {name.upper() for kind in (Settings, JobSettings) for name in kind.model_fields}


def test_the_readme_names_every_command() -> None:
    commands = get_command(cli).commands  # type: ignore[attr-defined]  # typer's group is a click group
    listed = README.partition("prints the program's:")[2].partition("`make test`")[0]
    assert set(re.findall(r"`([\w-]+)", listed)) == set(commands)


def test_every_file_named_in_the_map_is_there() -> None:
    shelves = re.findall(r"^\| `([a-z/]+)/`(?:[^|]*)\| (.*) \|$", ARCHITECTURE, re.MULTILINE)
    named = [ROOT / shelf / name for shelf, files in shelves for name in re.findall(r"`([\w_]+)/?`", files)]
    assert len(named) > 50
    assert [path for path in named if not path.exists() and not path.with_suffix(".py").exists()] == []
