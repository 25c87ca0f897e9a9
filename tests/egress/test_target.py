"""How URLs are read: one reader, and where it finds a host, every other reader finds the same one."""

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from resolvers.egress.outcomes import Refused
from resolvers.egress.target import PORTS, target_of
from tests.egress.spellings import hosts, urls

# What URLs are made of, and what makes readers disagree about them.
PIECES = [
    *(
        "http",
        "https",
        "HTTPS",
        "ftp",
        "//",
        "/",
        "\\",
        "?",
        "#",
        "@",
        ":",
        "[",
        "]",
        "::1",
        "127.0.0.1",
        "%",
        "%2f",
        "%40",
    ),
    *(
        "a.test",
        "B.TEST",
        "日本語.jp",
        "ＡＢ",
        "。",
        "①",
        ".",
        "-",
        "_",
        "80",
        "443",
        "0",
        "٨",
        "\t",
        "\n",
        " ",
        "\x00",
        "\u00ad",
        ";",
    ),
]


def readings(url: str) -> set[tuple[str, int]]:
    """The hosts and ports that other readers find."""
    found: set[tuple[str | None, int | None]] = set()
    with suppress(ValueError):
        read = URL(url)
        found.add((read.raw_host, read.port))
    with suppress(httpx2.InvalidURL):
        other = httpx2.URL(url)
        found.add((other.raw_host.decode().lower(), PORTS.get(other.scheme) if other.port is None else other.port))
    if url.isascii():
        plain = urlsplit(url)
        found.add((plain.hostname, PORTS.get(plain.scheme) if plain.port is None else plain.port))
    return {(same(host or ""), port or 0) for host, port in found}


def same(host: str) -> str:
    """A host, however an address in it is written."""
    try:
        return str(ip_address(host))
    except ValueError:
        return host


def assert_agreed(url: str) -> None:
    """Where we find a host, everybody finds it."""
    try:
        found = target_of(url)
    except Refused:
        return
    assert readings(url) == {(same(found.host), found.port)}
    built = found.at(ip_address("192.0.2.7"))
    assert (built.raw_host, built.port, built.scheme) == ("192.0.2.7", found.port, found.scheme)
    assert found.named.isascii()
    assert found.named.isprintable()
    assert built.raw_path_qs.isascii()
    assert " " not in built.raw_path_qs


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_readers_agree_on_whatever_is_taken(text: str) -> None:
    for url in (text, f"https://{text}", f"https://a.test{text}", f"https://{text}a.test/"):
        assert_agreed(url)


@given(st.text(max_size=20))
def test_readers_agree_on_any_text_behind_a_host(text: str) -> None:
    for url in (f"https://a.test{text}", f"https://a.test/{text}", f"https://{text}"):
        assert_agreed(url)


def test_readers_agree_on_spellings_of_addresses() -> None:
    for url in [*urls(8080), *[f"https://{host}/" for host in hosts()]]:
        assert_agreed(url)


@pytest.mark.parametrize(
    ("url", "named", "path"),
    [
        ("https://a.test", "a.test", "/"),
        ("HTTPS://A.Test:443/x", "a.test", "/x"),
        ("http://a.test:443/?", "a.test:443", "/"),
        ("https://a.test:/a%2Fb/../c?d=%20%2F&e=?#f", "a.test", "/a%2Fb/../c?d=%20%2F&e=?"),
        ("https://日本語.jp/日?本= ", "xn--wgv71a119e.jp", "/%E6%97%A5?%E6%9C%AC=%20"),
        ("http://[2001:DB8::1]:8080/", "[2001:db8::1]:8080", "/"),
        ("http://a_b.c-d.:81/", "a_b.c-d.:81", "/"),
    ],
)
def test_what_is_asked_for_is_kept_as_it_was_given(url: str, named: str, path: str) -> None:
    found = target_of(url)
    built = found.at(ip_address("2001:db8::5"))
    assert (found.named, built.raw_path_qs, built.raw_host) == (named, path, "2001:db8::5")
