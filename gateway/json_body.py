"""Reads the JSON object in a request's body, strictly, and within limits."""

import asyncio
import re
from http import HTTPStatus
from itertools import accumulate

import orjson
from starlette.requests import Request

MOST_BYTES = 128 * 1024
MOST_DEPTH = 64
# A whole text: brackets inside it do not count. A text without an end goes on to the end of the body, and nothing that
# matched is given back: otherwise a body of quotes would be searched once for each of them.
TEXTS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
NO_BRACKETS = bytes(set(range(256)) - STEPS.keys())


class WrongBody(Exception):
    """A body that is refused: the status it gets, and why."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def json_object(request: Request) -> dict[str, object]:
    """The object in the body; WrongBody with 400, 413 or 415 for anything else."""
    return read_object(await json_body(request))


async def json_body(request: Request) -> bytes:
    """The body of a request that says it is JSON; WrongBody with 413 or 415 for any other."""
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    if media_type.strip().lower() != "application/json":
        raise WrongBody(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.")
    charset = parameters.partition("charset=")[2].strip(' "').lower()
    if charset not in ("", "utf-8", "utf8"):
        raise WrongBody(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body in UTF-8.")
    return await limited(request)


async def limited(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body, as long as it is within the limit; a longer one is not read to its end."""
    received, seconds = bytearray(), request.app.state.parts.settings.receipt_s
    try:
        async with asyncio.timeout(seconds):
            goes_on = True
            while goes_on:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise WrongBody(HTTPStatus.BAD_REQUEST, "The body was cut off.")
                received += message.get("body", b"")
                if len(received) > most:
                    told = f"The body is larger than {most} bytes."
                    raise WrongBody(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told)
                goes_on = message.get("more_body", False)
    except TimeoutError:
        raise WrongBody(HTTPStatus.REQUEST_TIMEOUT, f"The body did not arrive within {seconds:g} seconds.") from None
    return bytes(received)


def read_object(body: bytes) -> dict[str, object]:
    """A JSON object: UTF-8, no NaN, no number beyond a float's range, not nested deeper than 64 levels."""
    # Only a body with many brackets can be deep, so only such a one is walked through.
    if body.count(b"{") + body.count(b"[") > MOST_DEPTH and is_deep(body):
        raise WrongBody(HTTPStatus.BAD_REQUEST, f"The body is nested deeper than {MOST_DEPTH} levels.")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise WrongBody(HTTPStatus.BAD_REQUEST, "The body is no JSON object.") from None
    if not isinstance(found, dict):
        raise WrongBody(HTTPStatus.BAD_REQUEST, "The body is no JSON object.")
    return found


def is_deep(body: bytes) -> bool:
    """Whether brackets outside of texts nest deeper than is allowed."""
    # All of it within the interpreter's own loops: a body of nothing but brackets has 128 thousand of them.
    brackets = TEXTS.sub(b"", body).translate(None, NO_BRACKETS)
    return max(accumulate(map(STEPS.__getitem__, brackets)), default=0) > MOST_DEPTH
