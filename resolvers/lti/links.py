"""Where a page of an answer is followed by another one (RFC 8288)."""

import re
from urllib.parse import urljoin, urlsplit

from resolvers.egress.client import Reply

# A link and what stands behind it, up to the next one; then the parameters there, quoted or not (RFC 8288, 3).
LINK = re.compile(r"""<([^<>]*)>((?:"[^"]*"|[^"<])*)""")
PARAMETER = re.compile(r"""(?:^|;)\s*([^\s=;,"]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]*))""")
# Moodle writes typographic quotation marks around the kind.
MARKS = "“”"


def next_page(reply: Reply, address: str) -> str | None:
    """Where the page behind this one is, which was asked for at an address; None where this is the last one.

    ValueError where that is no address.
    """
    for link, behind in LINK.findall(reply.headers.get("link", "")):
        if "next" in kinds_in(behind):
            return str(urljoin(address, link.strip()))
    return None


def kinds_in(behind: str) -> list[str]:
    """The kinds of link that its parameters say it is."""
    told = [quoted or bare for name, quoted, bare in PARAMETER.findall(behind) if name.lower() == "rel"]
    return [word.strip(MARKS).lower() for kinds in told for word in kinds.split()]


def same_server(one: str, other: str) -> bool:
    """Whether two addresses are of one server: nobody else gets our token. ValueError where one is no address."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]
