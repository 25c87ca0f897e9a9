"""Which document a request names: by its text, by an id (`documentId`), or by Apollo's hash (`persistedQuery`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus

from gateway.json_body import WrongBody

PREFIX = "sha256:"
HASH = re.compile("[0-9a-f]{64}")
# A document identifier of the GraphQL over HTTP draft: unreserved characters, perhaps with a prefix.
IDENTIFIER = re.compile("[A-Za-z0-9._~-]+(:[A-Za-z0-9._~-]+)?")


@dataclass(frozen=True, slots=True)
class Named:
    """A document as a request names it; with neither text nor hash it has an id of a kind that names nothing here.

    Where both are there, they belong together. `automatic` tells that the hash is Apollo's, so that the text may be
    kept under it.
    """

    query: str | None
    sha256: str | None = None
    automatic: bool = False


def hash_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def named_in(given: Mapping[str, object]) -> Named:
    """The document that the parameters `query`, `documentId` and `extensions` name; WrongBody for what names none."""
    query, document_id = given.get("query"), given.get("documentId")
    if query is not None and not isinstance(query, str):
        raise wrong("query is no text.")
    extensions = given.get("extensions")
    apollo = extensions.get("persistedQuery") if isinstance(extensions, Mapping) else None
    if document_id is None and apollo is None:
        if query is None:
            raise wrong("query is missing, and so is documentId.")
        return Named(query)
    # By GET a client may leave the parameter there, and empty.
    text = query or None
    if apollo is None:
        return by_identifier(text, document_id)
    return by_apollo(text, apollo, document_id)


def by_identifier(query: str | None, document_id: object) -> Named:
    """The document with an id; a text beside it must be the one that it names."""
    if not isinstance(document_id, str):
        raise wrong("documentId is no text.")
    prefixed = document_id.startswith(PREFIX)
    found = HASH.fullmatch(document_id.removeprefix(PREFIX)) if prefixed else IDENTIFIER.fullmatch(document_id)
    if found is None:
        raise wrong("documentId is malformed: send sha256: and 64 hexadecimal digits in lower case.")
    named = document_id.removeprefix(PREFIX) if prefixed else None
    if query is not None and named != hash_of(query):
        raise wrong("documentId does not match query")
    return Named(query, named)


def by_apollo(query: str | None, apollo: object, document_id: object) -> Named:
    """The document with Apollo's hash; a text beside it, and an id, must be those that it names."""
    if not isinstance(apollo, Mapping):
        raise wrong("extensions.persistedQuery is no object.")
    if apollo.get("version") != 1:
        raise wrong("Unsupported persisted query version")
    named = apollo.get("sha256Hash")
    if not isinstance(named, str) or HASH.fullmatch(named) is None:
        raise wrong("extensions.persistedQuery.sha256Hash is malformed: send 64 hexadecimal digits in lower case.")
    if query is not None and named != hash_of(query):
        raise wrong("provided sha does not match query")
    if document_id is not None and document_id != f"{PREFIX}{named}":
        raise wrong("documentId does not match extensions.persistedQuery")
    return Named(query, named, automatic=True)


def wrong(message: str) -> WrongBody:
    """A request that names no document in a way that can be understood."""
    return WrongBody(HTTPStatus.BAD_REQUEST, message)
