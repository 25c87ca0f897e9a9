"""XML of others, read as a tree and no more: no DTD, no entities, no comments, nothing fetched."""

from typing import Any

from lxml import etree

MOST_BYTES = 256 * 1024
SAML, SAMLP = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
DS, MD = "http://www.w3.org/2000/09/xmldsig#", "urn:oasis:names:tc:SAML:2.0:metadata"
NAMESPACES = {"saml": SAML, "samlp": SAMLP, "ds": DS, "md": MD}


class Unreadable(Exception):
    """What is no XML that we read; the message says why."""


def tree_of(document: bytes) -> Any:  # noqa: ANN401  # lxml has no types
    """The root of a document; raises Unreadable.

    Comments and processing instructions are refused, because they part texts: `admin@a.jp<!---->.evil.example` is
    read as two addresses by two readers.
    """
    if len(document) > MOST_BYTES:
        raise Unreadable(f"It is longer than {MOST_BYTES} bytes.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("It is no XML.") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("It has a DOCTYPE.")
    if any(not isinstance(one.tag, str) for one in root.iter()) or beside(root):
        raise Unreadable("It has comments, entities or processing instructions.")
    return root


def beside(root: Any) -> bool:  # noqa: ANN401  # lxml has no types
    """Whether anything stands before or behind the root."""
    return root.getprevious() is not None or root.getnext() is not None


def written(root: Any) -> bytes:  # noqa: ANN401  # lxml has no types
    """A tree as a document."""
    found: bytes = etree.tostring(root)
    return found


def all_in(node: Any, path: str) -> list[Any]:  # noqa: ANN401  # lxml has no types
    """The elements at a path, whose prefixes are those of NAMESPACES."""
    return list(node.findall(path, NAMESPACES))
