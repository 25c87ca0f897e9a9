"""Documents that list what to export: read, held against the graph, and made ready to be read to the end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
)

from resolvers.context import Request, Viewer
from resolvers.engine.attach import ENGINE
from resolvers.engine.streaming import Streaming, streaming
from resolvers.errors import BadInput
from schema.lane import lane_of
from schema.limits import LIMITS
from schema.reading import read

DOCUMENT = "document"
OURS = Path(__file__).parent


@cache
def document_of(type_: str) -> str:
    """The document behind one of the documented lists."""
    return (OURS / f"{type_}.graphql").read_text()


@dataclass(frozen=True, slots=True)
class Listing:
    """What an export lists, and the request for which it is read."""

    streaming: Streaming
    request: Request


async def listing(
    graph: GraphQLSchema, type_: str, document: str | None, variables: Mapping[str, Any], request: Request
) -> Listing:
    """What an export lists, for whoever asks; refuses as the list itself would, before any row is read.

    The documented lists (`document` is None) need the ability to export alone, as documented; what a document lists
    needs what its fields need.
    """
    source = document_of(type_) if document is None else document
    asking = request if document is not None else replace(request, viewer=able(request.viewer), values={}, loaders={})
    found = await streaming(graph.extensions[ENGINE], root(graph, source, variables, asking), asking)
    await found.refuse(asking)
    return Listing(found, asking)


def able(viewer: Viewer | None) -> Viewer | None:
    """The viewer, whose token may do all that its person may."""
    return None if viewer is None else replace(viewer, abilities=None)


def root(graph: GraphQLSchema, source: str, variables: Mapping[str, Any], request: Request) -> GraphQLResolveInfo[Any]:
    """The one list at the root of a document; BadInput where it has none, or is not right in itself."""
    prepared = read(graph, source, LIMITS)
    if prepared.document is None or prepared.errors:
        raise wrong(prepared.errors[0].message)
    operation = prepared.operation(None)
    if operation is None or operation.kind is not OperationType.QUERY:
        raise wrong("An export is of one query.")
    lane = lane_of(graph, graph.extensions[ENGINE], prepared.document, operation.node)
    values = None if lane is None else lane.coerced(variables)
    if lane is None or values is None:
        raise BadInput(mistake_in(graph, operation.node, variables), reason="export_variables", field="variables")
    found = lane.root(values)
    if found is None:
        raise wrong("An export is of one list: begin with it, and with nothing beside it.")
    return found._replace(variable_values=values, context=request)


def mistake_in(graph: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> str:
    """What is wrong with the values of variables."""
    found = get_variable_values(graph, operation.variable_definitions or (), dict(variables))
    errors = found if isinstance(found, list) else [GraphQLError("The variables do not fit the document.")]
    return str(errors[0].message)


def object_in(variables: object) -> dict[str, Any]:
    """The values of variables, which are an object."""
    if not isinstance(variables, dict):
        raise BadInput("Give the variables as an object.", reason="export_variables", field="variables")
    try:
        # A number of a document may be larger than any that JSON is read into.
        json.dumps(variables, allow_nan=False)
    except ValueError:
        raise BadInput("The variables have a number too large.", reason="export_variables", field="variables") from None
    return variables


def wrong(message: str) -> BadInput:
    """The refusal of a document."""
    return BadInput(message, reason="export_document", field=DOCUMENT)
