"""How the Talktiko API says no: in Laravel's words, or as RFC 9457 has it where a client asks for that."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus

from starlette.responses import Response

from gateway.doors.problems import Problem

JSON, PROBLEM_JSON = "application/json", "application/problem+json"

# What Laravel says whatever the reason was; a failure of ours must not be told in its own words at all.
SAID = {
    HTTPStatus.UNAUTHORIZED: "Unauthenticated.",
    HTTPStatus.FORBIDDEN: "This action is unauthorized.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too Many Attempts.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Server Error",
}
ABILITY_MISSING, INVALID_ABILITY = "ability_missing", "Invalid ability provided."
NOTHING_SAID = "The given data was invalid."

# A quoted text may hold commas and semicolons. One that is never closed goes on to the end.
QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)
# The weights of RFC 9110 that are greater than zero.
WEIGHT = re.compile(r"1(?:\.0{0,3})?|0\.(?=[0-9]*[1-9])[0-9]{1,3}")

Errors = Mapping[str, Sequence[str]]


def refused(problem: Problem, accept: str = "") -> Response:
    """The answer to what is refused; `accept` is the request's Accept header.

    The messages of 401, 403, 429 and 500 are fixed by the Talktiko API's documentation, all others are the problem's
    own. A wrong parameter is a 422 here, which other dialects answer with 400.
    """
    if problem.status == HTTPStatus.BAD_REQUEST and problem.parameter is not None:
        problem = replace(problem, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        errors = errors_of(problem)
        return answer(replace(problem, message=summary(errors) if errors else problem.message), accept, errors)
    return answer(replace(problem, message=message_of(problem)), accept)


def invalid(errors: Errors, accept: str = "") -> Response:
    """The 422 for several fields at once; fields and their messages keep their order."""
    return answer(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, summary(errors)), accept, errors)


def errors_of(problem: Problem) -> Errors:
    """The errors of a problem; none where no field is at fault."""
    if problem.errors:
        return problem.errors
    return {} if problem.parameter is None else {problem.parameter: [problem.message]}


def message_of(problem: Problem) -> str:
    """What Laravel would say."""
    if problem.status == HTTPStatus.FORBIDDEN and problem.code == ABILITY_MISSING:
        return INVALID_ABILITY
    return SAID.get(problem.status, problem.message)


def summary(errors: Errors) -> str:
    """The first message, and how many more there are."""
    messages = [message for found in errors.values() for message in found]
    if not messages:
        return NOTHING_SAID
    more = len(messages) - 1
    return f"{messages[0]} (and {more} more error{'s' if more > 1 else ''})" if more else messages[0]


def answer(problem: Problem, accept: str, errors: Errors | None = None) -> Response:
    """The response, in the shape that the client asks for."""
    as_problem = asks_for_problem(accept)
    content: dict[str, object] = problem_details(problem) if as_problem else {"message": problem.message}
    if errors is not None:
        content["errors"] = errors
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # A message may quote what was sent, and JSON can send half a character.
    body = text.encode(errors="replace")
    headers = {"Content-Type": PROBLEM_JSON if as_problem else JSON, **problem.headers}
    return Response(body, problem.status, headers=headers)


def problem_details(problem: Problem) -> dict[str, object]:
    """The members of RFC 9457; a problem without a code is nothing more than its status, which has a name for that."""
    content: dict[str, object] = {
        "type": "about:blank" if problem.code is None else f"urn:kakehashi:problem:{problem.code}",
        "title": problem.status.phrase,
        "status": problem.status,
        "detail": problem.message,
    }
    if problem.code is not None:
        content["code"] = problem.code
    return content


def asks_for_problem(accept: str) -> bool:
    """Whether an Accept header names application/problem+json itself: no wildcard asks for it."""
    return any(names_problem(media_range) for media_range in QUOTED.sub('""', accept).split(","))


def names_problem(media_range: str) -> bool:
    """Whether one media range is application/problem+json with a weight above zero; one without a weight has 1."""
    name, *parameters = (part.strip().lower() for part in media_range.split(";"))
    weights = [value.strip() for key, _, value in (p.partition("=") for p in parameters) if key.strip() == "q"]
    return name == PROBLEM_JSON and all(WEIGHT.fullmatch(weight) for weight in weights)
