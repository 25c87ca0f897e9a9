"""Which addresses may be reached: the edges of every block, by a table of its own."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from resolvers.egress.addresses import is_public, is_within, networks

# The first and the last address of each block that is denied, and their neighbours, if these are public.
EDGES = [
    ("0.0.0.0", "0.255.255.255", None, "1.0.0.0"),
    ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
    ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
    ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
    ("168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"),
    ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
    ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
    ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
    ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
    ("192.31.196.0", "192.31.196.255", "192.31.195.255", "192.31.197.0"),
    ("192.52.193.0", "192.52.193.255", "192.52.192.255", "192.52.194.0"),
    ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
    ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
    ("192.175.48.0", "192.175.48.255", "192.175.47.255", "192.175.49.0"),
    ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
    ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
    ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
    ("224.0.0.0", "255.255.255.255", "223.255.255.255", None),
    ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, "2000::"),
    ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff::", "2001:db9::"),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:ffff::", "2003::"),
    ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "2620:4f:7fff::", "2620:4f:8001::"),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::", "3fff:1000::"),
    ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:ffff::", None),
]
# What Python 3.11 calls global, or what is easily forgotten.
NOT_PUBLIC = [
    *("::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::7f00:1", "64:ff9b:1::a00:1"),
    *("2002:7f00:1::", "2001:0:1::", "fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "100::1", "5f00::1"),
    *("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "224.0.0.1", "255.255.255.255", "192.88.99.1"),
]
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450:4009::200e", "::ffff:8.8.8.8"]


@pytest.mark.parametrize(("first", "last", "before", "behind"), EDGES)
def test_a_block_is_denied_from_its_first_address_to_its_last(
    first: str, last: str, before: str | None, behind: str | None
) -> None:
    assert not is_public(ip_address(first))
    assert not is_public(ip_address(last))
    for neighbour in (before, behind):
        assert neighbour is None or is_public(ip_address(neighbour))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_these_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_these_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_ipv4_in_ipv6_is_what_it_reaches_also_where_networks_are_allowed() -> None:
    allowed = networks("10.20.0.0/16, fd00:1::/32")
    assert allowed == (ip_network("10.20.0.0/16"), ip_network("fd00:1::/32"))
    assert is_within(IPv4Address("10.20.255.1"), allowed)
    assert is_within(IPv6Address("::ffff:10.20.0.1"), allowed)
    assert is_within(IPv6Address("fd00:1::7"), allowed)
    assert not is_within(IPv4Address("10.21.0.1"), allowed)
    assert not is_within(IPv6Address("::10.20.0.1"), allowed)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "intranet", "10.0.0.0/33", "10.0.0.0-10.0.0.9"])
def test_what_is_no_network_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"use networks such as 10\.20\.0\.0/16"):
        networks(text)


def test_no_text_is_no_network() -> None:
    assert networks("") == networks(" , ") == ()
