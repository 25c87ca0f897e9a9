"""kakehashi documents: what is registered, what is refused and why, and how the commands end."""

import asyncio
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from db.connections.database import connect
from db.documents import Registered, every_document
from db.migrate import upgrade
from tests.gateway.test_cli import Done, kakehashi

TOP = "query Top { viewer { uid } }\n"
PLANS = "query Plans {\r\n  subscriptionPlans { code }\r\n}"


def id_of(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without rows, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "kakehashi.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def folder(tmp_path: Path, migrated: Path) -> Path:
    """A folder with a migrated database, and files beside it."""
    shutil.copy(migrated, tmp_path)
    (tmp_path / "queries" / "deep").mkdir(parents=True)
    (tmp_path / "queries" / "top.graphql").write_bytes(TOP.encode())
    (tmp_path / "queries" / "deep" / "plans.graphql").write_bytes(PLANS.encode())
    (tmp_path / "queries" / "README.md").write_text("no document")
    return tmp_path


def kept(folder: Path) -> Sequence[Registered]:
    """What the database has."""

    async def read() -> Sequence[Registered]:
        database = connect(f"sqlite:///{folder / 'kakehashi.db'}")
        await database.open()
        try:
            return await every_document(database)
        finally:
            await database.close()

    return asyncio.run(read())


def sources(folder: Path) -> dict[str | None, tuple[str, int | None]]:
    """The texts and cost limits that are kept, by the names of their operations."""
    return {document.operation: (document.source, document.cost_limit) for document in kept(folder)}


def refused(folder: Path, files: Mapping[str, str | bytes]) -> list[str]:
    """The lines in which files are refused beside good ones; nothing was registered."""
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    paths = [str(folder / name) for name in files]
    done = kakehashi(folder, "documents", "register", str(folder / "queries"), *paths)
    assert (done.returncode, done.stdout) == (3, "")
    assert kept(folder) == []
    *lines, last = done.stderr.splitlines()
    assert last == "Nothing was registered."
    return [line.replace(f"{folder}/", "") for line in lines]


def test_files_and_folders_are_registered_byte_for_byte(folder: Path) -> None:
    done = kakehashi(folder, "documents", "register", str(folder / "queries"), "--cost-limit", "9000")
    assert done == Done(0, f"{id_of(PLANS)} Plans\n{id_of(TOP)} Top\n", "Documents registered: 2.\n")
    assert sources(folder) == {"Top": (TOP, 9000), "Plans": (PLANS, 9000)}
    assert {document.sha256 for document in kept(folder)} == {id_of(TOP)[7:], id_of(PLANS)[7:]}


def test_registering_again_changes_the_cost_limit_and_nothing_else(folder: Path) -> None:
    file = str(folder / "queries" / "top.graphql")
    assert kakehashi(folder, "documents", "register", file, file).stderr == "Documents registered: 1.\n"
    (before,) = kept(folder)
    assert kakehashi(folder, "documents", "register", file, "--cost-limit", "70").returncode == 0
    assert kept(folder) == [before._replace(cost_limit=70)]
    assert kakehashi(folder, "documents", "register", file).returncode == 0
    assert kept(folder) == [before]


def test_a_manifest_is_registered_with_and_without_prefixes(folder: Path) -> None:
    anonymous = "{ viewer { uid } }"
    manifest = {id_of(TOP): TOP, id_of(anonymous)[7:]: anonymous}
    (folder / "persisted.json").write_text(json.dumps(manifest))
    done = kakehashi(folder, "documents", "register", str(folder / "persisted.json"))
    assert (done.returncode, done.stdout) == (0, f"{id_of(TOP)} Top\n{id_of(anonymous)} -\n")
    assert sources(folder) == {"Top": (TOP, None), None: (anonymous, None)}


def test_documents_that_do_not_fit_are_refused_with_their_lines_and_none_is_registered(folder: Path) -> None:
    files: dict[str, str | bytes] = {
        "cut": "query A {\n  viewer { uid\n",
        "unknown": "query A {\n  viewer { uid shoeSize }\n  nonsense\n}",
        "two": "query A { viewer { uid } }\nquery B { viewer { uid } }",
        "type": "type A { b: Int }",
        "fragment": "fragment A on Viewer { uid }",
        "empty": "",
        "large": f"# {'x' * 32768}\n{TOP}",
        "tokens": "{ viewer { " + "uid " * 2000 + "} }",
        "nul": TOP + "# \0",
        "latin": b"\xff{ viewer { uid } }",
    }
    assert refused(folder, {f"{name}.graphql": content for name, content in files.items()}) == [
        "cut.graphql:3: Syntax Error: Expected Name, found <EOF>.",
        "unknown.graphql:2: Cannot query field 'shoeSize' on type 'Viewer'.",
        "unknown.graphql:3: Cannot query field 'nonsense' on type 'Query'. Did you mean 'nodes'?",
        "two.graphql:2: A registered document has one operation, and not 2.",
        "type.graphql:1: The 'A' definition is not executable.",
        "fragment.graphql:1: Fragment 'A' is never used.",
        "empty.graphql:1: Syntax Error: Unexpected <EOF>.",
        "large.graphql: The document has too many bytes: at most 32768 are allowed (source_bytes).",
        "tokens.graphql: The document has too many tokens: at most 2000 are allowed (tokens).",
        "nul.graphql:2: U+0000 cannot be kept.",
        "latin.graphql: The file is not UTF-8.",
    ]


def test_manifests_with_mistakes_are_refused_and_none_is_registered(folder: Path) -> None:
    unknown = "{ a }"
    files: dict[str, object] = {
        "list": [],
        "nothing": {},
        "number": {id_of(TOP): 1},
        "surrogate": {id_of(TOP): "\ud800"},
        "sha1": {"a" * 40: TOP},
        "other": {id_of(TOP): PLANS},
        "some": {id_of(PLANS): PLANS, id_of(unknown): unknown, "b": TOP},
    }
    written = {f"{name}.json": json.dumps(content) for name, content in files.items()}
    no_manifest = "A manifest is an object of ids and texts, with at least one."
    no_hash = "The id is no SHA-256 of 64 hexadecimal digits: set your tool's hash algorithm to sha256."
    assert refused(folder, {**written, "cut.json": "{", "deep.json": "[" * 100_000}) == [
        f"list.json: {no_manifest}",
        f"nothing.json: {no_manifest}",
        f"number.json [{id_of(TOP)}]: The text of this id is no text.",
        f"surrogate.json [{id_of(TOP)}]: The text of this id is no text.",
        f"sha1.json [{'a' * 40}]: {no_hash}",
        f"other.json [{id_of(TOP)}]: The id is not the hash of its text, which is {id_of(PLANS)}.",
        f"some.json [{id_of(unknown)}]:1: Cannot query field 'a' on type 'Query'.",
        f"some.json [b]: {no_hash}",
        "cut.json: The file is no JSON.",
        "deep.json: The file is no JSON.",
    ]


def test_what_is_no_document_is_refused(folder: Path) -> None:
    (folder / "empty").mkdir()
    for path, line in (
        ("queries/README.md", "Give .graphql files, folders of them, or a manifest in .json."),
        ("empty", "There is no .graphql file in this folder."),
    ):
        done = kakehashi(folder, "documents", "register", str(folder / path))
        assert (done.returncode, done.stderr) == (3, f"{folder / path}: {line}\nNothing was registered.\n")
    for arguments in ([str(folder / "none.graphql")], [], [str(folder / "queries"), "--cost-limit", "0"]):
        assert kakehashi(folder, "documents", "register", *arguments).returncode == 2
    assert kept(folder) == []


def test_list_shows_what_is_registered(folder: Path) -> None:
    assert kakehashi(folder, "documents", "list") == Done(0, "", "")
    assert kakehashi(folder, "documents", "list", "--json").stdout == "[]\n"
    kakehashi(folder, "documents", "register", str(folder / "queries" / "deep"), "--cost-limit", "70")
    kakehashi(folder, "documents", "register", str(folder / "queries" / "top.graphql"))
    plans, top = kakehashi(folder, "documents", "list").stdout.splitlines()
    assert re.fullmatch(rf"{id_of(PLANS)}      70 \S+\+00:00 Plans", plans)
    assert re.fullmatch(rf"{id_of(TOP)}       - \S+\+00:00 Top", top)
    first, second = json.loads(kakehashi(folder, "documents", "list", "--json").stdout)
    assert datetime.fromisoformat(first.pop("registeredAt")).utcoffset() is not None
    assert first == {"id": id_of(PLANS), "operation": "Plans", "costLimit": 70, "source": PLANS}
    assert (second["id"], second["costLimit"]) == (id_of(TOP), None)


def test_remove_removes_all_that_are_named_or_none(folder: Path) -> None:
    kakehashi(folder, "documents", "register", str(folder / "queries"))
    unknown = f"sha256:{'a' * 64}"
    done = kakehashi(folder, "documents", "remove", id_of(TOP), unknown)
    assert done == Done(1, "", f"{unknown} is not registered.\nNothing was removed.\n")
    assert kakehashi(folder, "documents", "remove", "sha256:1").returncode == 2
    assert set(sources(folder)) == {"Top", "Plans"}
    assert kakehashi(folder, "documents", "remove", id_of(TOP), id_of(TOP)[7:]).stdout == "Documents removed: 1.\n"
    assert set(sources(folder)) == {"Plans"}


def test_check_tells_which_documents_do_not_fit_any_more(folder: Path) -> None:
    kakehashi(folder, "documents", "register", str(folder / "queries"))
    assert kakehashi(folder, "documents", "check") == Done(0, "All 2 documents fit the graph.\n", "")
    asyncio.run(change(folder, TOP.replace("uid", "shoeSize")))
    done = kakehashi(folder, "documents", "check")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[0] == f"{id_of(TOP)} (Top):1: Cannot query field 'shoeSize' on type 'Viewer'."


async def change(folder: Path, text: str) -> None:
    """Let a kept text be another one, as if the graph had changed under it."""
    database = connect(f"sqlite:///{folder / 'kakehashi.db'}")
    await database.open()
    async with database.writing() as transaction:
        changed = sql("update registered_documents set source = :text where operation = 'Top'")
        await transaction.execute(changed, {"text": text})
    await database.close()


@pytest.mark.parametrize("command", [("list",), ("check",), ("register", "."), ("remove", f"sha256:{'a' * 64}")])
def test_on_tables_that_were_never_migrated_every_command_says_what_to_do(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = kakehashi(tmp_path, "documents", *command)
    assert done.returncode == 1
    assert "run `kakehashi migrate` first" in done.stderr
