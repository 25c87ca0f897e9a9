"""A door: one documented REST operation, said as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from starlette.responses import Response

from db.json_text import Moments
from gateway.doors.parameters import Parameter
from gateway.doors.problems import Problem
from resolvers.context import Viewer

Values: TypeAlias = Mapping[str, object]
Data: TypeAlias = Mapping[str, object]
# The body of a good answer, from the parameters' values and the data that the document gave.
Wrap: TypeAlias = Callable[[Values, Data], bytes]
# The answer to what is refused.
Refuse: TypeAlias = Callable[[Problem], Response]

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

    GET reads the parameters from the query string, every other method from a JSON body.
    """

    title: str
    methods: tuple[str, ...]
    path: str
    parameters: tuple[Parameter, ...]
    document: str | ByViewer
    wrap: Wrap
    moments: Moments = Moments.JST
    page_limit: int = MOST_PER_PAGE

    @property
    def documents(self) -> tuple[str, ...]:
        """The names of all documents that may answer."""
        return (self.document,) if isinstance(self.document, str) else self.document.names

    def document_for(self, viewer: Viewer) -> str:
        """The name of the document that answers this viewer."""
        return self.document if isinstance(self.document, str) else self.document.choose(viewer)
