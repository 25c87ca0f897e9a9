"""Reads the compact form of a signed token (RFC 7515) strictly, so that every other spelling of it is refused."""

import base64
import json
from dataclasses import dataclass
from typing import NoReturn

from gateway.auth.refusals import InvalidToken

LONGEST = 8192
"""Bytes of a token, and of an Authorization header."""

_BASE64URL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True, slots=True)
class Compact:
    """A token taken apart, nothing of it verified; `signed` is what the signature is over."""

    header: dict[str, object]
    payload: bytes
    signature: bytes
    signed: bytes


def is_compact(token: bytes) -> bool:
    """Whether the token is three segments of base64url, none of them empty."""
    return token.translate(None, _BASE64URL) == b".." and all(token.split(b"."))


def parse(token: bytes) -> Compact:
    """Takes a token apart; InvalidToken (token_malformed) unless it is written in the one canonical way."""
    if len(token) > LONGEST or not is_compact(token):
        raise InvalidToken("token_malformed", "The access token is not three segments of base64url within 8 KiB.")
    header, payload, signature = token.split(b".")
    return Compact(
        header=json_object(_bytes(header), part="header"),
        payload=_bytes(payload),
        signature=_bytes(signature),
        signed=token[: -len(signature) - 1],
    )


def json_object(text: bytes, *, part: str) -> dict[str, object]:
    """The JSON object in a token's part; InvalidToken for anything else, and for a member that is named twice."""
    value = _json(text)
    if not isinstance(value, dict):
        raise InvalidToken("token_malformed", f"The {part} of the access token is not one JSON object in UTF-8.")
    return value


def _bytes(segment: bytes) -> bytes:
    # Python's decoder ignores surplus bits at the end; encoding again shows them.
    if len(segment) % 4 != 1:
        decoded = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
        if base64.urlsafe_b64encode(decoded).rstrip(b"=") == segment:
            return decoded
    raise InvalidToken("token_malformed", "The access token is not encoded as canonical base64url.")


def _json(text: bytes) -> object:
    # Unreadable text becomes None, not an exception: JSONDecodeError would carry the token's content along.
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return None


def _unique(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member is named twice")
    return found


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
