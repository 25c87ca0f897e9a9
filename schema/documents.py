"""The variables of a document, as plain data: those that its operation declares, and which arguments they are for."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLEnumType,
    GraphQLSchema,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectFieldNode,
    TypeNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_operation_ast,
    visit,
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that a document declares: its named type, and of an enum the names of its members."""

    type: str
    is_list: bool
    needed: bool
    members: frozenset[str]


def variables_of(graph: GraphQLSchema, document: DocumentNode, operation: str) -> Mapping[str, Variable]:
    """The variables of an operation, by name; none where the document has no such operation."""
    found = get_operation_ast(document, operation)
    definitions = () if found is None else found.variable_definitions or ()
    return {definition.variable.name.value: variable(graph, definition) for definition in definitions}


def variable(graph: GraphQLSchema, definition: VariableDefinitionNode) -> Variable:
    """One declared variable; list and non-null are unwrapped down to the named type."""
    named, is_list = unwrapped(definition.type)
    type_ = graph.type_map[named.name.value]
    members = frozenset(type_.values) if isinstance(type_, GraphQLEnumType) else frozenset[str]()
    needed = isinstance(definition.type, NonNullTypeNode) and definition.default_value is None
    return Variable(type_.name, is_list, needed, members)


def unwrapped(node: TypeNode) -> tuple[NamedTypeNode, bool]:
    """The named type inside a type, and whether a list is around it."""
    is_list = False
    while not isinstance(node, NamedTypeNode):
        is_list = is_list or isinstance(node, ListTypeNode)
        node = node.type  # type: ignore[attr-defined]  # only lists and non-nulls are left, and both have one
    return node, is_list


class Naming(Visitor):
    """Collects which variable each argument takes its value from."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        """An argument of a field."""
        self.name(node)

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        """A member of an input object."""
        self.name(node)

    def name(self, node: ArgumentNode | ObjectFieldNode) -> None:
        """Keep the name of the variable."""
        if isinstance(node.value, VariableNode):
            self.found[node.name.value] = node.value.name.value


def variables_by_argument(document: DocumentNode) -> Mapping[str, str]:
    """The name of the variable behind each argument, by the argument's own name."""
    naming = Naming()
    visit(document, naming)
    return naming.found
