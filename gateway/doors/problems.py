"""Why a door does not open: every refusal and failure as one plain thing, which each dialect writes its own way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from db.errors import UNAVAILABLE, DatabaseUnavailable
from gateway.auth.refusals import InvalidToken, KeysUnavailable
from gateway.doors.parameters import WrongParameter
from gateway.errors import RETRY_S, STATUS, headers_of
from gateway.json_body import WrongBody
from resolvers.errors import Refusal
from schema.answers import Answer


@dataclass(frozen=True, slots=True)
class Problem:
    """A status, a message for people, a stable code where there is one, and which parameter is at fault.

    `errors` are several messages at once, by parameter.
    """

    status: HTTPStatus
    message: str
    code: str | None = None
    parameter: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Refused(Exception):
    """Raised by what wraps an answer, where the answer itself says no."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


RAISED = (WrongParameter, WrongBody, InvalidToken, KeysUnavailable, DatabaseUnavailable, Refusal)


def problem_of(error: Exception) -> Problem:
    """The problem behind one of RAISED; any other exception is an error of ours, and is raised again."""
    match error:
        case WrongParameter() if error.in_path:
            return Problem(HTTPStatus.NOT_FOUND, "Not Found")
        case WrongParameter():
            errors = {one.name: [str(one)] for one in error.all}
            return Problem(HTTPStatus.BAD_REQUEST, str(error), parameter=error.name, errors=errors)
        case WrongBody():
            return Problem(error.status, error.message)
        case InvalidToken():
            return Problem(HTTPStatus.UNAUTHORIZED, error.message, error.code, headers=headers_of(error))
        case KeysUnavailable():
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.code, headers=headers_of(error))
        case DatabaseUnavailable():
            return unavailable()
        case Refusal():
            return Problem(STATUS[type(error)], error.message, error.reason, error.field, headers_of(error))
    raise error


def problem_in(answer: Answer) -> Problem | None:
    """The problem that an answer of the graph tells of; None where all went well."""
    if not answer.errors:
        return None
    if answer.refusals:
        return problem_of(answer.refusals[0])
    if answer.unavailable:
        return unavailable()
    first = answer.errors[0]
    if first["extensions"]["code"] == "BAD_USER_INPUT":
        return Problem(HTTPStatus.BAD_REQUEST, str(first["message"]), first["extensions"].get("reason"))
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")


def unavailable() -> Problem:
    """The database does not answer at the moment."""
    headers = {"Retry-After": str(RETRY_S)}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE, "unavailable", headers=headers)
