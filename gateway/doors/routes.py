"""Opens doors: the documents are checked once, then each path answers by the method that was used."""

from collections.abc import Iterable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.doors.documents import Document, WrongDocument, documents_in, faults
from gateway.doors.door import Door
from gateway.doors.opened import Opened, counted
from gateway.doors.refusing import Dialect, accept_of, not_allowed, not_found
from gateway.doors.table import RouteTable
from gateway.limits.quota import with_limits
from schema.execution import Execution


def open_doors(prefix: str, doors: Sequence[Door], dialect: Dialect, execution: Execution) -> RouteTable:
    """The routes of the doors under a prefix, of their documents (`/documents/{name}`), and a 404 for all else there.

    Raises WrongDocument, with everything that is wrong, where a document and its door do not fit the graph.
    """
    documents = documents_in(dialect.documents)
    refuse_wrong(doors, documents, execution)
    paths: dict[str, dict[str, Door]] = {}
    for door in doors:
        paths.setdefault(door.path, {}).update(by_method(door))
    routes = [Route(prefix + path, Opened(prefix + path, found, documents, dialect)) for path, found in paths.items()]
    shown = Route(f"{prefix}/documents/{{name}}", Shown(documents, dialect))
    closed = [Route(prefix, Closed(dialect)), Route(f"{prefix}/{{rest:path}}", Closed(dialect))]
    return RouteTable(prefix, [*routes, shown, *closed])


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


class Shown:
    """The stored documents themselves, for anyone: they hold names of fields and nothing of anybody's."""

    def __init__(self, documents: Mapping[str, Document], dialect: Dialect) -> None:
        self.documents = documents
        self.dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with one document."""
        document = self.documents.get(scope["path_params"]["name"])
        accept = accept_of(Request(scope))
        if scope["method"] not in ("GET", "HEAD"):
            response = not_allowed(("GET", "HEAD"), self.dialect, accept)
        elif document is None:
            response = not_found(self.dialect, accept)
        else:
            response = Response(document.source, media_type="text/plain")
        await response(scope, receive, send)


class Closed:
    """Every other address under the prefix."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer that there is nothing here."""
        request = Request(scope)
        response = await counted(request, self.dialect, not_found(self.dialect, accept_of(request)))
        await with_limits(response, scope)(scope, receive, send)
