"""What is read of an upload, row by row: people, and what bundles say beside them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from resolvers.imports.cells import Value
from resolvers.imports.reading import Fault

MOST_ROWS = 10_000
# Of a bundle: classes, who is in them, and roles.
MOST_LINKS = 100_000


@dataclass(frozen=True, slots=True)
class Person:
    """What a row says of a person; `ref` is what the person is called there, None where that cannot be read."""

    line: int
    ref: str | None = None
    uid: str | None = None
    email: str | None = None
    role: str | None = None
    content: dict[str, Value] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """What a bundle says beside people: a class by its own name, somebody's place in one, or somebody's role."""

    line: int
    kind: str
    ref: str
    content: dict[str, Value]


# Faults that come by themselves are of what is no person's row.
Item: TypeAlias = Person | Link | Fault


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload whose form is right, to be read to its end; what is wrong as a whole is raised on the way too."""

    source: str
    encoding: str
    columns: list[str]
    items: Iterator[Item]
    # Whether it has all people, or only those of whom something changed.
    whole: bool = True
    # The same of places in classes.
    whole_places: bool = True
