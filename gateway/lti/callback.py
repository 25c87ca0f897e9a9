"""Where platforms post who comes: the only redirect_uri of the tool (Security Framework 1.0, 5.1.1.3).

Each step may refuse, in this order: the form, the state, the browser, the login's one use, the signature, what is
said, the person, what was launched. From the login's one use on, nothing that was sent is good for a second try.
"""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from db.lti.logins import Login
from gateway.auth.id_tokens import LONGEST, claims_in
from gateway.forms import form
from gateway.lti import cookies
from gateway.lti.addresses import addresses_of, home_of
from gateway.lti.answering import answered
from gateway.lti.login import NO_STORE
from gateway.lti.pages import fetch_and_come_back, open_in_new_window
from gateway.parts import Parts
from resolvers.claims import Parties
from resolvers.errors import Refusal
from resolvers.lti import logins
from resolvers.lti.claims import Expected, launch_in
from resolvers.lti.launches import launched, leads_to
from resolvers.lti.reasons import Reason
from resolvers.operations import refuse_in_maintenance
from resolvers.tool import Addresses

STATE, ID_TOKEN, PROOF, ERROR = "state", "id_token", "proof", "error"
# The answer to a wrong id_token is that of a wrong token, and not that of a long field: so it may be longer here.
MOST: Mapping[str, int] = {STATE: 1024, ID_TOKEN: 2 * LONGEST, PROOF: 1024, ERROR: 1024}
# Codes of OAuth 2.0 (RFC 6749, 4.1.2.1) and OpenID Connect; anything else is not repeated.
CODE = re.compile(r"[a-z_]{1,64}")


async def callback(request: Request) -> Response:
    """Let in who comes from a platform, and go on to the page of what was launched; or say why not."""
    tool, home = addresses_of(request), home_of(request)

    async def come(request: Request) -> Response:
        try:
            response = await launch(request, tool, home)
        except Refusal:
            await count(request)
            raise
        if response.status_code != HTTPStatus.FOUND:
            await count(request)
        return response

    return await answered(request, come)


async def count(request: Request) -> None:
    """Count a launch that led nowhere. Whoever is let in has paid at the login, so that a class may come at once."""
    parts: Parts = request.app.state.parts
    await parts.quota.charge(parts.entrance.anonymous(request.scope), request.scope)


async def launch(request: Request, tool: Addresses, home: str) -> Response:
    """The answer to a launch; raises what refuses it."""
    parts: Parts = request.app.state.parts
    given = await form(request, MOST, Reason)
    await refuse_in_maintenance(parts.entrance.anonymous(request.scope))
    if not given.get(ERROR) and not given.get(ID_TOKEN):
        raise Reason.PARAMETER_MISSING.refusal(ID_TOKEN)
    state = given.get(STATE, "")
    login = await logins.login_with(parts.database, state)
    if given.get(ERROR):
        await logins.consume(parts.database, login)
        raise Reason.PLATFORM_REFUSED.refusal(given[ERROR] if CODE.fullmatch(given[ERROR]) else "unknown_error")
    key = logins.key_of(state)
    if not logins.is_of_browser(login, (request.cookies.get(key), proof_in(request, given, tool))):
        return other_ways(request, login, given, tool)
    await logins.consume(parts.database, login)
    address = await admitted(parts, login, given[ID_TOKEN], tool, home)
    response = RedirectResponse(address, HTTPStatus.FOUND, headers=NO_STORE)
    cookies.forget(response, tool, key)
    return response


async def admitted(parts: Parts, login: Login, id_token: str, tool: Addresses, home: str) -> str:
    """Where the person goes whom an id_token names, once everything about it is right."""
    platform = login.platform
    if not platform.is_active:
        raise Reason.PLATFORM_INACTIVE.refusal()
    claims = await claims_in(id_token, parts.platform_keys.of(platform), Reason)
    expected = Expected(
        parties=Parties(platform.issuer, platform.client_id, login.nonce_digest, time.time()),
        deployment_ids=platform.deployment_ids,
        home=home,
        base=tool.base,
    )
    found = await launched(parts.database, platform, launch_in(claims, expected), datetime.now(UTC))
    return leads_to(found, tool, parts.settings.lti_course_page)


def proof_in(request: Request, given: Mapping[str, str], tool: Addresses) -> str | None:
    """The secret that the platform kept for us, where it is our own page that has fetched it.

    Whoever began the login knows the secret, and could have any browser send it from a page of his own: so would
    people be signed in as somebody else. But no page can make a browser say that a form is of another origin.
    """
    site = request.headers.get("sec-fetch-site")
    own = request.headers.get("origin") == tool.origin if site is None else site == "same-origin"
    return given.get(PROOF) if own else None


def other_ways(request: Request, login: Login, given: Mapping[str, str], tool: Addresses) -> Response:
    """How a browser may show itself that kept no cookie: the platform keeps the secret too, or else a new window."""
    if login.storage_target is None or PROOF in given:
        return open_in_new_window(again=logins.again(login, tool))
    parts: Parts = request.app.state.parts
    page = parts.settings.lti_course_page
    return fetch_and_come_back(
        origin=logins.origin_of(login.platform),
        target=login.storage_target,
        key=logins.key_of(given[STATE]),
        action=tool.launch_url,
        fields={name: given[name] for name in (STATE, ID_TOKEN)},
        leads_to="" if page is None else Addresses(page).origin,
    )
