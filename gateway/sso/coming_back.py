"""Where identity providers send people back: the redirect URI of OpenID Connect, and SAML's assertion consumer service.

Each step may refuse, in this order: the form, the state, the browser, the login's one use, the signature, what is
said, the person. From the login's one use on, nothing that was sent is good for a second try.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from db.sso.logins import Login
from gateway.auth.id_tokens import claims_in
from gateway.forms import form, query
from gateway.pages import both, page
from gateway.parts import Parts
from gateway.sso import cookies
from gateway.sso.addresses import provider_of
from gateway.sso.answering import NO_STORE, UNFRAMED, answered
from resolvers.claims import Parties, check
from resolvers.operations import refuse_in_maintenance
from resolvers.service_provider import ServiceProvider
from resolvers.sso import identities, logins, oidc_requests
from resolvers.sso.identities import Identity
from resolvers.sso.reasons import Reason
from resolvers.sso.saml_responses import LONGEST, Awaited, said
from resolvers.sso.sign_ins import SignedIn, signed_in, use_assertion

STATE, CODE, ERROR, ISSUER = "state", "code", "error", "iss"
RELAY_STATE, RESPONSE = "RelayState", "SAMLResponse"
OF_OIDC = {STATE: 1024, CODE: 8192, ERROR: 1024, ISSUER: 2048}
OF_SAML = {RELAY_STATE: 1024, RESPONSE: LONGEST}
# Codes of OAuth 2.0 (RFC 6749, 4.1.2.1) and OpenID Connect; anything else is not repeated.
ERROR_CODE = re.compile(r"[a-z_]{1,64}")

# Who comes, once everything that was sent is right; the browser's secret of the login is given.
Who: TypeAlias = Callable[[Parts, Login, str, ServiceProvider], Awaitable[Identity]]


async def callback(request: Request) -> Response:
    """Let in who comes from an OpenID provider."""
    if request.method == "HEAD":
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", headers={"Allow": "GET"})
    provider = provider_of(request)

    async def come(request: Request) -> Response:
        given = query(request, OF_OIDC, Reason)

        async def who(parts: Parts, login: Login, secret: str, provider: ServiceProvider) -> Identity:
            return await oidc_identity(parts, login, secret, provider, given)

        return await arrived(request, provider, given.get(STATE, ""), logins.OIDC, who)

    return await answered(request, come, counted=True)


async def consumer(request: Request) -> Response:
    """Let in who comes from a SAML identity provider."""
    provider = provider_of(request)

    async def come(request: Request) -> Response:
        given = await form(request, OF_SAML, Reason)
        if not given.get(RESPONSE):
            raise Reason.PARAMETER_MISSING.refusal(RESPONSE)

        async def who(parts: Parts, login: Login, _secret: str, provider: ServiceProvider) -> Identity:
            return await saml_identity(parts, login, provider, given[RESPONSE])

        return await arrived(request, provider, given.get(RELAY_STATE, ""), logins.SAML, who)

    return await answered(request, come, counted=True)


async def arrived(request: Request, provider: ServiceProvider, state: str, protocol: str, who: Who) -> Response:
    """The answer to whoever comes back; raises what refuses it."""
    parts: Parts = request.app.state.parts
    await refuse_in_maintenance(parts.entrance.anonymous(request.scope))
    login = await logins.login_with(parts.database, state, protocol)
    key = logins.key_of(state)
    secret = request.cookies.get(key)
    logins.refuse_other_browsers(login, [secret])
    await logins.consume(parts.database, login)
    identity = await who(parts, login, secret or "", provider)
    found = await signed_in(parts.database, parts.entrance.desk, login, identity, datetime.now(UTC))
    response = onward(found, provider)
    cookies.forget(response, provider, key)
    return response


async def oidc_identity(
    parts: Parts, login: Login, secret: str, provider: ServiceProvider, given: Mapping[str, str]
) -> Identity:
    """Who comes from an OpenID provider: its code is changed for an id_token, and that is held to everything."""
    configuration = login.configuration
    # Two providers can be mixed up only by who is the one of them (RFC 9207).
    if given.get(ISSUER, configuration.issuer) != configuration.issuer:
        raise Reason.TOKEN_ISSUER.refusal("iss")
    if given.get(ERROR) or not given.get(CODE):
        error = given.get(ERROR, "no code")
        raise Reason.PROVIDER_REFUSED.refusal(error if ERROR_CODE.fullmatch(error) else "unknown_error")
    verifier = logins.verifier_of(secret)
    outside = parts.entrance.outside
    id_token = await oidc_requests.id_token(configuration, provider, outside, given[CODE], verifier)
    claims = await claims_in(id_token, parts.platform_keys.of(configuration), Reason)
    check(claims, Parties(configuration.issuer, configuration.client_id, login.nonce_digest, time.time()), Reason)
    return identities.of_claims(claims, configuration)


async def saml_identity(parts: Parts, login: Login, provider: ServiceProvider, response: str) -> Identity:
    """Who comes from a SAML identity provider: its response is held to everything, and its assertion used up."""
    configuration = login.configuration
    awaited = Awaited(
        configuration.issuer,
        configuration.certificate_pems,
        audience=provider.entity_id(configuration.organization_id),
        acs_url=provider.acs_url,
        request_digest=login.nonce_digest,
        now=datetime.now(UTC),
    )
    told = said(response, awaited)
    await use_assertion(parts.database, login, told)
    return identities.of_attributes(told.subject, told.attributes, configuration)


def onward(found: SignedIn, provider: ServiceProvider) -> Response:
    """The registered page; without one a page that shows the code, for whoever signs in by other means than a page."""
    if found.onward is not None:
        return RedirectResponse(found.onward, HTTPStatus.SEE_OTHER, headers=NO_STORE)
    words = both(
        "You have signed in. Your school has set up no page to go on to; within a minute this code can be changed for a"
        f" token at {provider.session_url}.",
        "サインインしました。移動先のページが設定されていません。次のコードは、1分以内に"
        f" {provider.session_url} でトークンに交換できます。",
    )
    return page(f"{words}<p><code>{escape(found.code)}</code></p>", more=UNFRAMED)
