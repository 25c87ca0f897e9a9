"""What a request asks of a door: read from its path, and from its query string or its body."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from starlette.requests import Request

from gateway.doors.parameters import Parameter, read, variables
from gateway.doors.query import Pairs, given_in_query, pairs_in, spellings_of
from gateway.json_body import read_object

# How long paths and queries are that people ask for, in octets, and how many of them a door remembers.
SHORT, REMEMBERED = 512, 1024


@dataclass(frozen=True, slots=True)
class Question:
    """The pairs of the query, decoded and in order; the value of every parameter; the document's variables."""

    pairs: Pairs
    values: Mapping[str, object]
    variables: Mapping[str, object]


class Questions:
    """Reads what requests ask of one door, and remembers what short ones ask, since the same pages are asked for again.

    Raises WrongParameter and WrongBody, also for a query that was wrong before.
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = parameters
        self.spellings = spellings_of(parameters)
        self.read_before = lru_cache(maxsize=REMEMBERED)(self.read)

    def question(self, request: Request, body: bytes) -> Question:
        """What a request asks; what stands in its path counts, whatever else may be called so."""
        query_string: bytes = request.scope["query_string"]
        in_path: Mapping[str, object] = request.path_params
        if request.method not in ("GET", "HEAD"):
            found = read_object(body) if body else {}
            return self.made(pairs_in(query_string), {**found, **in_path})
        short = len(query_string) + len(request.scope["path"]) <= SHORT
        return (self.read_before if short else self.read)(query_string, tuple(in_path.items()))

    def read(self, query_string: bytes, in_path: tuple[tuple[str, object], ...]) -> Question:
        """What stands in a query string and a path."""
        pairs = pairs_in(query_string)
        return self.made(pairs, {**given_in_query(pairs, self.spellings), **dict(in_path)})

    def made(self, pairs: Pairs, given: Mapping[str, object]) -> Question:
        """The question that is made of what was given."""
        values = read(self.parameters, given)
        return Question(pairs, values, variables(self.parameters, values))
