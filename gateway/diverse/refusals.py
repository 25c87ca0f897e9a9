"""How the Diverse API says no: one message, and a stable code where there is one."""

import json
from dataclasses import replace
from http import HTTPStatus

from starlette.responses import Response

from gateway.doors.door import JSON
from gateway.doors.problems import Problem

MISMATCH = "organization_code and organization_id name different organizations"
# What the graph says in its own words of arguments, and with another status, in those of this API.
SAID_ANEW = {"organization_mismatch": (HTTPStatus.UNPROCESSABLE_ENTITY, MISMATCH)}


def refused(problem: Problem, _accept: str = "") -> Response:
    """The answer to what is refused; it has one form, whatever the client accepts."""
    if problem.code in SAID_ANEW:
        status, message = SAID_ANEW[problem.code]
        problem = replace(problem, status=status, message=message)
    content = {"message": problem.message}
    if problem.code is not None:
        content["code"] = problem.code
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(body, problem.status, headers={"Content-Type": JSON, **problem.headers})
