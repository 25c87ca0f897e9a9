"""Fetches an issuer's key set over HTTP, trusting nothing about the answer."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from gateway.auth.jwks_document import JwksUnusable
from resolvers.egress.client import Egress, Failed, Refused

_DEADLINE_S = 5.0
_LARGEST_BYTES = 256 * 1024
_HEADERS = {"Accept": "application/json"}


def published_at(url: str, egress: Egress, *, deadline_s: float = _DEADLINE_S) -> Callable[[], Awaitable[bytes]]:
    """A source for KeySet: each call gets the document at `url`, up to 256 KiB and in time, or raises JwksUnusable."""

    async def document() -> bytes:
        try:
            reply = await egress.send("GET", url, headers=_HEADERS, seconds=deadline_s, most_bytes=_LARGEST_BYTES)
        except Refused as problem:
            raise JwksUnusable(f"{url} may not be fetched. {problem} (KAKEHASHI_EGRESS_ALLOW)") from problem
        except Failed as problem:
            raise JwksUnusable(f"{url} cannot be fetched. {problem}") from problem
        if reply.status != HTTPStatus.OK:
            raise JwksUnusable(f"{url} answered {reply.status}, not 200.")
        if reply.cut:
            raise JwksUnusable(f"{url} answered with more than {_LARGEST_BYTES} bytes.")
        return reply.body

    return document
