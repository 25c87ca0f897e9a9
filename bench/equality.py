"""Holds the answers of all contenders against the limit's: only what answers alike may be compared."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx2

from bench.contenders import DOCUMENT, LIMIT, REST, Asked, Contender
from bench.documents import Variables
from bench.programs import Running

BODIES = 20
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")


class Unequal(Exception):
    """Two contenders answered differently, or one of them with an error; the text says which and to what."""


def refuse_unequal(question: Asked, contenders: Sequence[Contender], started: Mapping[str, Running], uid: str) -> None:
    """Ask everyone the first bodies of a question; raises Unequal."""
    with httpx2.Client(trust_env=False, timeout=30) as client:
        for variables in question.variables(uid, bodies=BODIES):
            found = {one.name: asked(client, one, started[one.program.name], question, variables) for one in contenders}
            for one in contenders:
                if one.comparable and found[one.name] != found.get(LIMIT, found[one.name]):
                    raise Unequal(f"{question.name} {variables}: {one.name} does not answer as {LIMIT} does.")
            if REST in found and DOCUMENT in found and rows_of_door(found[REST]) != rows_of_graph(found[DOCUMENT]):
                raise Unequal(f"{question.name} {variables}: the door does not show the rows of its document.")


def rows_of_door(answer: object) -> object:
    """The rows of a REST list: `data`, or whatever stands beside `pagination`."""
    found = as_object(answer)
    return instants(next(value for name, value in found.items() if name not in ("pagination", "links", "meta")))


def rows_of_graph(answer: object) -> object:
    """The rows of the one connection that a door's document asks for."""
    (connection,) = as_object(as_object(answer)["data"]).values()
    return instants(as_object(connection)["nodes"])


def as_object(value: object) -> dict[str, object]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.100} is no object.")
    return value


def instants(value: object) -> object:
    """A JSON value with its instants as such, to the second: each door prints them in its own way."""
    if isinstance(value, dict):
        return {name: instants(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [instants(inner) for inner in value]
    if isinstance(value, str) and INSTANT.match(value):
        return datetime.fromisoformat(value).replace(microsecond=0)
    return value


def asked(
    client: httpx2.Client, contender: Contender, server: Running, question: Asked, variables: Variables
) -> object:
    """The answer as JSON; Unequal where it is none without errors."""
    method, path, body = [*contender.request(question, variables).split(" ", 2), ""][:3]
    answer = client.request(method, server.url + path, headers=dict(server.headers), content=body or None)
    if answer.status_code != httpx2.codes.OK or b'"errors"' in answer.content:
        raise Unequal(f"{question.name} {variables}: {contender.name} answers {answer.status_code} {answer.text[:300]}")
    return contender.shaped(question, answer.json())
