"""Reads a GraphQL request: from the body of a POST, or from the query string of a GET."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.requests import Request

from gateway.json_body import WrongBody, json_object, read_object
from gateway.persisted.named import Named, named_in

# One of these makes a browser ask first whether another site may send the request at all (CORS). A plain GET, as a link
# or an image makes it, has none.
PREFLIGHTED = ("authorization", "graphql-require-preflight", "apollo-require-preflight", "x-requested-with")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a GraphQL request."""

    document: Named
    variables: Mapping[str, object] = field(default_factory=dict)
    name: str | None = None


async def read(request: Request) -> Asked:
    """The parameters; WrongBody for what is no GraphQL request."""
    if request.method == "POST":
        return asked_in(await json_object(request))
    refuse_simple(request)
    given: dict[str, object] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = read_object(str(given[name]).encode())
    return asked_in(given)


def refuse_simple(request: Request) -> None:
    """WrongBody for a GET that a foreign page could make a browser send."""
    json = request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
    if not json and not any(name in request.headers for name in PREFLIGHTED):
        message = "Send a GET with an Authorization header, or with GraphQL-Require-Preflight: 1."
        raise WrongBody(HTTPStatus.BAD_REQUEST, message)


def asked_in(given: Mapping[str, object]) -> Asked:
    """The parameters, each of its type."""
    name = given.get("operationName")
    object_in(given, "extensions")
    if name is not None and not isinstance(name, str):
        raise WrongBody(HTTPStatus.BAD_REQUEST, "operationName is no text.")
    return Asked(named_in(given), object_in(given, "variables"), name or None)


def object_in(given: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A parameter that is an object; null and nothing are an empty one."""
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WrongBody(HTTPStatus.BAD_REQUEST, f"{name} is no object.")
    return value
