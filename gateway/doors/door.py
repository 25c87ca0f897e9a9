"""A door: one documented REST operation, said as data."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from db.json_text import Moments
from gateway.doors.parameters import Parameter
from gateway.doors.problems import Problem
from resolvers.context import Request as Asking
from resolvers.context import Viewer

Values: TypeAlias = Mapping[str, object]
Data: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a door: the parameters' values, by which request, and the pairs of its query."""

    values: Values
    request: Request
    query: Sequence[tuple[str, str]] = ()

    @property
    def url(self) -> str:
        """The URL, without its query."""
        return f"{self.origin}{quote(self.request.scope['path'])}"

    @property
    def origin(self) -> str:
        """Scheme and host, and the path below which the whole application is mounted."""
        scope = self.request.scope
        host = self.request.headers.get("host") or ":".join(map(str, scope.get("server") or ("",)))
        return f"{scope['scheme']}://{host}{scope.get('root_path', '')}"


# A good answer as a whole, where it is more than a body of JSON.
Respond: TypeAlias = Callable[[Asked, Asking, Data], Awaitable[Response]]
# The body of a good answer, from what was asked and the data that the document gave.
Wrap: TypeAlias = Callable[[Asked, Data], bytes]
# The answer to what is refused, for a client that accepts what the header Accept says.
Refuse: TypeAlias = Callable[[Problem, str], Response]

JSON = "application/json; charset=utf-8"
MOST_PER_PAGE = 1000


@dataclass(frozen=True, slots=True)
class ByViewer:
    """Several documents for one operation, whose answer has another shape for each kind of caller."""

    names: tuple[str, ...]
    choose: Callable[[Viewer], str]


@dataclass(frozen=True, slots=True)
class Door:
    """The documented title, how it is asked, the document that answers, and what wraps the answer. A door has no rules.

    GET reads the parameters from the query string, DELETE has but those in its path, every other method reads a JSON
    body. An `anonymous` door opens without a token, and looks at none; `cached` says that what it shows is the same for
    everyone, and may be kept for a minute. Behind one that `creates`, an Idempotency-Key lets it do so once. What is no
    JSON, `respond` makes as a whole. One that `takes_file` is sent a file in place of JSON.
    """

    title: str
    methods: tuple[str, ...]
    path: str
    parameters: tuple[Parameter, ...]
    document: str | ByViewer
    wrap: Wrap
    moments: Moments = Moments.JST
    page_limit: int = MOST_PER_PAGE
    status: HTTPStatus = HTTPStatus.OK
    anonymous: bool = False
    cached: bool = False
    creates: bool = False
    respond: Respond | None = None
    takes_file: bool = False

    @property
    def documents(self) -> tuple[str, ...]:
        """The names of all documents that may answer."""
        return (self.document,) if isinstance(self.document, str) else self.document.names

    def document_for(self, viewer: Viewer | None) -> str:
        """The name of the document that answers this viewer; a door for everyone has one document."""
        if isinstance(self.document, str):
            return self.document
        if viewer is None:
            raise TypeError(f"{self.path} has a document for each kind of viewer, and there is none.")
        return self.document.choose(viewer)
