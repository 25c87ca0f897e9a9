"""What a document needs: the operations of its fields, and whether people without a token may run it."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_operation_ast,
    visit,
)
from graphql.language import SelectionSetNode

from resolvers.engine.declare import Legacy, Named, Relation
from resolvers.engine.selection import DECLARED, NEEDED
from resolvers.policy import Operation
from schema.declare import OPEN, mapped_in


@dataclass(frozen=True, slots=True)
class Need:
    """A field that needs an operation."""

    path: str
    operation: Operation


class Collecting(Visitor):
    """Collects the operations of all fields, whatever @skip may say of them."""

    def __init__(self, graph: GraphQLSchema, types: TypeInfo, document: DocumentNode) -> None:
        super().__init__()
        found = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
        self.fragments = {node.name.value: node for node in found}
        self.nodes = {name: mapped.node.operation for name, mapped in mapped_in(graph).items() if mapped.node}
        self.types = types
        self.found: list[Need] = []
        self.above: list[str] = []

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """One field."""
        parent, definition = self.types.get_parent_type(), self.types.get_field_def()
        operation = None if definition is None else operation_of(definition)
        path = f"{'' if parent is None else parent.name}.{node.name.value}"
        self.above.append(path)
        if parent is not None and operation is not None:
            self.found.append(Need(path, operation))

    def leave_field(self, *_: object) -> None:
        """Back to the field above."""
        self.above.pop()

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: object) -> None:
        """What an interface is asked to show as one of its types."""
        self.shown_as(node.type_condition)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        """The same by a fragment with a name."""
        self.shown_as(self.fragments[node.name.value].type_condition)

    def shown_as(self, condition: NamedTypeNode | None) -> None:
        """An object that is shown by its id needs what its own type needs."""
        if condition is None or not isinstance(self.types.get_parent_type(), GraphQLInterfaceType):
            return
        operation = self.nodes.get(condition.name.value)
        if operation is not None:
            self.found.append(Need(self.above[-1] if self.above else "Node", operation))


def operation_of(definition: GraphQLField) -> Operation | None:
    """The operation that a field needs."""
    declared = definition.extensions.get(DECLARED)
    if isinstance(declared, (Relation, Named, Legacy)):
        return declared.operation
    operation = definition.extensions.get(NEEDED)
    return operation if isinstance(operation, Operation) else None


def needs_of(graph: GraphQLSchema, document: DocumentNode) -> list[Need]:
    """Every field of a valid document that needs an operation, each once, in their order."""
    types = TypeInfo(graph)
    collecting = Collecting(graph, types, document)
    visit(document, TypeInfoVisitor(types, collecting))
    return list(dict.fromkeys(collecting.found))


def is_public(graph: GraphQLSchema, document: DocumentNode, name: str | None) -> bool:
    """Whether every root field of an operation is open to people without a token."""
    operation = get_operation_ast(document, name)
    if operation is None:
        return False
    root = graph.get_root_type(operation.operation)
    fields = {} if root is None else root.fields
    names = list(root_fields(document, operation.selection_set))
    return all(field == "__typename" or (field in fields and is_open(fields[field])) for field in names)


def root_fields(document: DocumentNode, selections: SelectionSetNode) -> Iterator[str]:
    """The names of the fields of a selection, those in fragments included; a fragment is looked into once.

    Fragments that spread fragments twice would otherwise double the work with each, for whoever sends them.
    """
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    waiting, seen = [selections], set[str]()
    while waiting:
        for selection in waiting.pop().selections:
            match selection:
                case FieldNode():
                    yield selection.name.value
                case InlineFragmentNode():
                    waiting.append(selection.selection_set)
                case FragmentSpreadNode() if selection.name.value not in seen:
                    seen.add(selection.name.value)
                    waiting.append(fragments[selection.name.value].selection_set)


def is_open(definition: GraphQLField) -> bool:
    """Whether a field is open to people without a token."""
    declared = definition.extensions.get(DECLARED)
    if isinstance(declared, Relation):
        return declared.public
    return bool(definition.extensions.get(OPEN))
