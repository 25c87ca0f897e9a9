"""Which addresses an outgoing request may reach: public ones, and what the operator allows beside them.

Python's own `is_global` is no help: 3.11 takes NAT64, 6to4, multicast and site-local addresses for global ones.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# IANA's registry of special addresses, multicast, what is reserved, and where Azure's machines find their host.
DENIED_4 = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",
    )
)
# Of IPv6 only this is given out as global unicast; it leaves out loopback, NAT64, local, site-local and multicast ones.
GLOBAL_6 = IPv6Network("2000::/3")
# Within it: special purposes (Teredo and ORCHID too), documentation, 6to4, AS112.
DENIED_6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


def plain(address: Address) -> Address:
    """The address that is reached: IPv4 written as IPv6 (::ffff:0:0/96) is IPv4."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet's."""
    reached = plain(address)
    if isinstance(reached, IPv4Address):
        return not any(reached in block for block in DENIED_4)
    return reached in GLOBAL_6 and not any(reached in block for block in DENIED_6)


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of the networks."""
    return any(plain(address) in network for network in networks)


def networks(value: object) -> tuple[Network, ...]:
    """Networks in CIDR notation, parted by commas; ValueError for what is none."""
    parts = value if isinstance(value, tuple | list) else str(value).split(",")
    try:
        return tuple(ip_network(str(part).strip()) for part in parts if str(part).strip())
    except ValueError as error:
        raise ValueError(f"use networks such as 10.20.0.0/16, parted by commas ({error})") from None
