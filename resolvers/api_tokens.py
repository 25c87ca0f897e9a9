"""API tokens, in the form of Laravel Sanctum's: made, shown once, recognised by a digest, and revoked."""

import hmac
import re
import secrets
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from db import api_tokens as rows
from db.api_tokens import KnownToken
from db.connections.database import Transaction
from resolvers.abilities import EVERY_ABILITY, Ability
from resolvers.access import require
from resolvers.context import Request, Viewer
from resolvers.errors import Forbidden, Mistake, Unauthenticated
from resolvers.policy import Operation
from resolvers.text import text

PREFIX = "kakehashi_"
ALPHANUMERIC = string.ascii_letters + string.digits
ENTROPY = 40
SECRET = re.compile(f"{PREFIX}([A-Za-z0-9]{{{ENTROPY}}})([0-9a-f]{{8}})")
LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Presented:
    """A token as a request brings it, its checksum right: the number it says, and the digest of its secret."""

    id: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """A new token: its number, and its text, which is shown this once."""

    id: int
    plain_text: str
    expires_at: datetime | None


def new_secret() -> str:
    """A secret: prefix, 40 random letters and digits, and the CRC-32 of these, by which a typing error is seen."""
    entropy = "".join(secrets.choice(ALPHANUMERIC) for _ in range(ENTROPY))
    return f"{PREFIX}{entropy}{checksum(entropy)}"


def checksum(entropy: str) -> str:
    """CRC-32 in eight hexadecimal digits, as PHP's hash('crc32b') writes it."""
    return f"{zlib.crc32(entropy.encode('ascii')):08x}"


def is_secret(secret: str) -> bool:
    """Whether a text has the form of a secret, its checksum included."""
    found = SECRET.fullmatch(secret)
    return found is not None and checksum(found[1]) == found[2]


def digest_of(secret: str) -> bytes:
    """What is kept of a secret: the SHA-256 of its whole text, as Sanctum keeps it."""
    return sha256(secret.encode("ascii")).digest()


def recognised(presented: Presented, known: KnownToken | None, now: datetime) -> KnownToken:
    """The token that was presented; Unauthenticated for an unknown, revoked, wrong or expired one."""
    expected = b"" if known is None else known.digest
    if not hmac.compare_digest(expected, presented.digest) or known is None:
        raise Unauthenticated("This token is not known, or was revoked.", reason="token_unknown")
    if known.expires_at is not None and known.expires_at <= now:
        raise Unauthenticated("This token has expired. Sign in again.", reason="token_expired")
    return known


async def create_token(
    request: Request,
    *,
    name: str,
    abilities: Sequence[str],
    expires_at: datetime | None,
    documents_only: bool | None = None,
) -> Made | list[Mistake]:
    """Make a token for oneself; Forbidden for one that may do more than one's own token. Gives mistakes instead.

    `documents_only` None is as one's own token is.
    """
    viewer = require(request.viewer, Operation.MANAGE_TOKENS, "Mutation.createApiToken")
    wanted = list(dict.fromkeys(abilities))
    mistakes = [*name_mistakes(name), *ability_mistakes(wanted), *expiry_mistakes(expires_at, request.now)]
    if mistakes:
        return mistakes
    refuse_beyond_own(viewer, wanted)
    only = viewer.documents_only if documents_only is None else documents_only
    refuse_looser(viewer, documents_only=only)
    async with request.writing() as transaction:
        return await made(transaction, viewer.user_id, text(name), wanted, expires_at, request.now, documents_only=only)


async def made(  # one row, its columns in their order
    transaction: Transaction,
    user_id: int | None,
    name: str,
    abilities: Sequence[str],
    expires_at: datetime | None,
    now: datetime,
    *,
    documents_only: bool = False,
) -> Made:
    """Make and keep a token of an account."""
    if user_id is None:
        raise TypeError("A token belongs to an account.")
    secret = new_secret()
    token_id = await rows.add(
        transaction,
        user_id=user_id,
        name=name,
        digest=digest_of(secret),
        abilities=abilities,
        expires_at=expires_at,
        documents_only=documents_only,
        now=now,
    )
    return Made(token_id, f"{token_id}|{secret}", expires_at)


async def revoke_token(request: Request, token_id: int) -> bool:
    """Revoke one of one's own tokens, at once; whether there was such a one."""
    viewer = require(request.viewer, Operation.MANAGE_TOKENS, "Mutation.revokeApiToken")
    if viewer.user_id is None:
        return False
    async with request.writing() as transaction:
        return await rows.revoke(transaction, token_id, user_id=viewer.user_id, now=request.now)


def refuse_beyond_own(viewer: Viewer, abilities: Sequence[str]) -> None:
    """A token cannot make one that may do more than itself."""
    if viewer.abilities is None:
        return
    beyond = [ability for ability in abilities if ability not in viewer.abilities]
    if beyond:
        raise Forbidden(
            f"This token cannot grant {', '.join(beyond)}, which it does not have itself.",
            reason="ability_beyond_own",
            field="abilities",
        )


def refuse_looser(viewer: Viewer, *, documents_only: bool) -> None:
    """A token that runs registered documents alone cannot make one that runs others."""
    if viewer.documents_only and not documents_only:
        raise Forbidden(
            "This token runs registered documents only, and so does every token that it makes.",
            reason="documents_only_beyond_own",
            field="documentsOnly",
        )


def name_mistakes(name: str, *, field: str = "name") -> list[Mistake]:
    """A name has from 1 to 255 characters; `field` is the argument that gives it."""
    if len(name.strip()) > 0 and len(name) <= LONGEST_NAME:
        return []
    return [Mistake((field,), "NAME_LENGTH", f"The name must have from 1 to {LONGEST_NAME} characters.")]


def ability_mistakes(abilities: Sequence[str]) -> list[Mistake]:
    """At least one ability, and known ones only."""
    known = {EVERY_ABILITY, *(ability.value for ability in Ability)}
    if not abilities:
        return [Mistake(("abilities",), "ABILITIES_EMPTY", "The abilities field must have at least 1 item.")]
    unknown = [ability for ability in abilities if ability not in known]
    if not unknown:
        return []
    return [Mistake(("abilities",), "ABILITY_UNKNOWN", "The selected abilities is invalid.")]


def expiry_mistakes(expires_at: datetime | None, now: datetime) -> list[Mistake]:
    """A token that ends does so later than now."""
    if expires_at is None or expires_at > now:
        return []
    return [Mistake(("expiresAt",), "DATE_IN_PAST", "The expires at field must be a date after now.")]
