"""The endpoint /graphql: GraphQL over HTTP, by POST for everything and by GET for queries."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.errors import UNAVAILABLE, DatabaseUnavailable
from gateway.auth.refusals import InvalidToken, KeysUnavailable
from gateway.deadline import GONE, ClientGone, Deadline
from gateway.errors import RETRY_S
from gateway.graphql.answers import failed, response, turned_away
from gateway.graphql.asked import Asked, read
from gateway.graphql.media import JSON, chosen
from gateway.json_body import WrongBody
from gateway.limits.quota import with_limits
from gateway.parts import Parts
from gateway.persisted.documents import Source
from resolvers.access import token_missing
from resolvers.context import Request as Asking
from resolvers.errors import DocumentUnknown, Forbidden, Refusal, Unauthenticated
from schema.cost import requests
from schema.execution import Execution, is_mutation


def graphql_routes() -> list[Route]:
    """The one address of the graph."""
    return [Route("/graphql", endpoint, methods=["GET", "POST"], name="graphql")]


async def endpoint(request: Request) -> Response:
    """Answer one request, with the headers that tell how much more may be asked."""
    return with_limits(await responded(request), request.scope)


async def responded(request: Request) -> Response:
    """The answer itself."""
    media_type = chosen(",".join(request.headers.getlist("accept")) or "*/*")
    try:
        if media_type is None:
            raise WrongBody(HTTPStatus.NOT_ACCEPTABLE, "Accept application/graphql-response+json or application/json.")
        asked = await read(request)
        deadline = Deadline(request.app.state.parts.settings.deadline_s)
        deadline.body_is_read(request.receive)
        return await deadline.within(answered(request, asked, media_type, deadline))
    except WrongBody as wrong:
        return failed(wrong.status, wrong.message, "BAD_REQUEST", media_type or JSON)
    except (InvalidToken, KeysUnavailable, Refusal) as refusal:
        return turned_away(refusal, media_type or JSON)
    except ClientGone:
        return Response(status_code=GONE)
    except DatabaseUnavailable:
        unavailable = failed(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE, "UNAVAILABLE", media_type or JSON)
        unavailable.headers["Retry-After"] = str(RETRY_S)
        return unavailable


async def answered(request: Request, asked: Asked, media_type: str, deadline: Deadline) -> Response:
    """Run the document and say how it went."""
    parts: Parts = request.app.state.parts
    context = deadline.asking = await entered(request, parts)
    execution, variables, name = parts.execution, asked.variables, asked.name
    source = await named(request, parts, context, asked)
    deadline.changes = is_mutation(execution, source.text, name)
    if deadline.changes and request.method == "GET":
        refused = failed(HTTPStatus.METHOD_NOT_ALLOWED, "Mutations go by POST.", "METHOD_NOT_ALLOWED", media_type)
        refused.headers["Allow"] = "POST"
        return refused
    points, most = execution.points(source.text, name, variables), limit_of(source, execution)
    await parts.quota.charge(context, request.scope, cost=requests(points))
    if context.viewer is None and not open_to_all(parts, source.text, name):
        raise token_missing()
    answer = await execution.run(source.text, context, variables=variables, name=name, most_points=most)
    if answer.ran:
        await parts.documents.ran(source, context.viewer)
    return response(answer, media_type, points=points, limit=most)


async def entered(request: Request, parts: Parts) -> Asking:
    """Who asks; a wrong token is counted as a call of somebody without one, so that guessing comes to an end."""
    try:
        return await parts.entrance.request(request.scope)
    except (InvalidToken, Unauthenticated):
        await parts.quota.charge(parts.entrance.anonymous(request.scope), request.scope)
        raise


async def named(request: Request, parts: Parts, context: Asking, asked: Asked) -> Source:
    """The document that is asked for; to ask for one that is not run counts as a call."""
    try:
        return await parts.documents.source(asked.document, context.viewer)
    except (DocumentUnknown, Forbidden):
        await parts.quota.charge(context, request.scope)
        raise


def limit_of(source: Source, execution: Execution) -> int | None:
    """How many points a document may cost: a registered one as many as it was registered with."""
    return source.cost_limit or execution.most_points(source.text)


def open_to_all(parts: Parts, text: str, name: str | None) -> bool:
    """Whether people without a token may run a document: in development any, else what is public by its fields."""
    return parts.settings.development or parts.execution.is_public(text, name)
