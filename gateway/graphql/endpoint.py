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
from gateway.graphql.grants import granted
from gateway.graphql.media import JSON, chosen
from gateway.graphql.sse import MEDIA_TYPE as EVENTS
from gateway.graphql.sse import accepts_events, event_stream
from gateway.json_body import WrongBody
from gateway.limits.quota import with_limits
from gateway.parts import Parts
from resolvers.errors import Refusal
from schema.execution import is_mutation
from schema.subscribing import is_subscription


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
        if media_type is None and not accepts_events(request):
            raise WrongBody(HTTPStatus.NOT_ACCEPTABLE, "Accept application/graphql-response+json or application/json.")
        asked = await read(request)
        deadline = Deadline(request.app.state.parts.settings.deadline_s)
        deadline.body_is_read(request.receive)
        return await deadline.within(answered(request, asked, media_type or EVENTS, deadline))
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
    context = deadline.asking = await parts.entered(request.scope, parts.entrance.request(request.scope))
    execution, name = parts.execution, asked.name
    grant = await granted(parts, context, request.scope, asked)
    deadline.changes = is_mutation(execution, grant.text, name)
    if deadline.changes and request.method == "GET":
        refused = failed(HTTPStatus.METHOD_NOT_ALLOWED, "Mutations go by POST.", "METHOD_NOT_ALLOWED", JSON)
        refused.headers["Allow"] = "POST"
        return refused
    if media_type == EVENTS or (accepts_events(request) and is_subscription(execution, grant.text, name)):
        return await event_stream(request, context, grant)
    return response(await grant.run(parts, context), media_type)
