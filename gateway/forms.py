"""Forms and queries of others and of browsers, read strictly: each field once, in UTF-8, and not too long."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.json_body import WrongBody, limited
from resolvers.errors import BadInput
from resolvers.reasons import Reasons
from resolvers.text import text

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 100


async def form(request: Request, most: Mapping[str, int], reasons: type[Reasons]) -> dict[str, str]:
    """The fields of a request's form that `most` names, each at most so many bytes.

    Raises WrongBody for a body that is no form or too long, and a Refusal for what a field is.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != FORM:
        raise WrongBody(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send the body as {FORM}.")
    return fields(await limited(request), most, reasons)


def query(request: Request, most: Mapping[str, int], reasons: type[Reasons]) -> dict[str, str]:
    """The same of a request's query."""
    return fields(request.scope["query_string"], most, reasons)


def fields(told: bytes, most: Mapping[str, int], reasons: type[Reasons]) -> dict[str, str]:
    """The fields that `most` names; others are let be, for others send what they like beside them."""
    found: dict[str, str] = {}
    for name, value in pairs(told, reasons):
        if name not in most:
            continue
        if name in found:
            raise reasons["PARAMETER_TWICE"].refusal(name)
        if len(value.encode()) > most[name]:
            raise reasons["PARAMETER_TOO_LONG"].refusal(name)
        try:
            found[name] = text(value)
        except BadInput:
            raise reasons["PARAMETER_CHARACTERS"].refusal(name) from None
    return found


def pairs(told: bytes, reasons: type[Reasons]) -> list[tuple[str, str]]:
    """Names and values, in their order."""
    try:
        return parse_qsl(told.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise reasons["FORM_UNREADABLE"].refusal() from None
