"""The key that signs access tokens where there is no Auth0: on a developer's own machine."""

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import RSAAlgorithm

from gateway.auth.tokens import DIVERSE_CLAIM
from resolvers.secret_files import kept

FILE_NAME = "development-key.pem"
CLIENT_ID = "kakehashi-development"
KEY_BITS = 2048


class DevelopmentKeyUnreadable(Exception):
    """The key file holds something else; the text says which file and what to do."""


class DevelopmentKey:
    """An RSA key of 2048 bits whose tokens look like Auth0's. Refusing it in production is the caller's business."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self._private = private
        public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        self._members = {"kty": "RSA", "e": str(public["e"]), "n": str(public["n"])}
        self.kid = _thumbprint(self._members)

    @classmethod
    def load_or_create(cls, folder: Path) -> "DevelopmentKey":
        """The key kept in `folder`, made at the first call; two processes that start at once get the same one."""
        path = folder / FILE_NAME
        return cls(_private_key(path, kept(path, _new_pem)))

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public half, as the issuer's key set."""
        return {"keys": [{**self._members, "kid": self.kid, "use": "sig", "alg": "RS256"}]}

    def token(
        self,
        uid: str,
        privileges: Iterable[str],
        *,
        demo: bool,
        issuer: str,
        audience: str,
        lifetime_s: int,
        now: float,
        claim: str = DIVERSE_CLAIM,
    ) -> str:
        """An access token for `uid` with every member that Auth0 gives it; `now` is in Unix seconds."""
        payload = {
            claim: {"demo": demo, "privileges": list(privileges)},
            "iss": issuer,
            "sub": uid,
            "aud": [audience, f"{issuer.rstrip('/')}/userinfo"],
            "iat": int(now),
            "exp": int(now) + lifetime_s,
            "scope": "openid offline_access",
            "azp": CLIENT_ID,
        }
        return jwt.encode(payload, self._private, algorithm="RS256", headers={"kid": self.kid})


def _thumbprint(members: dict[str, str]) -> str:
    """The name that a key has by its own content (RFC 7638)."""
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()


def _new_pem() -> bytes:
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _private_key(path: Path, pem: bytes) -> rsa.RSAPrivateKey:
    private = _checked(pem)
    if private is None:
        raise DevelopmentKeyUnreadable(
            f"{path} is not an RSA key of {KEY_BITS} bits in PEM. Delete it; the next start makes a new one."
        )
    return private


# The same bytes are the same key, and holding a key against its own numbers takes a tenth of a second.
@lru_cache(maxsize=1)
def _checked(pem: bytes) -> rsa.RSAPrivateKey | None:
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return private if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= KEY_BITS else None
