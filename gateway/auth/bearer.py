"""Finds the access token of a request, in its one lawful place: a single Authorization header."""

import re

from gateway.auth.compact import LONGEST, is_compact
from gateway.auth.opaque import BAR, presented
from gateway.auth.refusals import InvalidToken
from resolvers.api_tokens import Presented


def _percent_encoded_or_not(name: str) -> str:
    return "".join(f"(?:{char}|%{ord(char):02x}|%{ord(char.upper()):02x})" for char in name)


_TOKEN_PARAMETER = re.compile(
    f"(?:^|&)(?:{_percent_encoded_or_not('access_')})?{_percent_encoded_or_not('token')}(?:[=&]|$)".encode(),
    re.IGNORECASE,
)


def bearer_token(headers: list[tuple[bytes, bytes]], query_string: bytes) -> str | Presented | None:
    """The token in a request's raw ASGI headers; None without an Authorization header.

    A signed token is a text of three base64url segments, an API token is Presented. Raises InvalidToken for a token
    that is sent in any other way: twice, by another scheme, or in the query string, where it would end in logs.
    """
    credential = _credential(headers, query_string)
    if credential is None:
        return None
    if BAR in credential:
        return presented(credential)
    if not is_compact(credential):
        raise InvalidToken("token_malformed", "The access token is not three segments of base64url.")
    return credential.decode("ascii")


def _credential(headers: list[tuple[bytes, bytes]], query_string: bytes) -> bytes | None:
    if _TOKEN_PARAMETER.search(query_string):
        raise InvalidToken("token_malformed", "Send the access token in the Authorization header, not in the URL.")
    values = [value for name, value in headers if name == b"authorization"]
    if not values:
        return None
    if len(values) > 1:
        raise InvalidToken("token_malformed", "The request has more than one Authorization header. Send one.")
    return _after_bearer(values[0])


def _after_bearer(value: bytes) -> bytes:
    if len(value) > LONGEST:
        raise InvalidToken("token_malformed", "The Authorization header is longer than 8 KiB.")
    scheme, _, credential = value.partition(b" ")
    if scheme.lower() != b"bearer":
        raise InvalidToken("token_malformed", "The Authorization header does not use the Bearer scheme.")
    if not credential.strip(b" "):
        raise InvalidToken("token_missing", "The Authorization header has no access token after Bearer.")
    return credential.strip(b" ")
