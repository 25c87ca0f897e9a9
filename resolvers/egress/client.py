"""The client of outgoing requests: bounded in time and size, following nothing, to addresses that may be reached."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from resolvers.egress.addresses import Network
from resolvers.egress.transport import CheckedTransport, Lookup, Refused, by_the_system

__all__ = ["Egress", "Failed", "Refused", "Reply"]

CONNECT_S = 3.0
MOST_URL = 2048
NAME = "Kakehashi"


class Failed(Exception):
    """No whole answer came; the message says why, and names no address that was not asked for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered: the body as it came, never unpacked; `cut` where there was more of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool


class Egress:
    """Sends requests for the product itself. Belongs to one event loop; close it at the end.

    `allowed` are networks that may be reached beside the public internet, also by plain http. `context` says whom to
    trust, `lookup` where names lead: the system's unless given.
    """

    def __init__(
        self,
        allowed: Sequence[Network] = (),
        *,
        context: ssl.SSLContext | None = None,
        lookup: Lookup = by_the_system,
    ) -> None:
        trusted = context or httpx2.create_ssl_context(trust_env=False)
        self.transport = CheckedTransport(allowed, trusted, lookup)
        # Nothing that a receiver says is told to the next one, or to itself.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        self.client = httpx2.AsyncClient(transport=self.transport, trust_env=False, cookies=no_cookies)
        self.client.headers = httpx2.Headers({"User-Agent": NAME, "Accept": "*/*", "Accept-Encoding": "identity"})

    async def check(self, url: str) -> None:
        """Say beforehand whether a request to a URL would be sent: Refused where not, Failed where nobody knows."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self.transport.checked(address_in(url))
        except TimeoutError:
            raise Failed(f"Its name was not found within {CONNECT_S:g} seconds.") from None
        except httpx2.HTTPError as problem:
            raise Failed(told(problem)) from problem

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        seconds: float,
        most_bytes: int,
    ) -> Reply:
        """One request and its answer, whatever its status. A redirect is an answer too, and is not followed.

        Of the body at most so many bytes are read. Raises Refused before anything is sent, Failed for no whole answer
        within so many seconds.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self.exchanged(method, url, headers or {}, body, most_bytes)
        except TimeoutError:
            raise Failed(f"There was no whole answer within {seconds:g} seconds.") from None
        except httpx2.HTTPError as problem:
            raise Failed(told(problem)) from problem
        finally:
            await self.transport.tidy()

    async def exchanged(self, method: str, url: str, headers: Mapping[str, str], body: bytes, most: int) -> Reply:
        """The exchange itself."""
        timeouts = httpx2.Timeout(None, connect=CONNECT_S)
        sending = self.client.stream(
            method, address_in(url), headers=dict(headers), content=body, timeout=timeouts, follow_redirects=False
        )
        async with sending as answer:
            received = bytearray()
            async for part in answer.aiter_raw():
                received += part
                if len(received) > most:
                    break
            return Reply(answer.status_code, answer.headers, bytes(received[:most]), len(received) > most)

    async def aclose(self) -> None:
        """Close all connections."""
        await self.client.aclose()


def address_in(url: str) -> httpx2.URL:
    """A URL as it is sent; Refused for what is none, and for what is longer than receivers read."""
    if len(url) > MOST_URL:
        raise Refused(f"An address has at most {MOST_URL} characters.")
    try:
        found = httpx2.URL(url)
    except httpx2.InvalidURL as problem:
        raise Refused(f"This is no address: {problem}") from None
    if not found.host:
        raise Refused("Use an address that begins with https:// and names a host.")
    return found


def told(problem: httpx2.HTTPError) -> str:
    """What went wrong, by the kind that the library gives it."""
    return f"{type(problem).__name__} {problem}".strip()
