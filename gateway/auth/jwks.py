"""Keeps the issuer's public keys at hand: when they are fetched, how long they are believed, who waits for them."""

import asyncio
import logging
import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from gateway.auth.jwks_document import KID, JwksUnusable, signature_keys
from gateway.auth.refusals import KeysUnavailable

FRESH_S = 10 * 60
RENEWED_AFTER_S = 9 * 60
SERVED_STALE_S = 24 * 60 * 60
BETWEEN_FETCHES_S = 30

log = logging.getLogger(__name__)


class KeySet:
    """The keys of one issuer by kid, from a `source` that gives the JSON text of a key set or raises JwksUnusable.

    Keys are believed for 10 minutes and renewed in the background from the ninth, so that on a busy server nobody
    waits. While renewing fails they are served for 24 hours, asking again every 30 seconds. An unknown kid asks at
    once, but never within 30 seconds of the last fetch, whoever asked for that one; so no flood of kids becomes a
    flood of fetches, and nothing is remembered about a kid that is unknown. Belongs to one event loop.

    With a `burst` so many fetches may follow each other at once before there is only one in 30 seconds: for an issuer
    whose tokens are of use for a minute, so that a key which it changed just now cannot be waited for. `kids` is what
    its keys may be called.
    """

    def __init__(
        self,
        source: Callable[[], Awaitable[bytes]],
        *,
        now: Callable[[], float] = time.monotonic,
        burst: int = 1,
        kids: re.Pattern[str] = KID,
    ) -> None:
        self._source = source
        self._now = now
        self._kids = kids
        # Each fetch moves the next one 30 seconds away, and so many of them may be ahead of time (GCRA).
        self._ahead_s = (burst - 1) * BETWEEN_FETCHES_S
        self._due_at = -math.inf
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetched_at = -math.inf
        self._attempted_at = -math.inf
        self._fetching: asyncio.Task[None] | None = None

    @classmethod
    def fixed(cls, jwks: Mapping[str, object]) -> "KeySet":
        """A key set that is known beforehand, such as the server's own; it asks nobody."""
        document = orjson.dumps(jwks)

        async def source() -> bytes:
            return document

        return cls(source)

    def current(self, kid: str) -> RSAPublicKey | None:
        """The key if it is known and needs no renewal, without waiting; on None ask `find`.

        A key that did not change is the same object for as long as it is in the set, so `is` tells whether a
        verification that was made with it still stands.
        """
        return self._keys.get(kid) if self._now() - self._fetched_at < RENEWED_AFTER_S else None

    async def find(self, kid: str) -> RSAPublicKey | None:
        """The key called `kid`, or None when the issuer has none; KeysUnavailable when no key at all may be used."""
        key = self.current(kid)
        if key is not None:
            return key
        self._fetch_if_due()
        if self._fetching is not None and not self._answers_without_waiting(kid):
            # Shielded, since the fetch is everybody's: one caller who hangs up must not stop it.
            await asyncio.shield(self._fetching)
        if self._too_old():
            raise KeysUnavailable(max(1, math.ceil(self._due_at - self._ahead_s - self._now())))
        return self._keys.get(kid)

    async def aclose(self) -> None:
        """Stops a fetch that is under way. Whoever made the source closes the source."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def _answers_without_waiting(self, kid: str) -> bool:
        # Past the 10 minutes a caller waits for one attempt; if that fails, the next 10 minutes' callers do not.
        return kid in self._keys and not self._too_old() and self._now() - self._attempted_at < FRESH_S

    def _too_old(self) -> bool:
        return self._now() - self._fetched_at > SERVED_STALE_S

    def _fetch_if_due(self) -> None:
        if self._fetching is None and self._due_at - self._ahead_s <= self._now():
            self._fetching = asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        try:
            self._replace(signature_keys(await self._source(), self._kids))
        except JwksUnusable as problem:
            log.warning("The key set was not renewed, the known keys stay (%d of them). %s", len(self._keys), problem)
        except Exception:
            # Whatever else may be wrong with the source, it must not reach a caller whose key is known.
            log.exception("The key set was not renewed, the known keys stay (%d of them).", len(self._keys))
        finally:
            self._attempted_at = self._now()
            self._due_at = max(self._due_at, self._attempted_at) + BETWEEN_FETCHES_S
            self._fetching = None

    def _replace(self, fetched: dict[str, RSAPublicKey]) -> None:
        known = self._keys
        self._keys = {kid: known[kid] if known.get(kid) == key else key for kid, key in fetched.items()}
        self._fetched_at = self._now()
