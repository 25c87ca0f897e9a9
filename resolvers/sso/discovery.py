"""What an OpenID provider says of itself (OpenID Connect Discovery 1.0): fetched, and held to what signing in needs."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import orjson

from resolvers.egress.client import Failed, Refused
from resolvers.outside import Outside
from resolvers.sso.metadata import Unfit

WELL_KNOWN = "/.well-known/openid-configuration"
ANSWER_S, MOST_BYTES = 10.0, 256 * 1024
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# What a member says where it is not there (Discovery 1.0, 3; RFC 8414, 2).
OTHERWISE = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
# Microsoft Entra ID and others do PKCE, and do not say so.
UNSAID = ("code_challenge_methods_supported",)


async def discovered(issuer: str, token_auth: str, outside: Outside) -> dict[str, object]:
    """The columns that follow from an issuer's configuration; raises Unfit."""
    said = await json_at(f"{issuer.rstrip('/')}{WELL_KNOWN}", outside)
    if said.get("issuer") != issuer:
        raise Unfit(
            "ISSUER_DIFFERS", f"The provider calls itself {str(said.get('issuer'))[:200]!r}: give exactly this."
        )
    found = {name: said.get(name) for name in ENDPOINTS}
    for name, url in found.items():
        await refuse_address(name, url, outside)
    needed = {
        "response_types_supported": "code",
        "id_token_signing_alg_values_supported": "RS256",
        "code_challenge_methods_supported": "S256",
        "token_endpoint_auth_methods_supported": token_auth,
    }
    for name, value in needed.items():
        if not offers(said, name, value):
            raise Unfit("PROVIDER_LACKS", f"The provider does not offer {value} ({name}).")
    await refuse_keys(str(found["jwks_uri"]), outside)
    authorization, token, keys = (str(found[name]) for name in ENDPOINTS)
    return {"sign_on_url": authorization, "token_url": token, "jwks_url": keys}


def offers(said: Mapping[str, object], name: str, value: str) -> bool:
    """Whether a list in the configuration has a value."""
    told = said.get(name, OTHERWISE.get(name))
    return (told is None and name in UNSAID) or (isinstance(told, list) and value in told)


async def refuse_address(name: str, url: object, outside: Outside) -> None:
    """An endpoint is an address that requests may go to, without a fragment."""
    if not isinstance(url, str) or urlsplit(url).fragment:
        raise Unfit("ENDPOINT_MISSING", f"The provider names no usable {name}.")
    try:
        await outside.egress.check(url)
    except (Refused, Failed) as problem:
        raise Unfit("ENDPOINT_REFUSED", f"{name}: {problem}") from None


async def refuse_keys(url: str, outside: Outside) -> None:
    """There is a key by which id_tokens are signed."""
    keys = (await json_at(url, outside)).get("keys")
    members = [one for one in keys if isinstance(one, dict)] if isinstance(keys, list) else []
    good = (one for one in members if one.get("kty") == "RSA" and one.get("use", "sig") == "sig" and one.get("kid"))
    if next(good, None) is None:
        raise Unfit("KEYS_MISSING", "The provider publishes no RSA key with a kid that signs.")


async def json_at(url: str, outside: Outside) -> Mapping[str, object]:
    """The JSON object at an address; raises Unfit."""
    body = await fetched(url, "application/json", outside)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise Unfit("NO_JSON", f"{url} is no JSON object.")
    return found


async def fetched(url: str, accept: str, outside: Outside) -> bytes:
    """What lies at an address; raises Unfit."""
    try:
        reply = await outside.egress.send(
            "GET", url, headers={"Accept": accept}, seconds=ANSWER_S, most_bytes=MOST_BYTES
        )
    except Refused as problem:
        raise Unfit("URL_REFUSED", str(problem)) from None
    except Failed as problem:
        raise Unfit("NO_ANSWER", f"{url}: {problem}") from None
    if reply.status != HTTPStatus.OK or reply.cut:
        raise Unfit("NO_ANSWER", f"{url} answered {reply.status}, and not 200 with at most {MOST_BYTES} bytes.")
    return reply.body
