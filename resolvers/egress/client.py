"""The client of outgoing requests: bounded in time and size, following nothing, to addresses that may be reached."""

import asyncio
import os
import ssl
from collections.abc import Mapping, Sequence
from functools import cache

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ConnectionTimeoutError,
    ServerDisconnectedError,
)
from yarl import URL

from resolvers.egress.addresses import Network
from resolvers.egress.outcomes import Failed, Refused, Reply
from resolvers.egress.target import target_of
from resolvers.egress.transport import CONNECT_S, CheckedTransport, Lookup, by_the_system

__all__ = ["Egress", "Failed", "Refused", "Reply"]

# Nothing is asked to be packed, since nothing is unpacked.
HEADERS = {"User-Agent": "Kakehashi", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "keep-alive"}
NO_CONNECTION = (ClientConnectorError, ConnectionTimeoutError)
WORDS: tuple[tuple[type[ClientError], str], ...] = (
    (ConnectionTimeoutError, f"ConnectTimeout: there was no connection within {CONNECT_S:g} seconds."),
    (ServerDisconnectedError, "RemoteProtocolError: the connection ended before there was an answer."),
    (ClientPayloadError, "RemoteProtocolError: the answer is not whole."),
    (ClientResponseError, "RemoteProtocolError: what came is no HTTP."),
)


@cache
def system_context() -> ssl.SSLContext:
    """What trusts whom the system trusts; read once by a process, since there are hundreds of certificates."""
    return ssl.create_default_context()


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
        self.transport = CheckedTransport(allowed, context or system_context(), lookup)

    async def check(self, url: str) -> None:
        """Say beforehand whether a request to a URL would be sent: Refused where not, Failed where nobody knows."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self.transport.checked(target_of(url))
        except TimeoutError:
            raise Failed(f"Its name was not found within {CONNECT_S:g} seconds.") from None

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
        within so many seconds. A GET is sent once more where the connection ended before there was an answer.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self.exchanged(method, url, headers or {}, body, most_bytes)
        except ClientError as problem:
            raise Failed(told(problem)) from problem
        except TimeoutError:
            raise Failed(f"There was no whole answer within {seconds:g} seconds.") from None

    async def exchanged(self, method: str, url: str, headers: Mapping[str, str], body: bytes, most: int) -> Reply:
        """The exchange itself, with the first address that takes the connection."""
        target = target_of(url)
        *others, last = [target.at(address) for address in await self.transport.checked(target)]
        given = {**HEADERS, **headers, "Host": target.named}
        async with self.transport.line(target) as session:
            for place in others:
                try:
                    return await answered(session, method, place, target.host, given, body, most)
                except NO_CONNECTION:
                    continue
            return await answered(session, method, last, target.host, given, body, most)

    async def aclose(self) -> None:
        """Close all connections."""
        await self.transport.aclose()


async def answered(
    session: ClientSession, method: str, url: URL, host: str, headers: Mapping[str, str], body: bytes, most: int
) -> Reply:
    """What is answered at an address; certificates are held to the host's name."""
    sending = session.request(
        method, url, headers=headers, data=body or None, allow_redirects=False, server_hostname=host
    )
    # A connection of which not everything was read is closed at the end of the block.
    async with sending as answer:
        received = bytearray()
        async for part in answer.content.iter_any():
            received += part
            if len(received) > most:
                break
        return Reply(answer.status, headers_of(answer), bytes(received[:most]), len(received) > most)


def headers_of(answer: ClientResponse) -> dict[str, str]:
    """The headers of an answer; those that came several times are one, parted by commas."""
    found: dict[str, str] = {}
    for name, value in answer.raw_headers:
        known, text = name.decode("ascii", "replace").lower(), value.decode("utf-8", "replace")
        found[known] = f"{found[known]}, {text}" if known in found else text
    return found


def told(problem: ClientError) -> str:
    """What went wrong, in words of our own: the library's name the address that was connected to."""
    if isinstance(problem, ClientConnectorError):
        return f"ConnectError: {unconnected(problem)}."
    return next((words for kind, words in WORDS if isinstance(problem, kind)), "ReadError: the connection broke.")


def unconnected(problem: ClientConnectorError) -> str:
    """Why there is no connection."""
    if isinstance(problem, ClientConnectorCertificateError):
        return str(problem.certificate_error)
    if isinstance(problem, ClientConnectorSSLError):
        return f"there was no agreement about TLS ({problem.os_error})"
    return os.strerror(problem.errno) if problem.errno else "there was none"
