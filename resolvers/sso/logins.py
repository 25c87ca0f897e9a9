"""Logins: somebody wants to come, and the organization's identity provider is asked who that is.

State, nonce and the browser's secret are made here, and digests of them kept: whoever reads the database can use none.
The verifier of PKCE is made of the browser's secret, and so is kept nowhere either.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from db.connections.database import Database
from db.sso import logins as rows
from db.sso.logins import Configuration, Login
from resolvers.digests import digest, is_among, new_secret
from resolvers.service_provider import ServiceProvider
from resolvers.sso import oidc_requests, saml_requests
from resolvers.sso.reasons import Reason

LASTS_S = 600
OIDC, SAML = "oidc", "saml"
MOST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Begun:
    """A login: where the browser goes now, what it keeps until it comes back, and by which protocol it does."""

    onward: str
    key: str
    secret: str
    protocol: str


async def begin(
    database: Database, organization_id: int, provider: ServiceProvider, page_state: str | None = None
) -> Begun:
    """Begin a login of an organization's people; a Refusal where they do not sign in by single sign-on."""
    configuration = None if organization_id > MOST_ID else await rows.configuration_of(database, organization_id)
    if configuration is None or not configuration.enabled:
        raise Reason.NOT_SET_UP.refusal()
    # SAML's requests have IDs that begin with a letter or an underscore (xs:ID).
    state, nonce, secret = new_secret(), f"_{new_secret()}", new_secret()
    values = {
        "configuration_id": configuration.id,
        "state_digest": digest(state),
        "nonce_digest": digest(nonce),
        "browser_digest": digest(secret),
        "page_state": page_state,
    }
    async with database.writing() as transaction:
        await rows.add(transaction, values, lasts_s=LASTS_S)
    onward = asking(configuration, provider, state, nonce, secret)
    return Begun(onward, key_of(state), secret, configuration.protocol)


def asking(configuration: Configuration, provider: ServiceProvider, state: str, nonce: str, secret: str) -> str:
    """The address at which the identity provider is asked who that is."""
    if configuration.protocol == OIDC:
        return oidc_requests.address(configuration, provider, state, nonce, verifier_of(secret))
    return saml_requests.address(configuration, provider, state, nonce)


async def login_with(database: Database, state: str, protocol: str) -> Login:
    """The login that a state belongs to; refused for one that is unknown, used, expired or of another protocol."""
    login = await rows.waiting(database, digest(state))
    if login is None or login.configuration.protocol != protocol:
        raise Reason.STATE_UNKNOWN.refusal()
    if not login.configuration.enabled:
        raise Reason.NOT_SET_UP.refusal()
    return login


async def consume(database: Database, login: Login) -> None:
    """Use a login, whatever comes of it; of two who try at once one is refused."""
    async with database.writing() as transaction:
        used = await rows.consume(transaction, login.id)
    if not used:
        raise Reason.STATE_UNKNOWN.refusal()


def refuse_other_browsers(login: Login, told: Iterable[str | None]) -> None:
    """Refuse a browser of whose secrets none is that of the browser in which the login began."""
    if not is_among(login.browser_digest, told):
        raise Reason.OTHER_BROWSER.refusal()


def verifier_of(secret: str) -> str:
    """The code verifier of PKCE (RFC 7636, 4.1) of the login that a browser's secret belongs to."""
    return base64.urlsafe_b64encode(sha256(f"pkce:{secret}".encode()).digest()).decode().rstrip("=")


def key_of(state: str) -> str:
    """Under which name a browser keeps the secret of a login: one for each, for several tabs may begin one at once."""
    return f"kakehashi_sso_{digest(state).hex()[:16]}"
