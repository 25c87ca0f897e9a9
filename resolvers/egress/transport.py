"""Connects to addresses that were looked up and checked for this very request, and to no others."""

import asyncio
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeAlias, cast

import httpx2

from resolvers.egress.addresses import Address, Network, is_public, is_within

PORTS = {"https": 443, "http": 80}
MOST_PORT = 65_535
# Connections are kept for the hosts that were asked last.
KEPT_HOSTS = 200

Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
Origin: TypeAlias = tuple[str, str, int]


class Refused(Exception):
    """An address that no request may go to; the message says why, in words for whoever named it."""


@dataclass(slots=True, eq=False)
class Line:
    """The connections to one host, and how many answers are under way on them."""

    transport: httpx2.AsyncHTTPTransport
    busy: int = 0


class Body(httpx2.AsyncByteStream):
    """The body of an answer; its line is busy until it is closed."""

    def __init__(self, stream: httpx2.AsyncByteStream, line: Line) -> None:
        self.stream = stream
        self.line = line

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self.stream:
            yield part

    async def aclose(self) -> None:
        """Close it."""
        self.line.busy -= 1
        await self.stream.aclose()


class CheckedTransport(httpx2.AsyncBaseTransport):
    """Sends a request to where its host's name leads now, if every address that it leads to may be reached.

    The name is looked up once, and what was checked is what is connected to: a name that leads elsewhere a moment later
    gains nothing by it. Hosts share no connections, also where they share an address. `allowed` are networks that may
    be reached beside the public internet, also without TLS.
    """

    def __init__(self, allowed: Sequence[Network], context: ssl.SSLContext, lookup: Lookup) -> None:
        self.allowed = allowed
        self.context = context
        self.lookup = lookup
        self.lines: OrderedDict[Origin, Line] = OrderedDict()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request, to the first address that takes the connection; Refused before any connection is made."""
        addresses = await self.checked(request.url)
        line = self.line(request.url)
        line.busy += 1
        try:
            answer = await first_answer(line.transport, [sent_to(request, address) for address in addresses])
        except BaseException:
            line.busy -= 1
            raise
        answer.stream = Body(cast(httpx2.AsyncByteStream, answer.stream), line)
        return answer

    async def checked(self, url: httpx2.URL) -> list[Address]:
        """The addresses of a URL's host; Refused where one of them may not be reached, or the URL itself may not be."""
        if url.scheme not in PORTS:
            raise Refused("Use an address that begins with https://.")
        if url.userinfo:
            raise Refused("An address with a name or a password in it is not taken.")
        host, port = url.raw_host.decode("ascii"), port_of(url)
        if "%" in host or not 0 < port <= MOST_PORT:
            raise Refused("The address names no host and port that there could be.")
        found = [ip_address(one.partition("%")[0]) for one in await self.lookup(host, port)]
        inside = [is_within(one, self.allowed) for one in found]
        if not all(known or is_public(one) for one, known in zip(found, inside, strict=True)):
            raise Refused("The address leads into a network that may not be reached.")
        if url.scheme == "http" and not all(inside):
            raise Refused("Use an address that begins with https://.")
        return found

    def line(self, url: httpx2.URL) -> Line:
        """The connections to a URL's host, which is now the one that was asked last."""
        origin = (url.scheme, url.host, port_of(url))
        known = self.lines.get(origin)
        if known is None:
            known = self.lines[origin] = Line(httpx2.AsyncHTTPTransport(verify=self.context, trust_env=False))
        self.lines.move_to_end(origin)
        return known

    async def tidy(self) -> None:
        """Close the connections to hosts that were asked longest ago, where nothing is under way on them."""
        for origin in list(self.lines)[: max(0, len(self.lines) - KEPT_HOSTS)]:
            if not self.lines[origin].busy:
                await self.lines.pop(origin).transport.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        while self.lines:
            await self.lines.popitem()[1].transport.aclose()


async def first_answer(transport: httpx2.AsyncHTTPTransport, requests: Sequence[httpx2.Request]) -> httpx2.Response:
    """The answer to the first of some requests whose address takes the connection."""
    for request in requests[:-1]:
        try:
            return await transport.handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            continue
    return await transport.handle_async_request(requests[-1])


def sent_to(request: httpx2.Request, address: Address) -> httpx2.Request:
    """The same request to an address; it still names its host, to the peer and to whoever checks the certificate."""
    host = request.url.raw_host.decode("ascii")
    named = {} if is_literal(host) else {"sni_hostname": host}
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, **named},
    )


def is_literal(host: str) -> bool:
    """Whether a host is an address, as certificates name one, and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def port_of(url: httpx2.URL) -> int:
    """The port of a URL."""
    return PORTS[url.scheme] if url.port is None else url.port


async def by_the_system(host: str, port: int) -> Sequence[str]:
    """What the system's resolver finds, which also reads what only looks like a name: 127.1, 0x7f.1, 2130706433."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError(f"The name {host} was not found: {error}") from error
    return [str(address[0]) for *_, address in found]
