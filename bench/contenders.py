"""Who is measured, as data: the programs that serve, and how each contender asks one of them a question."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench.documents import QUESTIONS, Question, Variables

Headers = Mapping[str, str]

LIMIT = "limit"
KAKEHASHI = str(Path(sys.executable).with_name("kakehashi"))
DOOR_DOCUMENT = Path(__file__).parents[1] / "gateway" / "diverse" / "documents" / "students.graphql"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program is started: the measured database, a port of 127.0.0.1, a folder of its own, who asks."""

    database: str
    port: int
    folder: Path
    uid: str

    @property
    def url(self) -> str:
        """The address of the program."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Program:
    """A server: how it is started, the path that answers once it is ready, and the headers to ask it with."""

    name: str
    command: Callable[[Place], Sequence[str]]
    ready: str
    environment: Callable[[Place], Headers] = lambda _place: {}
    headers: Callable[[Place], Headers] = lambda _place: {}


@dataclass(frozen=True, slots=True)
class Contender:
    """A program, the questions it answers, and one request (METHOD PATH BODY) for a question's variables.

    `comparable` is one whose answers must equal the limit's; the others answer the same rows in another shape.
    """

    name: str
    program: Program
    request: Callable[[Question, Variables], str]
    questions: tuple[str, ...] = tuple(QUESTIONS)
    comparable: bool = True


def settings(place: Place) -> Headers:
    """The product's variables: development as a user has it, with the measured database."""
    return {
        "KAKEHASHI_DATABASE_URL": place.database,
        "KAKEHASHI_PORT": str(place.port),
        "KAKEHASHI_DATA_DIR": str(place.folder),
    }


def clean(variables: Headers) -> dict[str, str]:
    """The environment of a program: ours without any settings of the product's, and what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAKEHASHI_")}
    return {**kept, **variables}


def with_token(place: Place) -> Headers:
    """A real token, made as a user makes one."""
    command = [KAKEHASHI, "token", place.uid]
    made = subprocess.run(command, env=clean(settings(place)), stdout=subprocess.PIPE, text=True, check=True)
    return {"Authorization": f"Bearer {made.stdout.strip()}"}


def over_graphql(question: Question, variables: Variables) -> str:
    """The question by POST to /graphql."""
    return f"POST /graphql {question.body(variables)}"


def by_rest(_question: Question, variables: Variables) -> str:
    """A page of the roster through its REST door."""
    asked = {"organization_code": variables["organization"], "page": variables["page"], "per": 50}
    return f"GET /api/v1/students?{urlencode(asked)}"


def by_document(_question: Question, variables: Variables) -> str:
    """The same page by the door's own document over GraphQL, which is all that the door may cost."""
    asked = {
        "organization_code": variables["organization"],
        "page": variables["page"],
        "per": 50,
        "order_by": "CODE",
        "order_direction": "ASC",
        "all_year": False,
        "include_out_of_period": False,
        "exclude_demo": False,
    }
    document = Question("document", "", DOOR_DOCUMENT.read_text("utf-8"), QUESTIONS["Q1"].draw)
    return f"POST /graphql {document.body(asked)}"


SERVED = Program("kakehashi", lambda _place: [KAKEHASHI, "serve"], "/readyz", settings, with_token)
PASSING = Program(LIMIT, lambda place: [sys.executable, "-m", "bench.limit", place.database, str(place.port)], "/")

CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender(LIMIT, PASSING, over_graphql),
        Contender("product", SERVED, over_graphql),
        Contender("rest", SERVED, by_rest, ("Q1",), comparable=False),
        Contender("document", SERVED, by_document, ("Q1",), comparable=False),
    )
}
