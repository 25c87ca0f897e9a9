"""What a verified id_token says: first whether it is meant for this login, then values, read one by one.

OpenID Connect Core 1.0, 3.1.3.7. Each way in has its own words for what is wrong (resolvers/reasons.py).
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from resolvers.digests import digest
from resolvers.reasons import Reasons

Claims = Mapping[str, object]

LONGEST_ID, LONGEST_TEXT, LONGEST_URL = 255, 1000, 4096
END_OF_9999 = 253_402_300_799
# What no name has: control characters, and halves of characters.
UNUSABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Clocks differ by so much at most, and nobody's token has to be old.
LEEWAY_S, OLDEST_S = 60, 600
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Parties:
    """Whose an id_token is, for whom, and the login that it answers; `now` is the time in Unix seconds."""

    issuer: str
    client_id: str
    nonce_digest: bytes
    now: float


def check(claims: Claims, parties: Parties, reasons: type[Reasons]) -> None:
    """Raise a Refusal for the first thing by which verified claims are not meant for this login."""
    check_parties(claims, parties, reasons)
    check_times(claims, parties.now, reasons)
    check_nonce(claims, parties.nonce_digest, reasons)


def check_parties(claims: Claims, parties: Parties, reasons: type[Reasons]) -> None:
    """Issuer and audience; whoever names several audiences must say which of them asked (`azp`)."""
    if claims.get("iss") != parties.issuer:
        raise reasons["TOKEN_ISSUER"].refusal("iss")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if parties.client_id not in named or not all(isinstance(one, str) for one in named):
        raise reasons["TOKEN_AUDIENCE"].refusal("aud")
    if (len(named) > 1 or "azp" in claims) and claims.get("azp") != parties.client_id:
        raise reasons["TOKEN_AUDIENCE"].refusal("azp")


def check_times(claims: Claims, now: float, reasons: type[Reasons]) -> None:
    """Not ended, not begun in the future, and issued within the last ten minutes, give or take a minute."""
    issued_at, expires_at = seconds_in(claims, "iat", reasons), seconds_in(claims, "exp", reasons)
    not_before = seconds_in(claims, "nbf", reasons) if "nbf" in claims else issued_at
    if now >= expires_at + LEEWAY_S:
        raise reasons["TOKEN_EXPIRED"].refusal("exp")
    if now > issued_at + OLDEST_S + LEEWAY_S:
        raise reasons["TOKEN_EXPIRED"].refusal("iat")
    if now < max(issued_at, not_before) - LEEWAY_S:
        raise reasons["TOKEN_EARLY"].refusal("iat")


def check_nonce(claims: Claims, expected: bytes, reasons: type[Reasons]) -> None:
    """The nonce is that of this login. Each login is used once, and so no nonce is ever seen twice."""
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(digest(nonce), expected):
        raise reasons["NONCE_WRONG"].refusal("nonce")


def seconds_in(claims: Claims, name: str, reasons: type[Reasons]) -> float:
    """A time in Unix seconds, whole or not (RFC 7519, 2: NumericDate), which must be there."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= END_OF_9999:
        raise reasons["TOKEN_TIMES"].refusal(name)
    return float(value)


def name_in(claims: Claims, name: str) -> str | None:
    """A name of 1 to 255 characters where there is one."""
    value = claims.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_ID and not UNUSABLE.search(value) else None


def text_in(claims: Claims, name: str) -> str | None:
    """A text for people, cut where it is long, without what no text has; None where there is none."""
    value = claims.get(name)
    if not isinstance(value, str):
        return None
    return UNUSABLE.sub(" ", value).strip()[:LONGEST_TEXT] or None


def object_in(claims: Claims, name: str) -> Claims:
    """An object; an empty one where there is none."""
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def is_usable(value: object) -> bool:
    """Whether this is a text that both databases can keep."""
    return isinstance(value, str) and not UNUSABLE.search(value)


def address_in(claims: Claims, name: str) -> str | None:
    """An absolute address of the web where there is one."""
    value = claims.get(name)
    if not isinstance(value, str) or len(value) > LONGEST_URL or UNUSABLE.search(value) or " " in value:
        return None
    try:
        found = urlsplit(value)
    except ValueError:
        return None
    return value if found.scheme in ("https", "http") and found.hostname else None


def flag_in(claims: Claims, name: str) -> bool | None:
    """A yes or a no where there is one; Moodle 3 writes them as texts."""
    value = claims.get(name)
    if isinstance(value, bool):
        return value
    return value == "true" if value in ("true", "false") else None


def email_in(claims: Claims) -> str | None:
    """The mail address, if it looks like one, and the issuer does not say itself that nobody has proved it."""
    found = name_in(claims, "email")
    if found is None or claims.get("email_verified") is False or len(found) > LONGEST_EMAIL:
        return None
    return found if EMAIL.fullmatch(found) else None
