"""Ways to write addresses that may not be reached, so that a careless reader takes them for others."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

DENIED_4 = ("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "169.254.169.254", "192.168.0.1", "172.16.0.1")
DENIED_6 = ("::1", "::", "fe80::1", "fec0::1", "fd00:ec2::254", "ff02::1", "::127.0.0.1", "2002:7f00:1::")
NAMES = ("localhost", "LOCALHOST", "localhost.", "LocalHost", "ip6-localhost", "ip6-loopback")
DIGITS = {
    "circled": str.maketrans("123456789", "①②③④⑤⑥⑦⑧⑨"),
    "full width": str.maketrans("0123456789.", "０１２３４５６７８９．"),
    "superscript": str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"),
    "mathematical": str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"),
    "arabic": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
}


def of_4(address: str) -> Iterator[str]:
    """An IPv4 address as hosts that resolvers, browsers or careless programs read as it."""
    a, b, c, d = parts = [int(part) for part in address.split(".")]
    whole = int(IPv4Address(address))
    yield from (address, f"{address}.", f"{a}.{b}.{c * 256 + d}", f"{a}.{(b << 16) + (c << 8) + d}", str(whole))
    yield from (hex(whole), hex(whole).upper().replace("X", "x"), f"0X{whole:X}", f"0{whole:o}", f"0x00000000{whole:x}")
    yield from (".".join(map(hex, parts)), ".".join(f"0{part:o}" for part in parts), f"{a:#x}.{b}.0{c:o}.{d}")
    yield from (".".join(f"{part:03}" for part in parts), ".".join(f"0000{part:o}" for part in parts))
    yield from (f"{a + 256}.{b}.{c}.{d}", f"{whole + 2**32}", f"%{ord(address[0]):x}{address[1:]}")
    yield from (address.replace(".", "。"), address.replace(".", "｡"), address.replace(".", "．"))
    yield from (address.translate(table) for table in DIGITS.values())
    yield from (
        f"{address}%00.example.com",
        f"{address}%20",
        f"\N{ZERO WIDTH SPACE}{address}",
        f"{address}\N{SOFT HYPHEN}",
    )
    for written in (f"::ffff:{address}", f"::ffff:{whole >> 16:x}:{whole & 0xFFFF:x}", f"::{address}"):
        yield from (f"[{written}]", f"[{written.upper()}]", f"[{IPv6Address(written).exploded}]")
    yield from (f"[64:ff9b::{address}]", f"[64:ff9b:1::{address}]", f"[2002:{whole >> 16:x}:{whole & 0xFFFF:x}::]")


def of_6(address: str) -> Iterator[str]:
    """An IPv6 address in several ways."""
    yield from (f"[{address}]", f"[{address.upper()}]", f"[{IPv6Address(address).exploded}]", address)
    yield from (
        f"[{address}%25lo]",
        f"[{address}%lo]",
        f"[{address}%1]",
        f"[0{address}]" if address[0] != ":" else "[0::0]",
    )


def hosts() -> list[str]:
    """All of them, each once."""
    found = [*NAMES]
    found += [host for address in DENIED_4 for host in of_4(address)]
    found += [host for address in DENIED_6 for host in of_6(address)]
    return list(dict.fromkeys(found))


def urls(port: int) -> list[str]:
    """Addresses on a port with these hosts, and some that hide where the host is."""
    found = [f"{scheme}://{host}:{port}/" for host in hosts() for scheme in ("http", "https")]
    for scheme in ("http", "https", "HTTP", "hTTps"):
        loopback = f"127.0.0.1:{port}"
        found += [f"{scheme}://example.com@{loopback}/", f"{scheme}://a:b@{loopback}/", f"{scheme}:///{loopback}/"]
        found += [
            f"{scheme}://{loopback}#@example.com/",
            f"{scheme}://{loopback}?@example.com/",
            f"{scheme}:{loopback}/",
        ]
        found += [f"{scheme}://{loopback}\\@example.com/", f"{scheme}:\\\\{loopback}\\", f" {scheme}://{loopback}/"]
        found += [f"{scheme}://127.0.0.1\t:{port}/", f"{scheme}://127.0.0.1\r\n:{port}/", f"{scheme}://@{loopback}/"]
    found += [f"//127.0.0.1:{port}/", f"127.0.0.1:{port}", "", "/", "https://", "http://:80/", "file:///etc/passwd"]
    found += [f"ftp://127.0.0.1:{port}/", f"gopher://127.0.0.1:{port}/_GET", f"ws://127.0.0.1:{port}/", "unix:///tmp/x"]
    return list(dict.fromkeys(found))
