"""Verifies access tokens and says whom they name, remembering what it has verified."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from gateway.auth.compact import LONGEST, json_object, parse
from gateway.auth.jwks import KeySet
from gateway.auth.jwks_document import KID
from gateway.auth.refusals import InvalidToken

DIVERSE_CLAIM = "https://admin2.s-diverse.com/"
"""The claim in which Diverse says who its user is: {"demo": bool, "privileges": [str]}."""

LEEWAY_S = 30
REMEMBERED_S = 300
REMEMBERED_TOKENS = 10_000

_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)
_END_OF_9999 = 253_402_300_799
# Control characters and lone surrogates: no name holds them, and the database would refuse them.
_SUBJECT = re.compile("[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,255}")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says of its bearer; `privileges` may be empty or unknown, `expires_at` is in Unix seconds.

    The user may since have been locked, moved or deleted: only the database knows that.
    """

    uid: str
    privileges: frozenset[str]
    demo: bool
    expires_at: int


@dataclass(frozen=True, slots=True)
class _Verified:
    claims: Claims
    kid: str
    key: RSAPublicKey
    until: float


class AccessTokens:
    """Verifies the RS256 access tokens that one issuer gave for one audience.

    `now` is the wall clock in Unix seconds. What was verified is remembered for at most 5 minutes, and not past the
    token's end or its key's: under the token's digest, since the text is a secret.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        keys: KeySet,
        now: Callable[[], float] = time.time,
        claim: str = DIVERSE_CLAIM,
        remembered_tokens: int = REMEMBERED_TOKENS,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._now = now
        self._claim = claim
        self._most = remembered_tokens
        self._remembered: OrderedDict[bytes, _Verified] = OrderedDict()

    async def claims(self, token: str) -> Claims:
        """What the token says, once it is verified; raises InvalidToken or KeysUnavailable and nothing else."""
        if len(token) > LONGEST or not token.isascii():
            raise InvalidToken("token_malformed", "The access token is not ASCII text within 8 KiB.")
        text = token.encode("ascii")
        digest = sha256(text).digest()
        known = self._remembered.get(digest)
        if known is not None:
            if self._now() < known.until and self._keys.current(known.kid) is known.key:
                self._remembered.move_to_end(digest)
                return known.claims
            if await self._still_stands(known):
                return known.claims
        return await self._verified_anew(text, digest)

    async def ends_in(self, token: str) -> float:
        """In how many seconds a good token ends; raises as `claims` does."""
        return (await self.claims(token)).expires_at + LEEWAY_S - self._now()

    async def _still_stands(self, known: _Verified) -> bool:
        key = await self._keys.find(known.kid)
        return key is known.key and self._now() < known.until

    async def _verified_anew(self, token: bytes, digest: bytes) -> Claims:
        self._remembered.pop(digest, None)
        verified = await self._verify(token)
        self._remembered[digest] = verified
        if len(self._remembered) > self._most:
            self._remembered.popitem(last=False)
        return verified.claims

    async def _verify(self, token: bytes) -> _Verified:
        compact = parse(token)
        kid = _kid(compact.header)
        key = await self._keys.find(kid)
        if key is None:
            raise InvalidToken(
                "token_unknown_key", "The access token is signed with a key that its issuer does not have."
            )
        if not _RS256.verify(compact.signed, key, compact.signature):
            raise InvalidToken("token_signature", "The signature of the access token is wrong.")
        payload = json_object(compact.payload, part="payload")
        now = self._now()
        expires_at = _check_times(payload, now)
        self._check_parties(payload)
        demo, privileges = _rights(payload.get(self._claim))
        claims = Claims(uid=_subject(payload), privileges=privileges, demo=demo, expires_at=expires_at)
        return _Verified(claims=claims, kid=kid, key=key, until=min(expires_at + LEEWAY_S, now + REMEMBERED_S))

    def _check_parties(self, payload: dict[str, object]) -> None:
        if payload.get("iss") != self._issuer:
            raise InvalidToken("token_issuer", "The access token is from another issuer.")
        audience = payload.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if self._audience not in named or not all(isinstance(name, str) for name in named):
            raise InvalidToken("token_audience", "The access token is for another audience.")


def _kid(header: dict[str, object]) -> str:
    """The name of the key to verify with; where the header offers a key or an address itself, that is not looked at."""
    if header.get("alg") != "RS256":
        raise InvalidToken("token_algorithm", "The access token is not signed with RS256.")
    if "crit" in header or "b64" in header:
        raise InvalidToken("token_malformed", "The header of the access token demands an extension that is not known.")
    kid = header.get("kid")
    if not isinstance(kid, str) or not KID.fullmatch(kid):
        raise InvalidToken("token_malformed", "The header of the access token names no key, or not in a lawful way.")
    return kid


def _check_times(payload: dict[str, object], now: float) -> int:
    """When the token ends; refused unless it has begun and has not ended, give or take the leeway."""
    issued_at, expires_at = _time(payload, "iat"), _time(payload, "exp")
    starts_at = _time(payload, "nbf") if "nbf" in payload else issued_at
    if now >= expires_at + LEEWAY_S:
        raise InvalidToken("token_expired", "The access token has expired. Get a new one.")
    if now < max(issued_at, starts_at) - LEEWAY_S:
        raise InvalidToken("token_not_yet_valid", "The access token is not valid yet.")
    return expires_at


def _time(payload: dict[str, object], name: str) -> int:
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _END_OF_9999:
        raise InvalidToken("token_claims", f"The access token has no usable {name}: a whole number of Unix seconds.")
    return value


def _subject(payload: dict[str, object]) -> str:
    subject = payload.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise InvalidToken("token_claims", "The access token has no usable sub: 1 to 255 characters, no control ones.")
    return subject


def _rights(said: object) -> tuple[bool, frozenset[str]]:
    """Demo, privileges. Unreadable privileges are none; an unreadable demo is refused: it might open real rows."""
    if not isinstance(said, dict):
        return False, frozenset()
    demo, privileges = said.get("demo", False), said.get("privileges")
    if not isinstance(demo, bool):
        raise InvalidToken("token_claims", "The access token says demo, but neither true nor false.")
    if not isinstance(privileges, list) or not all(isinstance(privilege, str) for privilege in privileges):
        return demo, frozenset()
    return demo, frozenset(privileges)
