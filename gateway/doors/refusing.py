"""Refusals in the words of a dialect."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from gateway.doors.documents import Document
from gateway.doors.door import Refuse
from gateway.doors.problems import Problem

RAN = "X-GraphQL-Document"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the doors of one API have in common: their documents, and how they refuse."""

    documents: Path
    refuse: Refuse
    # Whether refusals of people without a token are counted by their address too.
    counts_everyone: bool = False


def accept_of(request: Request) -> str:
    """The header Accept, all its lines together."""
    return ",".join(request.headers.getlist("accept"))


def refusal(problem: Problem, dialect: Dialect, accept: str = "", *, ran: Document | None = None) -> Response:
    """A refusal in the words of the dialect."""
    response = dialect.refuse(problem, accept)
    if ran is not None:
        response.headers[RAN] = ran.name
    return response


def not_allowed(methods: Iterable[str], dialect: Dialect, accept: str = "") -> Response:
    """The path is right and the method is not."""
    headers = {"Allow": ", ".join(sorted(methods))}
    return refusal(Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", headers=headers), dialect, accept)


def not_found(dialect: Dialect, accept: str = "") -> Response:
    """There is no such path."""
    return refusal(Problem(HTTPStatus.NOT_FOUND, "Not Found"), dialect, accept)
