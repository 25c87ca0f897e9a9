"""What is declared of a type, its relations and its computed fields; schema/ writes it, the engine reads it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from db.json_text import Expression
from db.predicates import Columns, Condition, Predicate
from db.statements.plan import Link, Order, Rows, Shape
from resolvers.context import Viewer
from resolvers.policy import Operation, Standing
from resolvers.scopes import Scope

# Argument values by path, such as {"first": 20, "filter.keyword": "山"}; what was not given is not in it.
Given: TypeAlias = Mapping[str, object]
# The bound value of an argument (a path) inside a statement, or None where it was not given.
Bind: TypeAlias = Callable[[str], Expression | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read by their global id: what a viewer needs for it, and which of the rows in scope may be read so.

    `within` narrows the scope of types whose rows are otherwise read through their parents only.
    """

    operation: Operation
    where: Predicate | None = None
    within: Scope | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """A GraphQL type and the rows it shows: table or stored select, unique key, and which rows a viewer may see.

    A type with a global id is a `node`, and says how it is read by it. `log` is what the log of roster changes calls
    its rows, where it has them: cursors of its lists then hold while rows change. `walks` are columns in whose order a
    stored select is read along indexes, which it cannot show by itself; tests/engine/test_plans.py holds it to that.
    `student` is the column that names the student whose data a row is, so that it is known who read it.
    """

    rows: Rows
    scope: Scope
    key: tuple[str, ...] = ("id",)
    node: Reading | None = None
    log: str | None = None
    walks: tuple[tuple[str, ...], ...] = ()
    student: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that holds when the argument (a path such as `filter.keyword`) is given; its value is bound.

    `clean` makes the bound value of the given one; it raises a Refusal for what makes no sense. `otherwise` is what
    holds when the argument is not given.
    """

    argument: str
    predicate: Callable[[Columns, Expression], Condition]
    clean: Callable[[Any], object] | None = None
    otherwise: Predicate | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """A filter by other rows, such as the course that is named: only those in the viewer's sight are looked at."""

    argument: str
    predicate: Callable[[Standing, Columns, Expression], Condition]
    clean: Callable[[Any], object] | None = None
    otherwise: Predicate | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """A condition that holds when a boolean argument (a path) has this value; an argument not given is false."""

    argument: str
    when: bool
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class Check:
    """A value that the root statement answers beside its text; `refuse` raises a Refusal when it is not right."""

    name: str
    value: Callable[[Standing, Bind], Expression]
    refuse: Callable[[object, Given, Standing], None]


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """A field that shows rows of a mapped type.

    `keys` are columns of the parent (none at the root), `match` what equals them in the target, or `link` a table
    between. `order` ends in a unique key by itself. `orders` are the orders that the argument `orderBy` may choose,
    by enum value. `operation` is the matrix row that a viewer needs; `implied` says that whoever sees the parent sees
    the target too, so that it may be non-null although its rows are scoped; the scope is in the statement all the
    same; `within` narrows it. Of the arguments `needs_one_of` at least one must be given. `public` opens a root to
    people without a token.
    """

    shape: Shape
    keys: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    link: Link | None = None
    order: Order = ()
    orders: Mapping[str, Order] = field(default_factory=dict)
    filters: tuple[Filter | Lookup | Switch, ...] = ()
    where: Predicate | None = None
    checks: tuple[Check, ...] = ()
    operation: Operation | None = None
    implied: bool = False
    within: Scope | None = None
    needs_one_of: tuple[str, ...] = ()
    public: bool = False


Batch: TypeAlias = Callable[[Sequence[Any], Viewer], Sequence[object] | Awaitable[Sequence[object]]]


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A field that Python makes: `batch` gets the rows of a level at once, each with the columns `needs`."""

    batch: Batch
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A field that shows one column; `global_id` makes it the Relay id of its type."""

    column: str
    global_id: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A field that shows the objects whose global ids `ids` finds in its source and arguments: one, or a list of them.

    A list may have `most` of them; pages below each of so many are held to the bound of a level. `operation` is what
    the field itself needs; what each object needs, its type says.
    """

    ids: Callable[[Any, Mapping[str, Any]], str | list[str] | None]
    most: int = 1
    operation: Operation = Operation.ME


@dataclass(frozen=True, slots=True, eq=False)
class Legacy:
    """A field that shows the object of a type which has a number of the REST era (`legacyId`) or a unique `code`."""

    operation: Operation = Operation.ME


Declared: TypeAlias = Relation | Computed | Stored | Named | Legacy
