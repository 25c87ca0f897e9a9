"""What a statement is made from: levels of rows and what is written of each row. Plain data, no SQL text."""

import enum
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Select, Table
from sqlalchemy.sql.expression import ColumnElement

from db.json_text import Kind
from db.predicates import Predicate

Rows: TypeAlias = Table | Select[Any]
Order: TypeAlias = tuple[str, ...]
# Before a column's name: its value where the log stood at the first page.
PINNED = "pinned_"


class Shape(enum.Enum):
    """How many rows of a level belong to one parent, and how they are written."""

    ONE = "one"
    FIRST = "first"
    MANY = "many"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One column, written as JSON. `codes` make it an enum, `global_id` a Relay id of that type."""

    column: str
    kind: Kind
    nullable: bool = False
    codes: tuple[tuple[str, str], ...] = ()
    global_id: str | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """JSON text that is the same in every row, such as a __typename."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A table between parent and target: `parents` are its columns that equal the parent's keys."""

    table: Table
    parents: tuple[str, ...]
    target: str
    reaches: str = "id"


@dataclass(frozen=True, slots=True)
class Window:
    """The page of a connection: literal size, and the names under which cursor and offset are bound.

    `order` is unique and holds only columns that are never NULL; `-column` descends. `peeks` says that one row more is
    read, which tells whether a page follows, and that the rows are numbered: both only where pageInfo is asked for.

    `log` is what the log of roster changes calls the rows, where their order may change. Then a cursor holds where the
    log stood at the first page, bound as `pin` on the others; these take each row by the order key that it had there.
    """

    size: int
    order: Order
    tag: str
    peeks: bool = True
    after: tuple[str, ...] = ()
    offset: str | None = None
    log: str | None = None
    pin: str | None = None

    @property
    def keys(self) -> Order:
        """The order by the names under which the rows of the page carry their order key."""
        if self.pin is None:
            return self.order
        return tuple(f"-{PINNED}{name[1:]}" if name.startswith("-") else f"{PINNED}{name}" for name in self.order)


@dataclass(frozen=True, slots=True)
class PageInfo:
    """The pageInfo of a connection: its own fields as (answer key, GraphQL name)."""

    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Total:
    """The totalCount of a connection."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of a connection."""

    members: "Members"


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of a connection: (answer key, what): node members, the cursor (None) or a constant."""

    parts: "tuple[tuple[str, Members | Constant | None], ...]"


ConnectionPart: TypeAlias = Nodes | Edges | PageInfo | Total | Constant


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose rows a level shows: the column that names the student, and what is read of each, as `Type.field`."""

    column: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """The rows of one field for a set of parents: table, keys, scope, conditions, order, and what is written.

    `parent_keys` are columns of the level above (none at the root); `match` the columns that equal them, of the
    target or, with a link, of the link. `bound` is the most rows that the level may have over all parents. `seen` is
    there where the statement has to tell, beside its text, which students it shows.
    """

    name: str
    rows: Rows
    key: tuple[str, ...]
    shape: Shape
    bound: int
    parent_keys: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    link: Link | None = None
    scope: Predicate | None = None
    conditions: tuple[Predicate, ...] = ()
    order: Order = ()
    members: "Members" = ()
    window: Window | None = None
    connection: tuple[tuple[str, ConnectionPart], ...] = ()
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A relation inside a row."""

    level: Level


Member: TypeAlias = tuple[str, Leaf | Constant | Branch]
Members: TypeAlias = tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """A value that the statement answers beside its text, so that a rule can refuse without a second statement."""

    name: str
    value: ColumnElement[Any]


def columns_of(members: Members) -> set[str]:
    """The columns of its own row that these members touch, the keys of relations below included."""
    columns: set[str] = set()
    for _, member in members:
        match member:
            case Leaf():
                columns.add(member.column)
            case Branch():
                columns.update(member.level.parent_keys)
            case Constant():
                pass
    return columns


def columns_of_rows(level: Level) -> set[str]:
    """The columns of its own rows that a level needs, beside those of its order."""
    asked = node_members(level) if level.window else [level.members]
    columns = set[str]().union(*[columns_of(members) for members in asked])
    return columns if level.seen is None else columns | {level.seen.column}


def tells(level: Level) -> bool:
    """Whether a level or one below it tells which students it shows."""
    inner = [member for members in [level.members, *node_members(level)] for _, member in members]
    return level.seen is not None or any(isinstance(one, Branch) and tells(one.level) for one in inner)


def node_members(level: Level) -> list[Members]:
    """What is asked of the nodes of a connection, once per nodes or edges field."""
    found: list[Members] = []
    for _, part in level.connection:
        if isinstance(part, Nodes):
            found.append(part.members)
        elif isinstance(part, Edges):
            found.extend(members for _, members in part.parts if isinstance(members, tuple))
    return found
