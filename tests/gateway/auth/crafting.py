"""Signs tokens by hand, so that tests can make the ones no library would make."""

import base64
import functools
import hashlib
import hmac
import json

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISSUER = "https://stg-cram.us.auth0.com/"
AUDIENCE = "diverse"
CLAIM = "https://admin2.s-diverse.com/"
NOW = 1_763_446_600

HEADER: dict[str, object] = {"alg": "RS256", "typ": "JWT", "kid": "first"}
PAYLOAD: dict[str, object] = {
    CLAIM: {"demo": False, "privileges": ["cram_school_owner"]},
    "iss": ISSUER,
    "sub": "auth0|685ca7f51c689c6cdef5acca",
    "aud": [AUDIENCE, f"{ISSUER}userinfo"],
    "iat": NOW - 100,
    "exp": NOW + 86_400,
    "scope": "openid offline_access",
    "azp": "1eGhAk3apTP1GvEPVlgK8ZDC6MbW4TDp",
}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        """The time it shows."""
        return self.at


@functools.cache
def _made_once(name: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def private_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key per name for the whole test run; the name is not its kid, so that one kid can change its key."""
    return _made_once(name, bits)


def jwk(name: str, *, kid: str | None = None, bits: int = 2048, **members: object) -> dict[str, object]:
    """The public JWK of the key with that name; a member given as None is left out."""
    numbers = private_key(name, bits).public_key().public_numbers()
    whole: dict[str, object] = {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": kid or name,
        "n": encoded(numbers.n.to_bytes(bits // 8, "big")),
        "e": "AQAB",
        **members,
    }
    return {member: value for member, value in whole.items() if value is not None}


def jwks(*names: str) -> dict[str, object]:
    """A key set of the keys with these names, each under its own name."""
    return {"keys": [jwk(name) for name in names]}


def encoded(part: bytes | dict[str, object]) -> str:
    """Base64url without padding, of bytes or of an object's JSON."""
    octets = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def token(
    payload: bytes | dict[str, object] = PAYLOAD, header: bytes | dict[str, object] = HEADER, *, key: str = "first"
) -> str:
    """The two parts, signed as RS256 says whatever the header says."""
    signed = f"{encoded(header)}.{encoded(payload)}"
    signature = private_key(key).sign(signed.encode(), padding.PKCS1v15(), SHA256())
    return f"{signed}.{encoded(signature)}"


def saying(**claims: object) -> dict[str, object]:
    """The good payload with some of its claims replaced, or left out when given as None."""
    return {name: value for name, value in {**PAYLOAD, **claims}.items() if value is not None}


def hs256_with_the_public_key(header: dict[str, object]) -> str:
    """A token whose HMAC secret is the text of the public key, which everybody knows."""
    secret = private_key("first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{encoded(header)}.{encoded(PAYLOAD)}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def ps256(header: dict[str, object]) -> str:
    """A token with an RSA-PSS signature by the right key."""
    signed = f"{encoded(header)}.{encoded(PAYLOAD)}"
    pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
    return f"{signed}.{encoded(private_key('first').sign(signed.encode(), pss, SHA256()))}"
