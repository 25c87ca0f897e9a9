"""The tool's own keys: made, published before they sign, and published on for as long as platforms may believe them."""

import asyncio
import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from db.connections.database import Database, Transaction
from db.lti import keys as rows
from db.lti.keys import ToolKey
from resolvers.sealing import Sealer

KEY_BITS = 2048
# Platforms keep what they fetched for up to a day, so a new key is seen for a day before it signs.
SEEN_BEFORE = timedelta(days=1)
SIGNS_FOR = timedelta(days=90)
# What was signed by an old key is believed within minutes; a month forgives a platform that never asks again by itself.
PUBLISHED_ON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What signs: its name in the published set, and its private half as PEM."""

    kid: str
    private_pem: str


async def signing_key(database: Database, sealer: Sealer) -> SigningKey:
    """The key that signs now; the first one is made when it is first needed. Raises WrongSeal."""
    key = signing(await rows.every(database), await rows.now_there(database))
    if key is None:
        key = await rotate(database, sealer, at_once=True)
    return SigningKey(key.kid, sealer.opened(key.sealed))


async def published(database: Database, sealer: Sealer) -> list[dict[str, str]]:
    """The public halves of all keys that are believed, or will sign soon, as members of a JWKS (RFC 7517)."""
    known = await rows.every(database) or [await rotate(database, sealer, at_once=True)]
    return [key.public_jwk for key in known]


async def rotate(database: Database, sealer: Sealer, *, at_once: bool = False) -> ToolKey:
    """Make a new key, which signs after a day, or at once; the others are published for a month beside it.

    Where there is no other, nobody could have seen one, and the first signs at once.
    """
    now = await rows.now_there(database)
    first = not await rows.every(database)
    key = await asyncio.to_thread(made, sealer, now, now if at_once or first else now + SEEN_BEFORE)
    async with database.writing() as transaction:
        await replace(transaction, key)
    return key


async def rotate_if_due(database: Database, sealer: Sealer) -> int:
    """Rotate where the newest key has signed for long enough, and forget those of long ago; gives how many were made.

    Where no key was ever needed there is none to change. Of several processes that do so at once, one does.
    """
    known, now = await rows.every(database), await rows.now_there(database)
    async with database.writing() as transaction:
        await rows.forget(transaction, now)
    if not known or max(key.signs_from for key in known) > now - SIGNS_FOR:
        return 0
    key = await asyncio.to_thread(made, sealer, now, now + SEEN_BEFORE)
    async with database.writing() as transaction:
        if await rows.newest_held(transaction) > now - SIGNS_FOR:
            return 0
        await replace(transaction, key)
    return 1


async def replace(transaction: Transaction, key: ToolKey) -> None:
    """Keep a key, which takes the place of those that sign before it."""
    await rows.add(transaction, key)
    await rows.retire(transaction, before=key, until=key.signs_from + PUBLISHED_ON)


def signing(keys: Sequence[ToolKey], now: datetime) -> ToolKey | None:
    """Of the published keys the newest that signs already; None where there is none."""
    ready = [key for key in keys if key.signs_from <= now]
    return max(ready, key=lambda key: (key.signs_from, key.kid), default=None)


def made(sealer: Sealer, now: datetime, signs_from: datetime) -> ToolKey:
    """A new RSA key. It takes a tenth of a second."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    kid, numbers = secrets.token_urlsafe(16), private.public_key().public_numbers()
    jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": number(numbers.n), "e": number(numbers.e)}
    return ToolKey(kid, sealer.seal(pem), jwk, now, signs_from, None)


def number(value: int) -> str:
    """A number as JWKs write it (RFC 7518, 2: Base64urlUInt)."""
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode("ascii")
