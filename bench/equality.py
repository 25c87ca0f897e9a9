"""Holds the answers of all contenders against the limit's: only what answers alike may be compared."""

from collections.abc import Mapping, Sequence

import httpx2

from bench.contenders import LIMIT, Contender
from bench.documents import Question, Variables
from bench.programs import Running

BODIES = 20


class Unequal(Exception):
    """Two contenders answered differently, or one of them with an error; the text says which and to what."""


def refuse_unequal(
    question: Question, contenders: Sequence[Contender], started: Mapping[str, Running], uid: str
) -> None:
    """Ask everyone the first bodies of a question; raises Unequal."""
    with httpx2.Client(trust_env=False, timeout=30) as client:
        for variables in question.variables(uid, bodies=BODIES):
            found = {one.name: asked(client, one, started[one.program.name], question, variables) for one in contenders}
            for one in contenders:
                if one.comparable and found[one.name] != found.get(LIMIT, found[one.name]):
                    raise Unequal(f"{question.name} {variables}: {one.name} does not answer as {LIMIT} does.")


def asked(
    client: httpx2.Client, contender: Contender, server: Running, question: Question, variables: Variables
) -> object:
    """The answer as JSON; Unequal where it is none without errors."""
    method, path, body = [*contender.request(question, variables).split(" ", 2), ""][:3]
    answer = client.request(method, server.url + path, headers=dict(server.headers), content=body or None)
    if answer.status_code != httpx2.codes.OK or b'"errors"' in answer.content:
        raise Unequal(f"{question.name} {variables}: {contender.name} answers {answer.status_code} {answer.text[:300]}")
    return answer.json()
