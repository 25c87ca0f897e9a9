"""Where the page of a launch changes its code for a session: POST {"code": …}."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.deadline import Deadline
from gateway.doors.problems import RAISED, problem_of
from gateway.doors.refusing import accept_of
from gateway.json_body import json_object
from gateway.limits.quota import with_limits
from gateway.parts import Parts
from gateway.talktiko.refusals import refused
from resolvers.errors import Refusal
from resolvers.lti.reasons import Reason
from resolvers.lti.sessions import session as session_of
from resolvers.operations import refuse_in_maintenance

NO_STORE = {"Cache-Control": "no-store"}


async def session(request: Request) -> Response:
    """A token for the person of a launch, as JSON; refused in the words of the Talktiko API, and never cached."""
    parts: Parts = request.app.state.parts
    deadline = Deadline(parts.settings.deadline_s)
    try:
        response = await deadline.within(begun(request))
    except RAISED as error:
        response = refused(problem_of(error), accept_of(request))
    response.headers.update(NO_STORE)
    return with_limits(response, request.scope)


async def begun(request: Request) -> Response:
    """The session; whoever has a wrong code is counted, and with a right one has paid at the login."""
    parts: Parts = request.app.state.parts
    asking = parts.entrance.anonymous(request.scope)
    try:
        code = (await json_object(request)).get("code")
        if not isinstance(code, str):
            raise Reason.CODE_UNKNOWN.refusal()
        await refuse_in_maintenance(asking)
        made = await session_of(asking, code)
    except Refusal:
        await parts.quota.charge(asking, request.scope)
        raise
    content = {
        "token": made.token,
        "token_type": "bearer",
        "expires_at": made.expires_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "launch": made.launch_id,
    }
    return JSONResponse(content, HTTPStatus.OK)
