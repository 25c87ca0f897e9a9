"""Runs a payload document that was read, for an event."""

import asyncio
from collections.abc import Sequence

from graphql import ExecutionResult, GraphQLSchema
from graphql.execution import execute_subscription_event

from db.outbox import Told
from resolvers.context import Request
from resolvers.engine.execution import TextExecutor
from schema.answers import Answer, answered
from schema.events import shown_event
from schema.heard import tell_of
from schema.reading import Prepared


async def shaped_by(graph: GraphQLSchema, prepared: Prepared, told: Told, request: Request) -> Answer:
    """What a payload document that was read gives for an event, as of now and for the viewer of the request."""
    if prepared.document is None:
        raise TypeError("A payload document was held against the graph before it is run.")
    executor = TextExecutor.build(graph, prepared.document, context_value=request)
    if isinstance(executor, Sequence):
        raise TypeError("A payload document has no variables.")
    event = shown_event(told)
    found = execute_subscription_event(executor.build_per_event_executor(event))
    result = found if isinstance(found, ExecutionResult) else await asyncio.ensure_future(found)
    if result.data is None:
        request.shown.clear()
    else:
        tell_of(event, request, executor)
    return answered(result, request)
