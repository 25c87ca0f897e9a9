"""Fetches an issuer's key set over HTTP, trusting nothing about the answer."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2

from gateway.auth.jwks_document import JwksUnusable

_DEADLINE_S = 5.0
_LARGEST_BYTES = 256 * 1024
# Without compression the cap on what is received is also the cap on what is unpacked.
_HEADERS = {"accept": "application/json", "accept-encoding": "identity"}


def fetching_client() -> httpx2.AsyncClient:
    """A client for key sets: it follows no redirect and reads no proxy from the environment. The caller closes it."""
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(_DEADLINE_S, connect=3.0),
        follow_redirects=False,
        trust_env=False,
        limits=httpx2.Limits(max_connections=2, max_keepalive_connections=1),
    )


def published_at(
    url: str, client: httpx2.AsyncClient, *, deadline_s: float = _DEADLINE_S
) -> Callable[[], Awaitable[bytes]]:
    """A source for KeySet: each call gets the document at `url`, up to 256 KiB and in time, or raises JwksUnusable."""

    async def document() -> bytes:
        try:
            async with asyncio.timeout(deadline_s):
                return await _body(url, client)
        except TimeoutError:
            raise JwksUnusable(f"{url} did not answer in full within {deadline_s:g} seconds.") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            raise JwksUnusable(f"{url} cannot be fetched: {type(problem).__name__} {problem}") from problem

    return document


async def _body(url: str, client: httpx2.AsyncClient) -> bytes:
    async with client.stream("GET", url, headers=_HEADERS, follow_redirects=False) as response:
        if response.status_code != 200:
            raise JwksUnusable(f"{url} answered {response.status_code}, not 200.")
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > _LARGEST_BYTES:
                raise JwksUnusable(f"{url} answered with more than {_LARGEST_BYTES} bytes.")
        return bytes(body)
