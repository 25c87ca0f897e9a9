"""What a document costs: one point for each object that it could show, ten for each change; in one walk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.language import SelectionSetNode

from resolvers.engine.planner import DEFAULT_PAGE
from schema.needs import root_fields

# A list without pages is short by nature.
LISTED = 10
CHANGE = 10
SIZES = ("first", "per")
# Within a connection these are not objects of their own: the page has been counted.
ROWS = ("nodes", "edges", "node", "pageInfo")
# What one request of the REST API may show at the most, and so what one request's worth of points is.
POINTS_PER_REQUEST = 100


@dataclass(slots=True)
class Counting:
    """Counts one document; what a fragment costs is counted once, wherever it is spread."""

    graph: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    known: dict[str, int] = field(default_factory=dict)

    def selection(self, selections: SelectionSetNode | None, type_: object) -> int:
        """The points of what is asked of one object."""
        if selections is None or not isinstance(type_, GraphQLObjectType):
            return 0
        return sum(self.part(selection, type_) for selection in selections.selections)

    def part(self, selection: object, type_: GraphQLObjectType) -> int:
        """One field or fragment."""
        match selection:
            case FieldNode():
                return self.field(selection, type_)
            case InlineFragmentNode():
                return self.selection(selection.selection_set, type_)
            case FragmentSpreadNode():
                return self.fragment(selection.name.value, type_)
        return 0

    def fragment(self, name: str, type_: GraphQLObjectType) -> int:
        """A fragment, counted once."""
        if name not in self.known:
            self.known[name] = self.selection(self.fragments[name].selection_set, type_)
        return self.known[name]

    def field(self, node: FieldNode, type_: GraphQLObjectType) -> int:
        """One field with all below it."""
        definition = type_.fields.get(node.name.value)
        if definition is None or node.selection_set is None:
            return 0
        named = get_named_type(definition.type)
        below = self.selection(node.selection_set, named)
        if type_.name.endswith(("Connection", "Edge")) and node.name.value in ROWS:
            return below
        if named.name.endswith("Connection"):
            return self.page(node) * (1 + below)
        return (LISTED if is_list_type(get_nullable_type(definition.type)) else 1) * (1 + below)

    def page(self, node: FieldNode) -> int:
        """How many rows a page has."""
        sizes = [self.number(argument.value) for argument in node.arguments or () if argument.name.value in SIZES]
        given = [size for size in sizes if size is not None]
        return max(1, *given) if given else DEFAULT_PAGE

    def number(self, value: object) -> int | None:
        """The number that a value stands for; None where it is none, or was not given."""
        if isinstance(value, IntValueNode):
            return int(value.value)
        given = self.variables.get(value.name.value) if isinstance(value, VariableNode) else None
        # JSON knows no integers, so 100.0 is one too; that a boolean is none, the graph says.
        return int(given) if isinstance(given, int | float) and given == given // 1 else None


def points(
    graph: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> int:
    """The points of an operation of a valid document."""
    definitions = document.definitions
    fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
    counting = Counting(graph, fragments, with_defaults(operation, variables))
    found = counting.selection(operation.selection_set, graph.get_root_type(operation.operation))
    if operation.operation is not OperationType.MUTATION:
        return found
    return found + CHANGE * len(list(root_fields(document, operation.selection_set)))


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
