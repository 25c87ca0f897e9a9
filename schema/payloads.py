"""Runs the payload document of a webhook for an event, for its owner as of now."""

from db.outbox import Told
from resolvers.context import Request
from schema.answers import Answer
from schema.execution import Execution
from schema.shaping import shaped_by


async def payload(execution: Execution, source: str, told: Told, request: Request) -> Answer:
    """What a payload document gives for an event, as of now and for the viewer of the request."""
    return await shaped_by(execution.graph.schema, execution.prepare(source), told, request)
