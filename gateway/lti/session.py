"""Where the page of a launch changes its code for a session."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from gateway.sessions import changed, told
from resolvers.context import Request as Asking
from resolvers.lti.reasons import Reason
from resolvers.lti.sessions import session as session_of


async def session(request: Request) -> Response:
    """A token for the person of a launch."""
    return await changed(request, begun, Reason.CODE_UNKNOWN)


async def begun(asking: Asking, code: str) -> Mapping[str, object]:
    """The session, and the number of the launch."""
    made = await session_of(asking, code)
    return {**told(made.token, made.expires_at), "launch": made.launch_id}
