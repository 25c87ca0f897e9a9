"""Secrets that are used once, such as states and codes: of each only a digest is kept."""

import hmac
import secrets
from collections.abc import Iterable
from hashlib import sha256

SECRET_BYTES = 32


def new_secret() -> str:
    """A secret that nobody guesses, in letters that stand in any address."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_among(expected: bytes, told: Iterable[str | None]) -> bool:
    """Whether one of these is the secret with this digest."""
    return any(one is not None and hmac.compare_digest(digest(one), expected) for one in told)
