"""Reads a JSON Web Key Set (RFC 7517) and takes from it the keys that may verify access tokens."""

import re

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

KID = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""What a key may be called; match it in full."""

_SMALLEST_MODULUS_BITS = 2048


class JwksUnusable(Exception):
    """No key can be had from where the key set should be; the text says where and why."""


def signature_keys(document: bytes, kids: re.Pattern[str] = KID) -> dict[str, RSAPublicKey]:
    """The usable keys by kid, never none of them: RSA from 2048 bits, for signatures, for RS256, with a kid.

    Raises JwksUnusable when the document is not a key set or holds no such key. Of two keys with one kid the first
    is taken.
    """
    keys: dict[str, RSAPublicKey] = {}
    for jwk in _members(document):
        kid, key = jwk.get("kid"), _rsa_key(jwk)
        if isinstance(kid, str) and kids.fullmatch(kid) and key is not None:
            keys.setdefault(kid, key)
    if not keys:
        raise JwksUnusable("The key set holds no RSA key from 2048 bits with a kid that is meant for RS256 signatures.")
    return keys


def _members(document: bytes) -> list[dict[str, object]]:
    try:
        parsed = orjson.loads(document)
    except orjson.JSONDecodeError as problem:
        raise JwksUnusable(f"The key set is not JSON: {problem.msg}.") from None
    members = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(members, list):
        raise JwksUnusable("The key set is not a JSON object with a list named keys.")
    return [member for member in members if isinstance(member, dict)]


def _rsa_key(jwk: dict[str, object]) -> RSAPublicKey | None:
    if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
        return None
    n, e = jwk.get("n"), jwk.get("e")
    if not isinstance(n, str) or not isinstance(e, str):
        return None
    try:
        # Only the public members are handed on: with a `d` among them the result would be a private key.
        key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": n, "e": e})
    except (InvalidKeyError, ValueError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= _SMALLEST_MODULUS_BITS else None
