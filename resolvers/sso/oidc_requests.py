"""What an OpenID provider is asked: who somebody is, by its authorization endpoint, and for the id_token.

OpenID Connect Core 1.0, 3.1 (authorization code flow), with PKCE (RFC 7636).
"""

import base64
from hashlib import sha256
from http import HTTPStatus
from urllib.parse import quote_plus, urlencode, urlsplit, urlunsplit

import orjson

from db.sso.logins import Configuration
from resolvers.egress.client import Failed, Refused, Reply
from resolvers.outside import Outside
from resolvers.service_provider import ServiceProvider
from resolvers.sso.reasons import Reason

SCOPE = "openid email profile"
POST = "client_secret_post"
ANSWER_S, MOST_BYTES = 5.0, 256 * 1024


def address(configuration: Configuration, provider: ServiceProvider, state: str, nonce: str, verifier: str) -> str:
    """The authorization endpoint, with whatever its own query says."""
    asked = {
        "response_type": "code",
        "scope": SCOPE,
        "client_id": configuration.client_id,
        "redirect_uri": provider.redirect_uri,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    return with_query(configuration.sign_on_url, asked)


def with_query(url: str, asked: dict[str, str]) -> str:
    """An address with further parameters."""
    found = urlsplit(url)
    query = "&".join(part for part in (found.query, urlencode(asked)) if part)
    return urlunsplit(found._replace(query=query, fragment=""))


def challenge(verifier: str) -> str:
    """What is shown of a code verifier beforehand (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


async def id_token(
    configuration: Configuration, provider: ServiceProvider, outside: Outside, code: str, verifier: str
) -> str:
    """The id_token that a code is changed for; refused where the provider gives none. Raises WrongSeal."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.redirect_uri,
        "code_verifier": verifier,
    }
    secret = None if configuration.client_secret is None else outside.sealer.opened(configuration.client_secret)
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    if secret is None or configuration.token_auth == POST:
        form |= {"client_id": configuration.client_id} | ({} if secret is None else {"client_secret": secret})
    else:
        headers["Authorization"] = basic(configuration.client_id, secret)
    try:
        reply = await outside.egress.send(
            "POST",
            configuration.token_url or "",
            headers=headers,
            body=urlencode(form).encode(),
            seconds=ANSWER_S,
            most_bytes=MOST_BYTES,
        )
    except (Refused, Failed):
        raise Reason.PROVIDER_AWAY.refusal("token_endpoint") from None
    return token_in(reply)


def basic(client_id: str, secret: str) -> str:
    """The header of client_secret_basic, in which both are form-encoded first (RFC 6749, 2.3.1)."""
    told = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(told.encode()).decode()}"


def token_in(reply: Reply) -> str:
    """The id_token in a good answer."""
    try:
        told = orjson.loads(reply.body) if reply.status == HTTPStatus.OK and not reply.cut else None
    except orjson.JSONDecodeError:
        told = None
    found = told.get("id_token") if isinstance(told, dict) else None
    if not isinstance(found, str):
        raise Reason.PROVIDER_AWAY.refusal("id_token")
    return found
