"""Where the page changes the code of a sign-in for a session."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from gateway.sessions import changed, told
from resolvers.context import Request as Asking
from resolvers.sso.reasons import Reason
from resolvers.sso.sessions import session as session_of


async def session(request: Request) -> Response:
    """A token for whoever signed in."""
    return await changed(request, begun, Reason.CODE_UNKNOWN)


async def begun(asking: Asking, code: str) -> Mapping[str, object]:
    """The session."""
    made = await session_of(asking, code)
    return told(made.token, made.expires_at)
