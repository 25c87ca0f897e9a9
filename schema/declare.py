"""How types, relations and computed fields are declared: once, beside their names and descriptions."""

import enum
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, cast

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.types import Info

from db.statements.plan import Link, Order, Rows, Shape
from resolvers.engine.declare import Batch, Computed, Declared, Legacy, Mapped, Named, Reading, Relation, Stored
from resolvers.engine.planner import DEFAULT_PAGE
from resolvers.policy import MATRIX, Operation, Position
from resolvers.scopes import Scope
from schema.directives import LISTED, ListSize

KEPT = "kakehashi"
NEEDED = "kakehashi-operation"
OPEN = "kakehashi-public"
MAPPED = "__kakehashi_mapped__"
REQUIRED = inspect.Parameter.empty
T = TypeVar("T")


@strawberry.enum(description="Which way an order runs.")
class OrderDirection(enum.Enum):
    ASC = strawberry.enum_value("asc", description="Ascending (昇順).")
    DESC = strawberry.enum_value("desc", description="Descending (降順).")


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a relation: its Python name, type, default and description."""

    name: str
    type: object
    description: str
    default: object = strawberry.UNSET


PAGING = (
    Argument("first", int | None, "How many rows: 1 to 100, 20 unless told."),
    Argument("after", str | None, "Go on behind this cursor. Not together with `page`."),
    Argument("page", int | None, "Jump to this page, counted from 1. A cursor (`after`) is cheaper deep in a list."),
    Argument("per", int | None, "How many rows a page has, instead of `first`: 1 to 100."),
)


def mapped(
    rows: Rows,
    *,
    scope: Scope,
    description: str,
    key: tuple[str, ...] = ("id",),
    node: Reading | None = None,
    log: str | None = None,
    walks: tuple[tuple[str, ...], ...] = (),
    student: str | None = None,
) -> Callable[[type[T]], type[T]]:
    """Make a class a type whose objects are rows; a field without a declaration shows the column of its name.

    `node` says how rows are read by their global id, where the type has one; `log` what the log of roster changes calls
    them; `walks` in which orders a stored select is read along indexes; `student` the column that names the student
    whose data they are, where they are anybody's.
    """

    def decorate(cls: type[T]) -> type[T]:
        typed = strawberry.type(cls, description=description)
        setattr(typed, MAPPED, Mapped(rows, scope, key, node, log, walks, student))
        return typed

    return decorate


def column(description: str, name: str | None = None) -> Any:
    """A field that shows one column; `name` where the column is called differently."""
    return strawberry.field(description=description, metadata={KEPT: Stored(name or "")})


def global_id(type_name: str, key: str = "id") -> Any:
    """The Relay id of a row."""
    description = "Global id, the same in every field that shows this object."
    return strawberry.field(description=description, metadata={KEPT: Stored(key, type_name)})


def one(description: str, *, key: str | tuple[str, ...], match: str | tuple[str, ...] = "id", **more: Any) -> Any:
    """The row that a key of the parent names."""
    return relation(description, Relation(Shape.ONE, names(key), names(match), **more))


def first(
    description: str, *, key: str | tuple[str, ...], match: str | tuple[str, ...], order: Order, **more: Any
) -> Any:
    """The first of the parent's rows in an order."""
    return relation(description, Relation(Shape.FIRST, names(key), names(match), order=order, **more))


def many(
    description: str,
    *,
    key: str | tuple[str, ...] = "id",
    match: str | tuple[str, ...] = (),
    link: Link | None = None,
    order: Order,
    arguments: tuple[Argument, ...] = (),
    **more: Any,
) -> Any:
    """All rows of a parent: for lists that are short by nature. Their number over all parents is bounded."""
    declared = Relation(Shape.MANY, names(key), names(match), link=link, order=order, **more)
    return relation(description, declared, arguments)


def connection(
    description: str,
    *,
    key: str | tuple[str, ...] = "id",
    match: str | tuple[str, ...] = (),
    link: Link | None = None,
    arguments: tuple[Argument, ...] = (),
    **more: Any,
) -> Any:
    """A list of any length below a parent, in pages. `more` is what Relation takes: order or orders, filters, where."""
    declared = Relation(Shape.WINDOW, names(key), names(match), link, **more)
    return relation(description, declared, (*PAGING, *arguments))


def root_connection(description: str, *, arguments: tuple[Argument, ...] = (), **more: Any) -> Any:
    """A list of any length at the root, in pages. `more` is what Relation takes."""
    return relation(description, Relation(Shape.WINDOW, **more), (*PAGING, *arguments))


def root_named(description: str, *, argument: Argument, most: int) -> Any:
    """What global ids name: one object, or for an argument that is a list at most `most` of them, in its order."""
    return relation(description, Named(lambda _source, given: given[argument.name], most), (argument,))


def named(description: str, *, ids: Callable[[Any, Mapping[str, Any]], str | list[str] | None], most: int) -> Any:
    """What a global id in an object of ours names, among at most `most` such objects in one answer."""
    return relation(description, Named(ids, most))


def root_legacy(description: str, *, arguments: tuple[Argument, ...]) -> Any:
    """What a type and a key of the REST era name."""
    return relation(description, Legacy(), arguments)


def root_many(description: str, *, order: Order, **more: Any) -> Any:
    """All rows of a kind that is short by nature, at the root. `more` is what Relation takes."""
    return relation(description, Relation(Shape.MANY, order=order, **more))


def root_one(description: str, *, arguments: tuple[Argument, ...], **more: Any) -> Any:
    """One row at the root, found by its arguments. `more` is what Relation takes."""
    return relation(description, Relation(Shape.ONE, **more), arguments)


def names(name: str | tuple[str, ...]) -> tuple[str, ...]:
    """One name or several, as several."""
    return (name,) if isinstance(name, str) else name


def relation(description: str, declared: Relation | Named | Legacy, arguments: tuple[Argument, ...] = ()) -> Any:
    """A field that the engine resolves; Strawberry reads its arguments from the signature made here."""

    def resolve(self: Any, info: Any, **_given: Any) -> Any:
        raise TypeError("The engine was not attached to this graph.")

    kind = inspect.Parameter
    fixed = [kind("self", kind.POSITIONAL_OR_KEYWORD), kind("info", kind.POSITIONAL_OR_KEYWORD, annotation=Info)]
    given = [kind(a.name, kind.KEYWORD_ONLY, annotation=described(a), default=a.default) for a in arguments]
    cast(Any, resolve).__signature__ = inspect.Signature([*fixed, *given])
    resolve.__annotations__ = {"info": Info, **{a.name: described(a) for a in arguments}}
    text = f"{description}{readers(declared.operation if isinstance(declared, Relation) else None)}"
    metadata = {KEPT: declared}
    return strawberry.field(resolver=resolve, description=text, metadata=metadata, directives=sizes(declared))


def sizes(declared: Declared) -> list[ListSize]:
    """As how many objects what a field reads counts."""
    if isinstance(declared, Relation) and declared.shape is Shape.WINDOW:
        return [
            ListSize(
                assumed_size=DEFAULT_PAGE,
                slicing_arguments=["first", "per"],
                sized_fields=["nodes", "edges"],
                require_one_slicing_argument=False,
            )
        ]
    if isinstance(declared, Relation) and declared.shape is Shape.MANY:
        return [ListSize(assumed_size=LISTED)]
    if isinstance(declared, Named) and declared.most > 1:
        return [ListSize(assumed_size=1, slicing_arguments=["ids"], require_one_slicing_argument=False)]
    return []


def described(argument: Argument) -> Any:
    """The type of an argument with its description."""
    return Annotated[argument.type, strawberry.argument(description=argument.description)]


def computed(*needs: str, description: str) -> Callable[[Batch], Any]:
    """A field that Python makes for all rows of a level at once, from the columns it needs."""

    def decorate(batch: Batch) -> Any:
        declared = Computed(batch, needs)
        returns = inspect.signature(batch).return_annotation

        def resolve(self: Any) -> Any:
            raise TypeError("The engine was not attached to this graph.")

        resolve.__annotations__ = {"return": returns.__args__[0]}
        return strawberry.field(resolver=resolve, description=description, metadata={KEPT: declared})

    return decorate


def readers(operation: Operation | None) -> str:
    """Who may read a field, in words, from the role matrix."""
    if operation is None or all(MATRIX[operation]):
        return ""
    allowed = [p.value for p, cell in zip(Position, MATRIX[operation], strict=True) if cell is not None]
    return f" Readable by: {', '.join(allowed)}."


def declarations(graph: GraphQLSchema) -> tuple[dict[str, Mapped], dict[tuple[str, str], Declared]]:
    """Everything declared in a graph: mapped types by name, and fields by type and name."""
    types: dict[str, Mapped] = {}
    fields: dict[tuple[str, str], Declared] = {}
    for type_name, type_ in graph.type_map.items():
        origin = getattr(type_.extensions.get("strawberry-definition"), "origin", None)
        if not isinstance(type_, GraphQLObjectType) or origin is None:
            continue
        known = origin.__dict__.get(MAPPED)
        if known is not None:
            types[type_name] = known
        for field_name, field in type_.fields.items():
            declared = declared_in(field.extensions["strawberry-definition"], is_mapped=known is not None)
            if declared is not None:
                fields[type_name, field_name] = declared
    return types, fields


def mapped_in(graph: GraphQLSchema) -> dict[str, Mapped]:
    """The mapped types of a graph, by name."""
    origins = {
        name: getattr(type_.extensions.get("strawberry-definition"), "origin", None)
        for name, type_ in graph.type_map.items()
    }
    return {name: vars(origin)[MAPPED] for name, origin in origins.items() if MAPPED in getattr(origin, "__dict__", {})}


def guards(graph: GraphQLSchema) -> dict[tuple[str, str], Operation]:
    """The operation that each field needs which Python resolves, by type and name."""
    found: dict[tuple[str, str], Operation] = {}
    for type_name, type_ in graph.type_map.items():
        for field_name, field in getattr(type_, "fields", {}).items():
            definition = field.extensions.get("strawberry-definition")
            operation = getattr(definition, "metadata", {}).get(NEEDED)
            if operation is not None:
                found[type_name, field_name] = operation
    return found


def open_public(graph: GraphQLSchema) -> None:
    """Mark the fields that Python resolves for people without a token."""
    for type_ in graph.type_map.values():
        for field in getattr(type_, "fields", {}).values():
            definition = field.extensions.get("strawberry-definition")
            if getattr(definition, "metadata", {}).get(OPEN):
                field.extensions[OPEN] = True


def declared_in(field: Any, *, is_mapped: bool) -> Declared | None:
    """The declaration of one field; on a mapped type a field without one shows the column of its name."""
    declared = field.metadata.get(KEPT)
    if isinstance(declared, Stored) and not declared.column:
        return Stored(field.python_name, declared.global_id)
    if declared is None and is_mapped:
        return Stored(field.python_name)
    return cast("Declared | None", declared)


def needs(operation: Operation) -> dict[object, object]:
    """The metadata of a field or mutation that Python resolves: who asks must be let to do the operation."""
    return {NEEDED: operation}


# The metadata of a field or mutation that is open to people without a token.
PUBLIC: dict[object, object] = {OPEN: True}


def extends(target: type) -> Callable[[type[T]], type[T]]:
    """GraphQL's `extend type`: add the fields of this class to a type declared further down the shelf.

    Types refer to one another in circles; modules do not. So the later word adds what leads to it.
    """

    def decorate(cls: type[T]) -> type[T]:
        typed: Any = strawberry.type(cls)
        cast(Any, target).__strawberry_definition__.fields.extend(typed.__strawberry_definition__.fields)
        return cls

    return decorate
