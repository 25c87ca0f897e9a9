"""Where a page changes a code for a session: POST {"code": …}."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.deadline import Deadline
from gateway.doors.problems import RAISED, problem_of
from gateway.doors.refusing import accept_of
from gateway.json_body import json_object
from gateway.limits.quota import with_limits
from gateway.parts import Parts
from gateway.talktiko.refusals import refused
from resolvers.context import Request as Asking
from resolvers.errors import Refusal
from resolvers.operations import refuse_in_maintenance
from resolvers.reasons import Reasons

NO_STORE = {"Cache-Control": "no-store"}

# What a code is changed for: the answer's members.
Change: TypeAlias = Callable[[Asking, str], Awaitable[Mapping[str, object]]]


async def changed(request: Request, change: Change, unknown: Reasons) -> Response:
    """A token, as JSON, never cached; refused in the words of the Talktiko API. `unknown` is for what is no code."""
    parts: Parts = request.app.state.parts
    deadline = Deadline(parts.settings.deadline_s)
    try:
        response = await deadline.within(begun(request, change, unknown))
    except RAISED as error:
        response = refused(problem_of(error), accept_of(request))
    response.headers.update(NO_STORE)
    return with_limits(response, request.scope)


async def begun(request: Request, change: Change, unknown: Reasons) -> Response:
    """The session; whoever has a wrong code is counted, and with a right one has paid at the login."""
    parts: Parts = request.app.state.parts
    asking = parts.entrance.anonymous(request.scope)
    try:
        code = (await json_object(request)).get("code")
        if not isinstance(code, str):
            raise unknown.refusal()
        await refuse_in_maintenance(asking)
        content = await change(asking, code)
    except Refusal:
        await parts.quota.charge(asking, request.scope)
        raise
    return JSONResponse(content, HTTPStatus.OK)


def told(token: str, expires_at: datetime) -> dict[str, object]:
    """A token, and how long it lasts."""
    ends = expires_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"token": token, "token_type": "bearer", "expires_at": ends}
