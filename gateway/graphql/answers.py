"""How an answer of the graph is told over HTTP: its status, its headers, and what is refused before it runs."""

from http import HTTPStatus

import orjson
from starlette.responses import Response

from gateway.auth.refusals import InvalidToken, KeysUnavailable
from gateway.errors import RETRY_S, STATUS, headers_of
from gateway.graphql.media import JSON
from gateway.timing import HEADER, server_timing
from resolvers.errors import DocumentUnknown, NotConfigured, Refusal, TooSlow, TryLater, Unauthenticated
from schema.answers import Answer

# These say that nobody may enter, or nothing can be done now: the whole request is refused, and the status tells so.
WHOLE = (Unauthenticated, TryLater, TooSlow, NotConfigured)


def response(answer: Answer, media_type: str) -> Response:
    """The response with what came of a document."""
    headers = {"Content-Type": media_type, **headers_for(answer)}
    return Response(answer.body(), status_of(answer, media_type), headers)


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
        found = failed(HTTPStatus.SERVICE_UNAVAILABLE, str(refusal), "UNAVAILABLE", media_type)
    elif isinstance(refusal, InvalidToken):
        found = failed(HTTPStatus.UNAUTHORIZED, refusal.message, "UNAUTHENTICATED", media_type, refusal.code)
    else:
        # To Apollo's clients an unknown document is no failure but a step on the way.
        step = isinstance(refusal, DocumentUnknown) and media_type == JSON
        status = HTTPStatus.OK if step else STATUS[type(refusal)]
        found = failed(status, refusal.message, refusal.code, media_type, refusal.reason)
    found.headers.update(headers_of(refusal))
    return found


def failed(status: HTTPStatus, message: str, code: str, media_type: str, reason: str | None = None) -> Response:
    """An answer that is an error and nothing else."""
    extensions = {"code": code} if reason is None else {"code": code, "reason": reason}
    body = orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})
    return Response(body, status, headers={"Content-Type": media_type})
