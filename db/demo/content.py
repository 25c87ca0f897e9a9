"""What the JSON files hold, and the ids under which a database keeps it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Table

Row: TypeAlias = dict[str, Any]
Rows: TypeAlias = list[Row]
TableRows: TypeAlias = Iterator[tuple[Table, Rows]]


@dataclass(frozen=True)
class Ids:
    """Ids by what the files call things: by code, by uid, and by the codes of organization and place."""

    organizations: dict[str, int]
    sections: dict[tuple[str, str], int]
    groups: dict[tuple[str, str], int]
    courses: dict[str, int]
    lesson_packages: dict[str, int]
    users: dict[str, int]


def read(word: str) -> Rows:
    """The rows of one file."""
    found: Rows = json.loads(Path(__file__).with_name(f"{word}.json").read_text("utf-8"))
    return found


def people() -> Rows:
    """Everyone, staff and students."""
    return [*read("people"), *read("students")]


def place(row: Row) -> tuple[str, str]:
    """What a section or group is called: `A01` is in several organizations."""
    return row["organization_code"], row["code"]


def without(row: Row, *names: str) -> Row:
    """The row less some of its keys."""
    return {name: value for name, value in row.items() if name not in names}


def ids(first: Mapping[str, int]) -> Ids:
    """Ids as they are written in the files, and where none are, counted from `first`, which is by table."""

    def codes(word: str) -> Iterable[str]:
        return (row["code"] for row in read(word))

    def counted(word: str, names: Iterable[Any]) -> dict[Any, int]:
        return {name: id_ for id_, name in enumerate(names, first[word])}

    return Ids(
        organizations={row["code"]: row["id"] for row in read("organizations")},
        sections=counted("sections", map(place, read("sections"))),
        groups=counted("groups", map(place, read("groups"))),
        courses=counted("courses", codes("courses")),
        lesson_packages=counted("lesson_packages", codes("lesson_packages")),
        users=counted("users", (person["uid"] for person in people())),
    )
