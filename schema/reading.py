"""Reads a document once: parsed, held to the limits, validated; and what is known of its operations is kept with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OperationType,
    Token,
    get_operation_ast,
    parse,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged as overlapping
from graphql.validation.validate import ValidationAbortedError

from resolvers.errors import LimitExceeded
from resolvers.witness import Manner
from schema.cost import counted
from schema.guard import beyond, refuse_oversized
from schema.lane import Lane
from schema.limits import LIMITS, Limits
from schema.needs import is_public

# Comparing fields is the one thing in validation that grows faster than the document; the library has one budget for
# the whole process.
overlapping.MAX_COMPLEXITY_BUDGET = LIMITS.validation
MOST_ERRORS = 20
PRICES = 200


@dataclass(slots=True, eq=False)
class Operation:
    """An operation of a valid document, and what was found out about it."""

    node: OperationDefinitionNode
    kind: OperationType
    public: bool
    sizing: tuple[str, ...] = ()
    prices: dict[tuple[object, ...], int] = field(default_factory=dict)
    # Its express lane, once it was served by the ordinary path.
    lane: Lane | None = None
    served: bool = False
    # How the access log names it, once it has shown anything of a student.
    manner: Manner | None = None


@dataclass(slots=True, eq=False)
class Prepared:
    """A document that was read, or the errors that this gave."""

    graph: GraphQLSchema
    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    # How much is kept with it.
    tokens: int = 0
    operations: dict[str | None, Operation | None] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Whether the document can be run."""
        return self.document is not None and not self.errors

    def operation(self, name: str | None) -> Operation | None:
        """The operation of this name, or the only one; None where there is no such one, or the document is wrong."""
        if name in self.operations:
            return self.operations[name]
        found = self.looked_at(name)
        # Names come from clients, so those of no operation are not kept.
        if found is not None:
            self.operations[name] = found
        return found

    def looked_at(self, name: str | None) -> Operation | None:
        """The same, without what is kept."""
        if self.document is None or self.errors:
            return None
        node = get_operation_ast(self.document, name)
        if node is None:
            return None
        return Operation(node, node.operation, is_public(self.graph, self.document, name))

    def points(self, name: str | None, variables: Mapping[str, Any]) -> int:
        """What an operation costs with these variables; nothing where it cannot be run."""
        operation = self.operation(name)
        if operation is None or self.document is None:
            return 0
        key = tuple(priced(variables.get(variable)) for variable in operation.sizing)
        known = operation.prices.get(key)
        if known is not None:
            return known
        found, sizing = counted(self.graph, self.document, operation.node, variables)
        operation.sizing = tuple(sorted(sizing))
        if len(operation.prices) < PRICES:
            key = tuple(priced(variables.get(variable)) for variable in operation.sizing)
            operation.prices[key] = found
        return found


def priced(value: object) -> object:
    """The part of a variable that a price may hang on; True is not 1, and what is no number is nothing."""
    if isinstance(value, list):
        return list, len(value)
    return (type(value), value) if isinstance(value, int | float) else None


def read(graph: GraphQLSchema, source: str, limits: Limits = LIMITS) -> Prepared:
    """Parse, hold to the limits, validate."""
    try:
        document = parsed(source, limits)
        tokens = let_go_of_tokens(document)
        refuse_oversized(document, limits)
    except GraphQLError as error:
        return Prepared(graph, None, (bare(error),))
    except LimitExceeded as refusal:
        return Prepared(graph, None, (bare(GraphQLError(refusal.message, original_error=refusal)),))
    errors = tuple(bare(limited(error)) for error in validate(graph, document, None, MOST_ERRORS))
    return Prepared(graph, document, errors, tokens)


def let_go_of_tokens(document: DocumentNode) -> int:
    """Free a document of the tokens that it was parsed from, and say how many they were.

    Nothing asks for them any more, and they are a third of what would be kept, and one large cycle. A place keeps where
    it begins and ends, which is what errors tell.
    """
    nodes: list[Node] = [document]
    token = None if document.loc is None else document.loc.start_token
    while nodes:
        node = nodes.pop()
        if node.loc is not None:
            node.loc.start_token = node.loc.end_token = cast(Any, None)
        for key in node.keys:
            below = getattr(node, key)
            if isinstance(below, Node):
                nodes.append(below)
            elif isinstance(below, tuple | list):
                nodes.extend(below)
    return unlinked(token)


def unlinked(token: Token | None) -> int:
    """Undo a chain of tokens, and say how long it was."""
    count = 0
    while token is not None:
        token.prev, token.next, token = None, None, token.next
        count += 1
    return count


def bare(error: GraphQLError) -> GraphQLError:
    """An error that is kept, without the frames that it came through and all that they hold."""
    for each in (error, error.original_error):
        if each is not None:
            each.__traceback__ = each.__context__ = each.__cause__ = None
    return error


def parsed(source: str, limits: Limits) -> DocumentNode:
    """The document; LimitExceeded where it is too long to be looked at."""
    if len(source) > limits.source_bytes or len(source.encode()) > limits.source_bytes:
        raise beyond("source_bytes", limits.source_bytes, "has too many bytes")
    try:
        return parse(source, max_tokens=limits.tokens)
    except GraphQLError as error:
        if "Parsing aborted" in error.message:
            raise beyond("tokens", limits.tokens, "has too many tokens") from None
        raise


def limited(error: GraphQLError) -> GraphQLError:
    """A validation error; where comparing fields was given up, the limit that it is.

    A number of thousands of digits is the client's mistake, and no error of the library's that cannot read it.
    """
    if isinstance(error.original_error, ValueError):
        return GraphQLError("A number in the document has too many digits.", error.nodes)
    if not isinstance(error, ValidationAbortedError) or error.message != "Validation aborted.":
        return error
    refusal = beyond("validation", LIMITS.validation, "takes too many comparisons of fields")
    return GraphQLError(refusal.message, original_error=refusal)
