"""Makes a failing document small: takes away what does not matter, as long as it still fails."""

from collections.abc import Awaitable, Callable, Iterator

from graphql import (
    REMOVE,
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    Node,
    ObjectFieldNode,
    SelectionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    strip_ignored_characters,
    validate,
    visit,
)

REMOVABLE = (SelectionNode, ArgumentNode, DirectiveNode, ObjectFieldNode)


class Remover(Visitor):
    """Removes the node with one number, counted from the top; `number` -1 only counts."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.seen = 0

    def enter(self, node: Node, *_: object) -> object:
        """Count a node, and remove it when its turn has come."""
        if not isinstance(node, REMOVABLE):
            return None
        self.seen += 1
        return REMOVE if self.seen - 1 == self.number else None


class Names(Visitor):
    """The variables and fragments that are used."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.fragments: set[str] = set()

    def enter_variable_definition(self, *_: object) -> object:
        """A definition is no use."""
        return False

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        """A variable in use."""
        self.variables.add(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        """A fragment in use."""
        self.fragments.add(node.name.value)


class Pruner(Visitor):
    """Removes definitions that nothing uses."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> object:
        """Remove an unused variable."""
        return None if node.variable.name.value in self.names.variables else REMOVE

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: object) -> object:
        """Remove an unused fragment."""
        return None if node.name.value in self.names.fragments else REMOVE


def pruned(document: DocumentNode) -> DocumentNode:
    """The document without definitions that nothing uses."""
    while True:
        names = Names()
        visit(document, names)
        smaller: DocumentNode = visit(document, Pruner(names))
        if len(print_ast(smaller)) == len(print_ast(document)):
            return smaller
        document = smaller


def smaller(text: str, graph: GraphQLSchema) -> Iterator[str]:
    """Valid documents with one thing less, the largest cuts first."""
    document = parse(text)
    counter = Remover(-1)
    visit(document, counter)
    for number in range(counter.seen):
        cut = strip_ignored_characters(print_ast(pruned(visit(document, Remover(number)))))
        # graphql-core reads an empty selection set, which GraphQL does not know.
        if "{}" not in cut and not validate(graph, parse(cut)):
            yield cut


async def shrunk(text: str, graph: GraphQLSchema, fails: Callable[[str], Awaitable[bool]]) -> str:
    """The smallest document that one can come to by single cuts and that still fails."""
    while True:
        for candidate in smaller(text, graph):
            if await fails(candidate):
                text = candidate
                break
        else:
            return text
