"""Where platforms begin a login (Security Framework 1.0, 5.1.1.1), by GET or, as Moodle does, by POST."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.forms import form, query
from gateway.lti import cookies
from gateway.lti.addresses import addresses_of, home_of
from gateway.lti.answering import answered
from gateway.lti.pages import keep_and_go_on
from gateway.parts import Parts
from resolvers.lti import logins
from resolvers.lti.reasons import Reason
from resolvers.operations import refuse_in_maintenance

LONGEST = 4 * 1024
MOST: Mapping[str, int] = dict.fromkeys(logins.PARAMETERS, LONGEST)
NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


async def login(request: Request) -> Response:
    """Send the browser on to the platform, or say why not."""
    if request.method == "HEAD":
        # Whoever only wants to know whether the address answers must not begin a login by it.
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", headers={"Allow": "GET, POST"})
    tool, home = addresses_of(request), home_of(request)

    async def begun(request: Request) -> Response:
        parts: Parts = request.app.state.parts
        asking = parts.entrance.anonymous(request.scope)
        await parts.quota.charge(asking, request.scope)
        sent = await form(request, MOST, Reason) if request.method == "POST" else query(request, MOST, Reason)
        await refuse_in_maintenance(asking)
        # What is empty is as good as not sent.
        given = {name: value for name, value in sent.items() if value}
        found = await logins.begin(parts.database, given, tool, home)
        response = onward(found)
        cookies.keep(response, tool, found.key, found.secret)
        return response

    return await answered(request, begun)


def onward(found: logins.Begun) -> Response:
    """Where the browser goes now: to the platform, and before that through a page that has it keep the secret too."""
    if found.storage_target is None:
        return RedirectResponse(found.onward, HTTPStatus.FOUND, headers=NO_STORE)
    return keep_and_go_on(
        origin=found.origin,
        target=found.storage_target,
        key=found.key,
        value=found.secret,
        onward=found.onward,
    )
