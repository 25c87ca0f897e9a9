"""Where people of an organization begin to sign in, and its metadata."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.forms import query
from gateway.parts import Parts
from gateway.sso import cookies
from gateway.sso.addresses import provider_of
from gateway.sso.answering import NO_STORE, answered, charge
from resolvers.operations import refuse_in_maintenance
from resolvers.sso import logins
from resolvers.sso.reasons import Reason
from resolvers.sso.saml_requests import metadata as metadata_of

STATE = "state"
MOST = {STATE: 255}
METADATA = "application/samlmetadata+xml"


async def start(request: Request) -> Response:
    """Send the browser on to the organization's identity provider, or say why not.

    `state` is given back to the registered page, so that it knows the sign-in for the one that it began.
    """
    if request.method == "HEAD":
        # Whoever only wants to know whether the address answers must not begin a login by it.
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", headers={"Allow": "GET"})
    provider = provider_of(request)

    async def begun(request: Request) -> Response:
        parts: Parts = request.app.state.parts
        await charge(request)
        await refuse_in_maintenance(parts.entrance.anonymous(request.scope))
        page_state = query(request, MOST, Reason).get(STATE)
        number = request.path_params["organization"]
        found = await logins.begin(parts.database, number, provider, page_state)
        response = RedirectResponse(found.onward, HTTPStatus.FOUND, headers=NO_STORE)
        cookies.keep(response, provider, found.key, found.secret, found.protocol)
        return response

    return await answered(request, begun)


async def metadata(request: Request) -> Response:
    """What a SAML identity provider is told of this server; it is the same whether or not an organization is there."""
    return Response(metadata_of(provider_of(request), request.path_params["organization"]), media_type=METADATA)
