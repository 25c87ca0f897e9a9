"""At the start: give every declared field its resolver, and refuse declarations that could not hold."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_named_type,
    is_non_null_type,
)

from db.statements.facts import column_in
from db.statements.plan import Rows, Shape
from db.statements.sources import has_index, plain
from resolvers.access import require
from resolvers.context import Request
from resolvers.engine.computed import computed_resolver
from resolvers.engine.declare import Computed, Declared, Legacy, Mapped, Named, Relation, Stored
from resolvers.engine.engine import Engine
from resolvers.engine.nodes import legacy_resolver, named_resolver, resolve_type
from resolvers.engine.planner import with_key
from resolvers.engine.rows import global_id
from resolvers.engine.selection import DECLARED, NEEDED
from resolvers.moments import moment_text
from resolvers.policy import Operation

# Under this name a graph keeps its engine.
ENGINE = "kakehashi-engine"


class WrongDeclaration(Exception):
    """A declaration that the tables do not bear out; the start is refused with all of them at once."""


def attach(graph: GraphQLSchema, engine: Engine, declared: Mapping[tuple[str, str], Declared]) -> None:
    """Attach declarations to the fields of the graph, by (type, field); WrongDeclaration lists what cannot hold."""
    wrong: list[str] = []
    for (type_name, field_name), what in declared.items():
        definition = cast(GraphQLObjectType, graph.type_map[type_name]).fields[field_name]
        definition.extensions[DECLARED] = what
        definition.resolve = resolver_of(engine, definition, what)
    for (type_name, field_name), what in declared.items():
        definition = cast(GraphQLObjectType, graph.type_map[type_name]).fields[field_name]
        path = f"{type_name}.{field_name}"
        wrong += [f"{path}: {problem}" for problem in problems(engine, type_name, definition, what)]
    tell_types(graph, engine)
    graph.extensions[ENGINE] = engine
    if wrong:
        raise WrongDeclaration("\n".join(wrong))


def tell_types(graph: GraphQLSchema, engine: Engine) -> None:
    """Let rows tell their type where an interface is shown; Strawberry would look for objects of its classes."""
    for type_ in graph.type_map.values():
        if isinstance(type_, GraphQLInterfaceType):
            type_.resolve_type = resolve_type
        elif isinstance(type_, GraphQLObjectType) and type_.name in engine.types:
            type_.is_type_of = None


def guard(graph: GraphQLSchema, needed: Mapping[tuple[str, str], Operation]) -> None:
    """Let each of these fields refuse who may not do its operation, before its own resolver runs."""
    for (type_name, field_name), operation in needed.items():
        definition = cast(GraphQLObjectType, graph.type_map[type_name]).fields[field_name]
        definition.extensions[NEEDED] = operation
        definition.resolve = guarded(definition.resolve, operation, f"{type_name}.{field_name}")
        if definition.subscribe is not None:
            definition.subscribe = guarded(definition.subscribe, operation, f"{type_name}.{field_name}")


def guarded(resolve: Callable[..., Any] | None, operation: Operation, path: str) -> Callable[..., Any]:
    """A resolver that asks first."""
    if resolve is None:
        raise WrongDeclaration(f"{path} has no resolver to guard.")

    def asking(source: Any, info: GraphQLResolveInfo[Request], /, **arguments: Any) -> Any:
        require(info.context.viewer, operation, path)
        return resolve(source, info, **arguments)

    return asking


def resolver_of(engine: Engine, definition: GraphQLField, what: Declared) -> Callable[..., Any]:
    """The resolver that a declaration means."""
    if isinstance(what, Relation):
        # By place alone, so that arguments may have any name.
        return lambda source, info, /, **_arguments: engine.resolve(source, info)
    if isinstance(what, Computed):
        return computed_resolver(what)
    if isinstance(what, Named):
        return named_resolver(engine, what)
    if isinstance(what, Legacy):
        return legacy_resolver(engine, what)
    return stored_resolver(what, definition)


def stored_resolver(stored: Stored, definition: GraphQLField) -> Callable[..., Any]:
    """Reads a column of a row, as the type of its field serializes it."""
    named, column, type_name = get_named_type(definition.type), stored.column, stored.global_id
    if type_name is not None:
        return lambda source, _info: global_id(type_name, getattr(source, column))
    if isinstance(named, GraphQLEnumType):
        members = {str(getattr(value.value, "value", value.value)): value.value for value in named.values.values()}
        return lambda source, _info: members.get(getattr(source, column))
    if named.name == "DateTime":
        return lambda source, info: moment_text(getattr(source, column), info.context.moments)
    return lambda source, _info: getattr(source, column)


def problems(engine: Engine, type_name: str, definition: GraphQLField, what: Declared) -> list[str]:
    """What is wrong with one declaration."""
    mapped = engine.types.get(type_name)
    match what:
        case Stored():
            return [] if mapped is None else stored_problems(mapped, definition, what)
        case Relation():
            return relation_problems(engine, mapped, definition, what)
        case Computed():
            return [] if mapped is None else missing(mapped.rows, what.needs)
    return []


def stored_problems(mapped: Mapped, definition: GraphQLField, stored: Stored) -> list[str]:
    """A non-null field needs a column that is never NULL: one NULL would make the row's whole text NULL."""
    if absent := missing(mapped.rows, (stored.column,)):
        return absent
    if is_non_null_type(definition.type) and column_in(mapped.rows, stored.column).nullable:
        return [f"is non-null, but the column {stored.column} may be NULL"]
    if stored.global_id is None:
        return []
    unsaid = ["is a global id, but its type does not say how it is read by it"] if mapped.node is None else []
    return unsaid if mapped.key == (stored.column,) else [*unsaid, "is a global id of a column that is not the key"]


def relation_problems(engine: Engine, parent: Mapped | None, definition: GraphQLField, relation: Relation) -> list[str]:
    """Keys, orders and nullability of a relation against the tables."""
    target = engine.types.get(target_name(definition, relation))
    if target is None:
        return ["names no mapped type"]
    found = [] if parent is None else missing(parent.rows, relation.keys)
    if relation.link is None:
        found += missing(target.rows, relation.match)
    else:
        found += missing(relation.link.table, (*relation.link.parents, relation.link.target))
        found += missing(target.rows, (relation.link.reaches,))
    if len(relation.keys) != len(relation.link.parents if relation.link else relation.match):
        found.append("has not as many keys as columns that match them")
    for order in (relation.order, *relation.orders.values()):
        found += order_problems(target, relation, order)
    if relation.shape is Shape.WINDOW and relation.keys:
        found += walk_problems(target, relation)
    if is_non_null_type(definition.type) and relation.shape in (Shape.ONE, Shape.FIRST):
        found += to_one_problems(parent, relation)
    return found


def walk_problems(target: Mapped, relation: Relation) -> list[str]:
    """A nested page walks an index per parent; without a fitting one it would read and sort all rows of all parents."""
    if relation.link is not None:
        if relation.orders or plain(relation.order) not in ([], list(target.key)):
            return ["is paged through a link, so it can only be ordered by its key"]
        return []
    orders = relation.orders.values() or [relation.order]
    walks = [(*relation.match, *plain(with_key(order, target.key))) for order in orders]
    unknown = [walk for walk in walks if walk not in target.walks and not has_index(target.rows, walk)]
    return [f"needs an index on ({', '.join(walk)}) to walk along" for walk in unknown]


def target_name(definition: GraphQLField, relation: Relation) -> str:
    """The mapped type that a relation shows."""
    named = cast(GraphQLObjectType, get_named_type(definition.type))
    if relation.shape is Shape.WINDOW:
        return str(get_named_type(named.fields["nodes"].type).name)
    return named.name


def order_problems(target: Mapped, relation: Relation, order: tuple[str, ...]) -> list[str]:
    """Columns that rows are ordered by must be there and never be NULL: a cursor cannot compare with NULL."""
    if relation.shape is Shape.ONE:
        return []
    columns = plain(with_key(order, target.key))
    absent = missing(target.rows, tuple(columns))
    nullable = [name for name in columns if not absent and column_in(target.rows, name).nullable]
    return absent + [f"is ordered by {name}, which may be NULL" for name in nullable]


def to_one_problems(parent: Mapped | None, relation: Relation) -> list[str]:
    """A non-null object needs a key that is never NULL, and a target that is never out of the viewer's scope."""
    if relation.shape is Shape.FIRST or parent is None:
        return ["is non-null, but there may be no row"]
    there = [key for key in relation.keys if not missing(parent.rows, (key,))]
    nullable = [key for key in there if column_in(parent.rows, key).nullable]
    found = [f"is non-null, but its key {key} may be NULL" for key in nullable]
    return found if relation.implied else [*found, "is non-null, but not declared as implied by its parent's scope"]


def missing(rows: Rows, names: tuple[str, ...]) -> list[str]:
    """Columns that are not there."""
    found = []
    for name in names:
        try:
            column_in(rows, name)
        except KeyError:
            found.append(f"names the column {name}, which is not there")
    return found
