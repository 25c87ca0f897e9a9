"""Idempotency-Key: what was created under a key is not created again, and its answer is given again.

The answer may hold a secret that is shown once, so it is kept sealed: with a key made of the caller's credential, which
is kept nowhere here. The key belongs to that credential, and is remembered for 24 hours.
"""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.requests import Request
from starlette.responses import Response

from db.connections.database import Database
from db.idempotency import Claim, held, keep
from gateway.doors.problems import Problem, Refused

HEADER, REPLAYED = "idempotency-key", "Idempotent-Replayed"
LONGEST = 255
NONCE_BYTES = 12
PURPOSE = b"kakehashi idempotency answer"


@dataclass(frozen=True, slots=True)
class Once:
    """One request under an Idempotency-Key: its claim, and the key that seals its answer."""

    claim: Claim
    sealing_key: bytes


def once(request: Request, body: bytes) -> Once | None:
    """The claim of a request; None for one without a key. Refused for a key that is none, or more than one."""
    keys = request.headers.getlist(HEADER)
    if not keys:
        return None
    if len(keys) > 1 or not 0 < len(keys[0]) <= LONGEST or not keys[0].isprintable():
        raise Refused(
            Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"Idempotency-Key has from 1 to {LONGEST} characters.", "key")
        )
    credential = request.headers.get("authorization", "").encode("latin-1")
    what = b"\0".join((request.method.encode(), str(request.scope["path"]).encode(), body))
    claim = Claim(digest([credential, keys[0].encode()]), sha256(what).digest())
    derived = HKDF(SHA256(), 32, salt=claim.key, info=PURPOSE).derive(credential)
    return Once(claim, derived)


def digest(parts: Sequence[bytes]) -> bytes:
    """One digest of several parts, each told apart from the next."""
    return sha256(b"".join(sha256(part).digest() for part in parts)).digest()


async def answered_before(database: Database, asked: Once, now: datetime) -> Response | None:
    """The answer that was given under the key; None where the key is free.

    Refused with 422 where something else was asked under it, with 409 where the answer is not known: it is being made
    at this moment, or whoever made it died before it was kept. What was created then stays, and is not made again.
    """
    known = await held(database, asked.claim.key, now)
    if known is None:
        return None
    if known.request_digest != asked.claim.request_digest:
        message = "This Idempotency-Key was used for another request."
        raise Refused(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, message, "idempotency_mismatch"))
    if known.answer is None:
        message = "The request with this Idempotency-Key was carried out, and its answer is not known yet."
        raise Refused(Problem(HTTPStatus.CONFLICT, message, "idempotency_conflict"))
    return opened(known.answer, asked.sealing_key)


async def keep_answer(database: Database, asked: Once, response: Response) -> None:
    """Keep the answer for whoever asks again."""
    kept = {name: value for name, value in response.headers.items() if name in ("content-type", "x-graphql-document")}
    body = base64.b64encode(bytes(response.body)).decode()
    plain = orjson.dumps({"status": response.status_code, "headers": kept, "body": body})
    nonce = os.urandom(NONCE_BYTES)
    await keep(database, asked.claim, nonce + AESGCM(asked.sealing_key).encrypt(nonce, plain, PURPOSE))


def opened(sealed: bytes, sealing_key: bytes) -> Response:
    """The answer inside what was sealed."""
    try:
        plain = AESGCM(sealing_key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], PURPOSE)
    except InvalidTag:
        message = "The answer kept under this Idempotency-Key cannot be read."
        raise Refused(Problem(HTTPStatus.CONFLICT, message, "idempotency_conflict")) from None
    kept = orjson.loads(plain)
    headers = {**kept["headers"], REPLAYED: "true"}
    return Response(base64.b64decode(kept["body"]), kept["status"], headers=headers)
