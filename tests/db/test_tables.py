"""Tests that the metadata holds every table there is."""

import ast
from pathlib import Path

import db
from db import tables

FOLDER = Path(db.__file__).parent


def makes_tables(path: Path) -> bool:
    """Whether the module puts tables into the metadata."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return any(isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Table" for node in nodes)


def named(path: Path) -> str:
    """What a module of tables is called: as its folder is, where it is the folder's own."""
    return path.parent.name if path.stem == "tables" else path.stem


def test_every_module_that_makes_tables_is_imported() -> None:
    making = {named(path) for path in FOLDER.rglob("*.py") if makes_tables(path)}
    assert {"accounts", "students", "operations"} <= making
    assert making == set(tables.__all__) - {"metadata"}
