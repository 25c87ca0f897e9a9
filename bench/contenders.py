"""Who is measured, as data: the programs that serve, and how each contender asks one of them a question."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.documents import QUESTIONS, Question, Variables
from bench.doors import DOORS, DoorQuestion

Headers = Mapping[str, str]
# What is measured: one of the four queries, or a door beside its document.
Asked = Question | DoorQuestion

LIMIT, REST, DOCUMENT = "limit", "rest", "document"
KAKEHASHI = str(Path(sys.executable).with_name("kakehashi"))


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


def as_it_is(_question: Asked, answer: object) -> object:
    """An answer in the limit's shape already."""
    return answer


def without_extensions(_question: Asked, answer: object) -> object:
    """An answer without what is told beside the data, such as its price."""
    if not isinstance(answer, Mapping):
        raise TypeError(f"{answer!r:.100} is no answer.")
    return {name: value for name, value in answer.items() if name != "extensions"}


@dataclass(frozen=True, slots=True)
class Contender:
    """A program, the questions it answers, and one request (METHOD PATH BODY) for a question's variables.

    `comparable` is one whose answers must equal the limit's, once `shaped` has brought them into the limit's shape; the
    others answer the same rows in a shape of their own.
    """

    name: str
    program: Program
    request: Callable[[Asked, Variables], str]
    questions: tuple[str, ...] = tuple(QUESTIONS)
    comparable: bool = True
    shaped: Callable[[Asked, object], object] = as_it_is


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


def over_graphql(question: Asked, variables: Variables) -> str:
    """The question by POST to /graphql."""
    return f"POST /graphql {question.body(variables)}"


def by_rest(question: Asked, variables: Variables) -> str:
    """The question through its REST door."""
    if not isinstance(question, DoorQuestion):
        raise TypeError(f"{question.name} has no door.")
    return f"GET {question.path(variables)}"


SERVED = Program("kakehashi", lambda _place: [KAKEHASHI, "serve"], "/readyz", settings, with_token)
PASSING = Program(LIMIT, lambda place: [sys.executable, "-m", "bench.limit", place.database, str(place.port)], "/")

CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender(LIMIT, PASSING, over_graphql),
        Contender("product", SERVED, over_graphql, shaped=without_extensions),
        Contender(DOCUMENT, SERVED, over_graphql, tuple(DOORS), comparable=False),
        Contender(REST, SERVED, by_rest, tuple(DOORS), comparable=False),
    )
}
