"""Reads URLs: once, strictly and by ourselves, because two readers of one URL may find two hosts in it."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from urllib.parse import quote

import idna
from yarl import URL

from resolvers.egress.addresses import Address
from resolvers.egress.outcomes import Refused

PORTS = {"https": 443, "http": 80}
MOST_PORT = 65_535
MOST_URL = 2048
# Of what was read so many are remembered.
REMEMBERED = 1000

FORM = re.compile(r"(https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE)
# A host with a colon in it stands in brackets.
AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::([0-9]*))?")
LIKE_IPV4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
NAME = re.compile(r"[a-z0-9._-]+")
# What is sent as it was given; all else is escaped.
AS_GIVEN = "".join(chr(code) for code in range(0x21, 0x7F))

NO_HTTPS = "Use an address that begins with https:// and names a host."
NO_PLACE = "The address names no host and port that there could be."


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads. `host` is a name in ASCII, or an address without brackets; then `address` is that.

    Resolvers read more as addresses: to us 127.1 and 0x7f.1 are names.
    """

    scheme: str
    host: str
    address: Address | None
    port: int
    path: str
    query: str

    @property
    def named(self) -> str:
        """Host and port as a request names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def at(self, address: Address) -> URL:
        """The same at an address, put together from what was read: nothing of it is read again."""
        host = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
        return URL.build(
            scheme=self.scheme, host=host, port=self.port, path=self.path, query_string=self.query, encoded=True
        )


@lru_cache(maxsize=REMEMBERED)
def target_of(url: str) -> Target:
    """A URL, read; Refused for what is none, for what hides where it leads, and for more than receivers read."""
    if len(url) > MOST_URL:
        raise Refused(f"An address has at most {MOST_URL} characters.")
    if any(one.isascii() and not one.isprintable() for one in url):
        raise Refused("This is no address: it has characters in it that cannot be seen.")
    found = FORM.fullmatch(url)
    if found is None or not found[2]:
        raise Refused(NO_HTTPS)
    scheme, authority, path, query = found.groups(default="")
    if "@" in authority:
        raise Refused("An address with a name or a password in it is not taken.")
    place = AUTHORITY.fullmatch(authority)
    if place is None:
        raise Refused("This is no address: what stands behind // is neither a host nor a host and a port.")
    written, port = place.groups(default="")
    host = host_of(written)
    return Target(
        scheme.lower(),
        host,
        address_of(host),
        port_of(port, scheme.lower()),
        quote(path or "/", safe=AS_GIVEN),
        quote(query, safe=AS_GIVEN),
    )


def host_of(written: str) -> str:
    """A host as it is looked up."""
    try:
        if written.startswith("["):
            IPv6Address(written[1:-1])
            return written[1:-1].lower()
        host = written.lower() if written.isascii() else idna.encode(written.lower()).decode("ascii")
        if LIKE_IPV4.fullmatch(host):
            ip_address(host)
    except ValueError:
        raise Refused(NO_PLACE) from None
    if not NAME.fullmatch(host):
        raise Refused(NO_PLACE)
    return host


def address_of(host: str) -> Address | None:
    """The address that a host is, where it is one."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def port_of(written: str, scheme: str) -> int:
    """A port, or that of the scheme."""
    port = int(written) if written else PORTS[scheme]
    if not 0 < port <= MOST_PORT:
        raise Refused(NO_PLACE)
    return port
