"""Payload documents: whether a text is a subscription that can shape what a webhook is told."""

from graphql import FieldNode, GraphQLSchema, OperationType

from resolvers.errors import Mistake
from schema.limits import LIMITS
from schema.reading import Prepared, read

ROOT = "eventStream"


def problems(graph: GraphQLSchema, source: str) -> list[str]:
    """Why a text is no payload document for this graph; nothing where it is one."""
    if len(source.encode()) > LIMITS.source_bytes:
        return [f"A document has at most {LIMITS.source_bytes} bytes."]
    prepared = read(graph, source, LIMITS)
    if prepared.document is None or prepared.errors:
        return [error.message for error in prepared.errors]
    operation = prepared.operation(None)
    if operation is None or operation.kind is not OperationType.SUBSCRIPTION:
        return ["A payload document is one subscription."]
    fields = operation.node.selection_set.selections
    if len(fields) != 1 or not isinstance(fields[0], FieldNode) or fields[0].name.value != ROOT or fields[0].arguments:
        return [f"A payload document subscribes to {ROOT} alone, without arguments: the webhook says which events."]
    if operation.node.variable_definitions:
        return ["A payload document has no variables."]
    return dear(prepared)


def dear(prepared: Prepared) -> list[str]:
    """Whether a document costs more than one event may."""
    points = prepared.points(None, {})
    return [f"The document costs {points} points, and {LIMITS.points} are allowed."] if points > LIMITS.points else []


def document_mistakes(graph: GraphQLSchema, source: str | None) -> list[Mistake]:
    """What is wrong with a payload document; an empty text takes one away and is right."""
    if not source:
        return []
    return [Mistake(("document",), "DOCUMENT_MISFIT", message) for message in problems(graph, source)]
