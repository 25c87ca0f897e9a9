"""Opens doors: the documents are checked once, then each path answers by the method that was used."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.doors.documents import Document, WrongDocument, documents_in, faults
from gateway.doors.door import JSON, Door, Refuse, Values
from gateway.doors.parameters import read, variables
from gateway.doors.problems import RAISED, Problem, Refused, problem_in, problem_of
from gateway.doors.query import given_in_query
from gateway.json_body import json_object
from gateway.parts import Parts
from gateway.timing import HEADER, server_timing
from resolvers.errors import Unauthenticated
from schema.execution import Answer, Execution

RAN = "X-GraphQL-Document"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the doors of one API have in common: their documents, and how they refuse."""

    documents: Path
    refuse: Refuse


def open_doors(prefix: str, doors: Sequence[Door], dialect: Dialect, execution: Execution) -> list[Route]:
    """The routes of the doors under a prefix, of their documents (`/documents/{name}`), and a 404 for all else there.

    Raises WrongDocument, with everything that is wrong, where a document and its door do not fit the graph.
    """
    documents = documents_in(dialect.documents)
    refuse_wrong(doors, documents, execution)
    paths: dict[str, dict[str, Door]] = {}
    for door in doors:
        paths.setdefault(door.path, {}).update(by_method(door))
    routes = [Route(prefix + path, Opened(found, documents, dialect)) for path, found in paths.items()]
    shown = Route(f"{prefix}/documents/{{name}}", Shown(documents, dialect))
    return [*routes, shown, Route(prefix, Closed(dialect)), Route(f"{prefix}/{{rest:path}}", Closed(dialect))]


def refuse_wrong(doors: Iterable[Door], documents: Mapping[str, Document], execution: Execution) -> None:
    """Hold every door against its documents."""
    wrong: list[str] = []
    for door in doors:
        for name in door.documents:
            document = documents.get(name)
            missing = [f"{name}.graphql is missing."]
            wrong += missing if document is None else faults(document, door.parameters, execution)
    if wrong:
        raise WrongDocument("\n".join(wrong))


def by_method(door: Door) -> dict[str, Door]:
    """The door under each method that opens it; HEAD comes with GET."""
    methods = (*door.methods, "HEAD") if "GET" in door.methods else door.methods
    return dict.fromkeys(methods, door)


class Opened:
    """The doors at one path."""

    def __init__(self, doors: Mapping[str, Door], documents: Mapping[str, Document], dialect: Dialect) -> None:
        self.doors = doors
        self.documents = documents
        self.dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        door = self.doors.get(request.method)
        if door is None:
            response = not_allowed(self.doors, self.dialect)
        else:
            response = await self.response(door, request)
        await response(scope, receive, send)

    async def response(self, door: Door, request: Request) -> Response:
        """The answer, or the refusal in the words of the dialect."""
        try:
            return await self.answer(door, request)
        except RAISED as error:
            return refusal(problem_of(error), self.dialect)

    async def answer(self, door: Door, request: Request) -> Response:
        """Who asks, what is asked, what the graph says: in this order."""
        parts: Parts = request.app.state.parts
        asking = await parts.entrance.request(request.scope, page_limit=door.page_limit, moments=door.moments)
        if asking.viewer is None:
            raise Unauthenticated("Send an access token in the Authorization header.", reason="token_missing")
        values = read(door.parameters, await given(door, request))
        document = self.documents[door.document_for(asking.viewer)]
        bound = variables(door.parameters, values)
        answer = await parts.execution.run(document.source, asking, variables=bound, name=document.name)
        return self.wrapped(door, document, values, answer)

    def wrapped(self, door: Door, document: Document, values: Values, answer: Answer) -> Response:
        """What the graph said, in the words of the dialect."""
        problem = problem_in(answer)
        if problem is not None:
            return refusal(problem, self.dialect, ran=document)
        try:
            body = door.wrap(values, answer.content["data"])
        except Refused as error:
            return refusal(error.problem, self.dialect, ran=document)
        headers = {"Content-Type": JSON, RAN: document.name, HEADER: server_timing(answer)}
        return Response(body, headers=headers)


class Shown:
    """The stored documents themselves, for anyone: they hold names of fields and nothing of anybody's."""

    def __init__(self, documents: Mapping[str, Document], dialect: Dialect) -> None:
        self.documents = documents
        self.dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with one document."""
        document = self.documents.get(scope["path_params"]["name"])
        if scope["method"] not in ("GET", "HEAD"):
            response = not_allowed(("GET", "HEAD"), self.dialect)
        elif document is None:
            response = not_found(self.dialect)
        else:
            response = Response(document.source, media_type="text/plain")
        await response(scope, receive, send)


class Closed:
    """Every other address under the prefix."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer that there is nothing here."""
        await not_found(self.dialect)(scope, receive, send)


async def given(door: Door, request: Request) -> Mapping[str, object]:
    """What the request gives for the parameters."""
    if request.method in ("GET", "HEAD"):
        return given_in_query(request.scope["query_string"], door.parameters)
    return await json_object(request)


def refusal(problem: Problem, dialect: Dialect, *, ran: Document | None = None) -> Response:
    """A refusal in the words of the dialect."""
    response = dialect.refuse(problem)
    if ran is not None:
        response.headers[RAN] = ran.name
    return response


def not_allowed(methods: Iterable[str], dialect: Dialect) -> Response:
    """The path is right and the method is not."""
    headers = {"Allow": ", ".join(sorted(methods))}
    return refusal(Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", headers=headers), dialect)


def not_found(dialect: Dialect) -> Response:
    """There is no such path."""
    return refusal(Problem(HTTPStatus.NOT_FOUND, "Not Found"), dialect)
