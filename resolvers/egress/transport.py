"""Connects to addresses that were looked up and checked for this very request, and to no others.

aiohttp keeps connections by host and port, and asks its resolver only when it makes a new one: a connection that is
used again would pass whatever is checked there. So it is told no names at all. Each request looks up its name, checks
every address that it leads to, and has one of these addresses as the host of its URL; what stands in Host and in the
certificate is given beside it. Connections are thereby kept by the address that was checked: one to an address that
the name does not lead to any more is not used again. Behind all this stands a resolver that finds nothing.
"""

import asyncio
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import TypeAlias

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from resolvers.egress.addresses import Address, Network, is_public, is_within
from resolvers.egress.outcomes import Failed, Refused
from resolvers.egress.target import Target

CONNECT_S = 3.0
# Connections are kept for the hosts that were asked last.
KEPT_HOSTS = 200
# For so long, which is less than servers do: many close what nothing came through for five seconds.
KEPT_S = 4.0
# What is thought of so many addresses is remembered: not where a name leads.
REMEMBERED = 10_000
# Looking a name up takes a thread, and one that nobody answers for keeps it long: these are nobody else's, and enough.
LOOKING_UP = ThreadPoolExecutor(max_workers=64, thread_name_prefix="lookup")

# Finds where a name leads; Failed where it leads nowhere.
Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
Origin: TypeAlias = tuple[str, str, int]


@dataclass(slots=True, eq=False)
class Line:
    """The connections to one host, and how many requests are under way on them."""

    session: ClientSession
    busy: int = 0


class NoNames(AbstractResolver):
    """Finds nothing: whatever is connected to was looked up and checked before."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        """Refuse."""
        raise OSError(f"The name {host} was not looked up and checked beforehand (port {port}, family {family}).")

    async def close(self) -> None:
        """Nothing is open."""


class CheckedTransport:
    """Knows where a request may go, and keeps connections.

    A name is looked up for each request, and what was checked is what is connected to: a name that leads elsewhere a
    moment later gains nothing by it. Hosts share no connections, also where they share an address. `allowed` are
    networks that may be reached beside the public internet, also without TLS.
    """

    def __init__(self, allowed: Sequence[Network], context: ssl.SSLContext, lookup: Lookup) -> None:
        self.is_inside = lru_cache(maxsize=REMEMBERED)(partial(is_within, networks=tuple(allowed)))
        self.is_public = lru_cache(maxsize=REMEMBERED)(is_public)
        self.context = context
        self.lookup = lookup
        self.lines: OrderedDict[Origin, Line] = OrderedDict()
        self.looking: dict[tuple[str, int], asyncio.Task[list[Address]]] = {}

    async def checked(self, target: Target) -> list[Address]:
        """The addresses of a host; Refused where one of them may not be reached, Failed where there is none."""
        found = [target.address] if target.address is not None else await self.found(target.host, target.port)
        inside = [self.is_inside(one) for one in found]
        if not all(known or self.is_public(one) for one, known in zip(found, inside, strict=True)):
            raise Refused("The address leads into a network that may not be reached.")
        if target.scheme == "http" and not all(inside):
            raise Refused("Use an address that begins with https://.")
        return found

    async def found(self, host: str, port: int) -> list[Address]:
        """Where a name leads; Failed where that is nowhere.

        Whoever asks for a name while it is looked up gets the same answer, which is none of before: so a name that
        nobody answers for keeps one thread waiting, and not one for each request.
        """
        looking = self.looking.get((host, port))
        if looking is None:
            looking = self.looking[host, port] = asyncio.create_task(self.looked_up(host, port))
        # Who waits no more does not end it for the others.
        return await asyncio.shield(looking)

    async def looked_up(self, host: str, port: int) -> list[Address]:
        """The look-up itself."""
        try:
            found = [ip_address(one.partition("%")[0]) for one in await self.lookup(host, port)]
        finally:
            del self.looking[host, port]
        if not found:
            raise Failed(f"The name {host} leads nowhere.")
        return found

    @asynccontextmanager
    async def line(self, target: Target) -> AsyncIterator[ClientSession]:
        """The connections to a host, which is now the one that was asked last; they are kept open during the block."""
        origin = (target.scheme, target.host, target.port)
        line = self.lines.get(origin)
        if line is None:
            line = self.lines[origin] = Line(self.session())
        self.lines.move_to_end(origin)
        line.busy += 1
        try:
            yield line.session
        finally:
            line.busy -= 1
            await self.tidy()

    def session(self) -> ClientSession:
        """A client of one host, that keeps nothing but connections and adds nothing to requests."""
        connector = TCPConnector(
            ssl=self.context, resolver=NoNames(), use_dns_cache=False, limit=0, keepalive_timeout=KEPT_S
        )
        return ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            skip_auto_headers=("Content-Type",),
            timeout=ClientTimeout(total=None, sock_connect=CONNECT_S),
        )

    async def tidy(self) -> None:
        """Close the connections to hosts that were asked longest ago, where nothing is under way on them."""
        if len(self.lines) <= KEPT_HOSTS:
            return
        for origin in list(self.lines)[: len(self.lines) - KEPT_HOSTS]:
            if not self.lines[origin].busy:
                await self.lines.pop(origin).session.close()

    async def aclose(self) -> None:
        """Close all connections, and look nothing up any more."""
        looking = list(self.looking.values())
        for one in looking:
            one.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
        while self.lines:
            await self.lines.popitem()[1].session.close()


async def by_the_system(host: str, port: int) -> Sequence[str]:
    """What the system's resolver finds, which also reads what only looks like a name: 127.1, 0x7f.1, 2130706433."""
    try:
        found = await asyncio.get_running_loop().run_in_executor(
            LOOKING_UP, partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        )
    except (OSError, UnicodeError) as error:
        raise Failed(f"The name {host} was not found: {error}") from error
    return [str(address[0]) for *_, address in found]
