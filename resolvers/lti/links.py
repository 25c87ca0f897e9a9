"""Where a page of an answer is followed by another one (RFC 8288)."""

import re
from urllib.parse import urljoin, urlsplit

from resolvers.egress.client import Reply

# A link and what stands behind it, up to the next one; then the kinds of link that it is (RFC 8288, 3).
LINK = re.compile(r"<([^<>]*)>([^<]*)")
KINDS = re.compile(r"""(?:^|;)\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
# Moodle writes typographic quotation marks around the kind.
MARKS = "“”"


def next_page(reply: Reply, address: str) -> str | None:
    """Where the page behind this one is, which was asked for at an address; None where this is the last one.

    ValueError where that is no address.
    """
    for link, behind in LINK.findall(reply.headers.get("link", "")):
        kinds = [
            word.strip(MARKS).lower() for quoted, bare in KINDS.findall(behind) for word in (quoted or bare).split()
        ]
        if "next" in kinds:
            return str(urljoin(address, link.strip()))
    return None


def same_server(one: str, other: str) -> bool:
    """Whether two addresses are of one server: nobody else gets our token. ValueError where one is no address."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]
