"""Verifies that an id_token was signed by its issuer. What it says is for others to judge."""

from jwt import PyJWS
from jwt.exceptions import InvalidTokenError

from gateway.auth.compact import is_compact, json_object
from gateway.auth.jwks import KeySet
from gateway.auth.platform_keys import KID
from gateway.auth.refusals import InvalidToken
from resolvers.reasons import Reasons

LONGEST = 64 * 1024
ALGORITHM = "RS256"
JWS = PyJWS(algorithms=[ALGORITHM])


async def claims_in(id_token: str, keys: KeySet, reasons: type[Reasons]) -> dict[str, object]:
    """What a token says that one of these keys has signed by RS256, which every issuer has to offer.

    (OpenID Connect Discovery 1.0, 3; LTI Security Framework 1.0, 5.1.3.)

    Raises Unauthenticated for every other token, and KeysUnavailable where no key is known to verify it with. Where
    its header offers a key or an address itself (jwk, jku, x5u), that is not looked at.
    """
    if len(id_token) > LONGEST or not id_token.isascii() or not is_compact(id_token.encode("ascii")):
        raise reasons["TOKEN_MALFORMED"].refusal()
    key = await keys.find(kid_of(id_token, reasons))
    if key is None:
        raise reasons["TOKEN_KEY_UNKNOWN"].refusal()
    try:
        payload = JWS.decode(id_token, key, algorithms=[ALGORITHM])
    except InvalidTokenError:
        raise reasons["TOKEN_SIGNATURE"].refusal() from None
    try:
        return json_object(payload, part="payload")
    except InvalidToken:
        raise reasons["TOKEN_MALFORMED"].refusal() from None


def kid_of(id_token: str, reasons: type[Reasons]) -> str:
    """The name of the key that signed; refused for another algorithm, and for what a header demands to be heeded."""
    try:
        header = JWS.get_unverified_header(id_token)
    except InvalidTokenError:
        raise reasons["TOKEN_MALFORMED"].refusal() from None
    if header.get("alg") != ALGORITHM:
        raise reasons["TOKEN_ALGORITHM"].refusal()
    kid = header.get("kid")
    if "crit" in header or "b64" in header or not isinstance(kid, str) or not KID.fullmatch(kid):
        raise reasons["TOKEN_MALFORMED"].refusal()
    return kid
