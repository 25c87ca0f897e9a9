"""The endpoint /graphql: GraphQL over HTTP, by POST for everything and by GET for queries."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.errors import UNAVAILABLE, DatabaseUnavailable
from gateway.auth.refusals import InvalidToken, KeysUnavailable
from gateway.errors import RETRY_S, STATUS, headers_of
from gateway.json_body import WrongBody, json_object, read_object
from gateway.limits.quota import with_limits
from gateway.parts import Parts
from gateway.timing import HEADER, server_timing
from resolvers.access import token_missing
from resolvers.context import Request as Asking
from resolvers.errors import Forbidden, RateLimited, Refusal, TryLater, Unauthenticated
from schema.execution import Answer, is_mutation

JSON = "application/json; charset=utf-8"
RESPONSE = "application/graphql-response+json; charset=utf-8"
# These say that nobody may enter, or nothing can be changed: the whole request is refused, and the status tells so.
WHOLE = (Unauthenticated, TryLater)


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a GraphQL request."""

    query: str
    variables: Mapping[str, object]
    name: str | None


def graphql_routes() -> list[Route]:
    """The one address of the graph."""
    return [Route("/graphql", endpoint, methods=["GET", "POST"], name="graphql")]


async def endpoint(request: Request) -> Response:
    """Answer one request, with the headers that tell how much more may be asked."""
    return with_limits(await responded(request), request.scope)


async def responded(request: Request) -> Response:
    """The answer itself."""
    media_type = chosen_media_type(request)
    try:
        if media_type is None:
            raise WrongBody(HTTPStatus.NOT_ACCEPTABLE, "Accept application/graphql-response+json or application/json.")
        asked = await read(request)
        return await answered(request, asked, media_type)
    except WrongBody as wrong:
        return failed(wrong.status, wrong.message, "BAD_REQUEST", media_type or JSON)
    except (InvalidToken, KeysUnavailable, Unauthenticated, Forbidden, RateLimited) as refusal:
        return turned_away(refusal, media_type or JSON)
    except DatabaseUnavailable:
        response = failed(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE, "UNAVAILABLE", media_type or JSON)
        response.headers["Retry-After"] = str(RETRY_S)
        return response


async def answered(request: Request, asked: Asked, media_type: str) -> Response:
    """Run the document and say how it went."""
    parts: Parts = request.app.state.parts
    if request.method == "GET" and is_mutation(parts.execution, asked.query, asked.name):
        refused = failed(HTTPStatus.METHOD_NOT_ALLOWED, "Mutations go by POST.", "METHOD_NOT_ALLOWED", media_type)
        refused.headers["Allow"] = "POST"
        return refused
    context = await entered(request, parts)
    if parts.quota.counts(context):
        cost = parts.execution.requests(asked.query, asked.name, asked.variables)
        await parts.quota.charge(context, request.scope, cost=cost)
    if context.viewer is None and not open_to_all(parts, asked):
        raise token_missing()
    answer = await parts.execution.run(asked.query, context, variables=asked.variables, name=asked.name)
    headers = {"Content-Type": media_type, **headers_for(answer)}
    return Response(answer.body(), status_of(answer, media_type), headers)


async def entered(request: Request, parts: Parts) -> Asking:
    """Who asks; a wrong token is counted as a call of somebody without one, so that guessing comes to an end."""
    try:
        return await parts.entrance.request(request.scope)
    except (InvalidToken, Unauthenticated):
        await parts.quota.charge(parts.entrance.anonymous(request.scope), request.scope)
        raise


def open_to_all(parts: Parts, asked: Asked) -> bool:
    """Whether people without a token may run a document: in development any, else what is public by its fields."""
    return parts.settings.development or parts.execution.is_public(asked.query, asked.name)


async def read(request: Request) -> Asked:
    """The parameters, from the body or from the query string."""
    if request.method == "POST":
        return asked_in(await json_object(request))
    given: dict[str, object] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = read_object(str(given[name]).encode())
    return asked_in(given)


def asked_in(given: Mapping[str, object]) -> Asked:
    """The parameters, each of its type."""
    query, variables, name = given.get("query"), given.get("variables"), given.get("operationName")
    if not isinstance(query, str):
        raise WrongBody(HTTPStatus.BAD_REQUEST, "query is missing, or no text.")
    if variables is not None and not isinstance(variables, dict):
        raise WrongBody(HTTPStatus.BAD_REQUEST, "variables is no object.")
    if name is not None and not isinstance(name, str):
        raise WrongBody(HTTPStatus.BAD_REQUEST, "operationName is no text.")
    if given.get("extensions") is not None and not isinstance(given["extensions"], dict):
        raise WrongBody(HTTPStatus.BAD_REQUEST, "extensions is no object.")
    return Asked(query, variables or {}, name or None)


def chosen_media_type(request: Request) -> str | None:
    """The media type of the answer: the one of GraphQL's own where it is accepted, else JSON; None for neither."""
    accepted = {part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")}
    if "application/graphql-response+json" in accepted:
        return RESPONSE
    return JSON if accepted & {"application/json", "*/*", "application/*"} else None


def status_of(answer: Answer, media_type: str) -> HTTPStatus:
    """The status: JSON clients look into the body only, those of GraphQL's own media type at the status too."""
    for refusal in answer.refusals:
        if isinstance(refusal, WHOLE):
            return STATUS[type(refusal)]
    if answer.unavailable:
        return HTTPStatus.SERVICE_UNAVAILABLE
    if answer.ran or media_type == JSON:
        return HTTPStatus.OK
    return HTTPStatus.BAD_REQUEST


def headers_for(answer: Answer) -> dict[str, str]:
    """The headers that belong to an answer."""
    headers = {HEADER: server_timing(answer)}
    if answer.unavailable:
        headers["Retry-After"] = str(RETRY_S)
    for refusal in answer.refusals:
        if isinstance(refusal, WHOLE):
            headers.update(headers_of(refusal))
    return headers


def turned_away(refusal: Refusal | InvalidToken | KeysUnavailable, media_type: str) -> Response:
    """The answer to who may not enter at all."""
    if isinstance(refusal, KeysUnavailable):
        response = failed(HTTPStatus.SERVICE_UNAVAILABLE, str(refusal), "UNAVAILABLE", media_type)
    elif isinstance(refusal, InvalidToken):
        response = failed(HTTPStatus.UNAUTHORIZED, refusal.message, "UNAUTHENTICATED", media_type, refusal.code)
    else:
        response = failed(STATUS[type(refusal)], refusal.message, refusal.code, media_type, refusal.reason)
    response.headers.update(headers_of(refusal))
    return response


def failed(status: HTTPStatus, message: str, code: str, media_type: str, reason: str | None = None) -> Response:
    """An answer that is an error and nothing else."""
    extensions = {"code": code} if reason is None else {"code": code, "reason": reason}
    body = json.dumps({"errors": [{"message": message, "extensions": extensions}]}, ensure_ascii=False)
    return Response(body, status, headers={"Content-Type": media_type})
