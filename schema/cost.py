"""What a document costs: a point for each object that it could show, and what its fields say they cost; in one walk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from graphql.language import SelectionSetNode

from schema.directives import LISTED, Cost, ListSize

# A list of ids counts as its length.
IDS = "ids"
# Within a connection these are not objects of their own: the page has been counted.
ROWS = ("nodes", "edges", "node", "pageInfo")
# What one request of the REST API may show at the most, and so what one request's worth of points is.
POINTS_PER_REQUEST = 100
MOST_ROWS = 100
# Nothing is told dearer than this: points are an Int of the graph (GraphQL, section 3.5.1), and a number in JSON.
MOST_POINTS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Price:
    """What a field costs: its own points, and as how many objects it counts."""

    weight: int = 0
    size: int = 1
    slicing: tuple[str, ...] = ()
    most: int | None = None
    is_row: bool = False


@dataclass(slots=True)
class Counting:
    """Counts one document; what a fragment costs is counted once, wherever it is spread.

    `sizing` collects the variables that page sizes are taken from: no others change the price.
    """

    graph: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    known: dict[str, int] = field(default_factory=dict)
    sizing: set[str] = field(default_factory=set)

    def selection(self, selections: SelectionSetNode | None, type_: object) -> int:
        """The points of what is asked of one object."""
        if selections is None:
            return 0
        return sum(self.part(selection, type_) for selection in selections.selections)

    def part(self, selection: object, type_: object) -> int:
        """One field or fragment."""
        match selection:
            case FieldNode():
                return self.field(selection, type_)
            case InlineFragmentNode():
                named = selection.type_condition
                inner = type_ if named is None else self.graph.type_map[named.name.value]
                return self.selection(selection.selection_set, inner)
            case FragmentSpreadNode():
                return self.fragment(selection.name.value)
        return 0

    def fragment(self, name: str) -> int:
        """A fragment, counted once."""
        if name not in self.known:
            definition = self.fragments[name]
            type_ = self.graph.type_map[definition.type_condition.name.value]
            self.known[name] = self.selection(definition.selection_set, type_)
        return self.known[name]

    def field(self, node: FieldNode, type_: object) -> int:
        """One field with all below it."""
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) or node.name.value not in type_.fields:
            return 0
        definition = type_.fields[node.name.value]
        price = price_of(self.graph, definition, type_.name, node.name.value)
        if node.selection_set is None:
            return price.weight
        below = self.selection(node.selection_set, get_named_type(definition.type))
        return price.weight + (below if price.is_row else self.size(node, price) * (1 + below))

    def size(self, node: FieldNode, price: Price) -> int:
        """As how many objects a field counts."""
        sizes = [
            self.length(argument.value) if argument.name.value == IDS else self.number(argument.value)
            for argument in node.arguments or ()
            if argument.name.value in price.slicing
        ]
        given = [size for size in sizes if size is not None]
        found = max(1, *given) if given else price.size
        # A larger page is refused by its field, which tells better what is wrong.
        return found if price.most is None else min(found, price.most)

    def number(self, value: object) -> int | None:
        """The number that a value stands for; None where it is none, or was not given."""
        if isinstance(value, IntValueNode):
            return int(value.value)
        given = self.given(value)
        # JSON knows no integers, so 100.0 is one too; that a boolean is none, the graph says.
        return int(given) if isinstance(given, int | float) and given == given // 1 else None

    def length(self, value: object) -> int | None:
        """How long the list is that a value stands for; None where it is none, or was not given."""
        if isinstance(value, ListValueNode):
            return len(value.values)
        given = self.given(value)
        return len(given) if isinstance(given, list) else None

    def given(self, value: object) -> object:
        """What a variable was given, which the price hangs on; None for anything else."""
        if not isinstance(value, VariableNode):
            return None
        self.sizing.add(value.name.value)
        return self.variables.get(value.name.value)


@lru_cache(maxsize=8)
def row_fields(graph: GraphQLSchema) -> frozenset[tuple[str, str]]:
    """The fields whose objects were counted with the page that they belong to, as type and name."""
    found = set[tuple[str, str]]()
    for type_ in graph.type_map.values():
        if type_.name.endswith(("Connection", "Edge")):
            found.update((type_.name, name) for name in ROWS)
        for definition in getattr(type_, "fields", {}).values():
            for one in directives_of(definition):
                if isinstance(one, ListSize):
                    found.update((get_named_type(definition.type).name, name) for name in one.sized_fields or ())
    return frozenset(found)


def directives_of(definition: GraphQLField) -> Sequence[object]:
    """The directives that a field was declared with."""
    found: Sequence[object] = getattr(definition.extensions.get("strawberry-definition"), "directives", ())
    return found


def price_of(graph: GraphQLSchema, definition: GraphQLField, type_name: str, name: str) -> Price:
    """What the directives of a field say that it costs."""
    if (type_name, name) in row_fields(graph):
        return Price(is_row=True)
    declared = directives_of(definition)
    weight = sum(int(one.weight) for one in declared if isinstance(one, Cost))
    for one in declared:
        if isinstance(one, ListSize):
            most = MOST_ROWS if "nodes" in (one.sized_fields or ()) else None
            return Price(weight, one.assumed_size, tuple(one.slicing_arguments or ()), most)
    is_list = is_list_type(get_nullable_type(definition.type)) and is_composite_type(get_named_type(definition.type))
    return Price(weight, LISTED if is_list else 1)


def counted(
    graph: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> tuple[int, frozenset[str]]:
    """The points of an operation of a valid document, at most `MOST_POINTS`, and the variables that they hang on."""
    definitions = document.definitions
    fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
    counting = Counting(graph, fragments, with_defaults(operation, variables))
    found = counting.selection(operation.selection_set, graph.get_root_type(operation.operation))
    return min(found, MOST_POINTS), frozenset(counting.sizing)


def points(
    graph: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> int:
    """The points of an operation of a valid document."""
    return counted(graph, document, operation, variables)[0]


def with_defaults(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The variables, those included that the document gives a default."""
    defaults = {
        definition.variable.name.value: int(definition.default_value.value)
        for definition in operation.variable_definitions or ()
        if isinstance(definition.default_value, IntValueNode)
    }
    return {**defaults, **variables}


def requests(found: int) -> int:
    """As how many requests so many points count."""
    return max(1, -(-found // POINTS_PER_REQUEST))
