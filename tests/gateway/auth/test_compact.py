"""A token has one spelling; every other is refused before its signature is looked at."""

import base64

import pytest

from gateway.auth.compact import json_object, parse
from gateway.auth.refusals import InvalidToken
from tests.gateway.auth.crafting import HEADER, PAYLOAD, encoded, token

GOOD = token()
HEAD, BODY, SIGNATURE = GOOD.split(".")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def with_surplus_bits(segment: str) -> str:
    """The same bytes, in the other spelling that a lenient decoder takes."""
    assert len(segment) % 4 == 2
    altered = segment[:-1] + ALPHABET[ALPHABET.index(segment[-1]) + 1]
    assert base64.urlsafe_b64decode(altered + "==") == base64.urlsafe_b64decode(segment + "==")
    return altered


def test_a_good_token_comes_apart() -> None:
    compact = parse(GOOD.encode())
    assert compact.header == HEADER
    assert json_object(compact.payload, part="payload") == PAYLOAD
    assert len(compact.signature) == 256
    assert compact.signed == f"{HEAD}.{BODY}".encode()


@pytest.mark.parametrize(
    "text",
    [
        f"{GOOD}==",
        f"{GOOD}=",
        f"{GOOD}\n",
        f" {GOOD}",
        f"{HEAD}.{BODY}.{with_surplus_bits(SIGNATURE)}",
        f"{HEAD}.{BODY}.{SIGNATURE[:-1]}",
        f"{HEAD}.{BODY}.{SIGNATURE}AAA",
        f"{HEAD}.{BODY}.",
        f"{HEAD}.{BODY}",
        f"{HEAD}..{SIGNATURE}",
        f"{GOOD}.{SIGNATURE}",
        f"{HEAD}.{BODY}.{SIGNATURE.replace('-', '+').replace('_', '/')}+/",
        "",
        "..",
        f"{HEAD}.{'A' * 8192}.{SIGNATURE}",
    ],
)
def test_any_other_spelling_is_malformed(text: str) -> None:
    with pytest.raises(InvalidToken) as refused:
        parse(text.encode())
    assert refused.value.code == "token_malformed"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b'"RS256"',
        b"{} {}",
        b'{"alg": "RS256", "alg": "none"}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        '{"a": 1}'.encode("utf-32"),
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 5000,
        b'{"a":' * 5000,
        b"{'a': 1}",
    ],
)
def test_a_part_that_is_not_one_plain_json_object_is_malformed_and_leaves_no_trace_of_itself(text: bytes) -> None:
    with pytest.raises(InvalidToken) as refused:
        json_object(text, part="payload")
    assert refused.value.code == "token_malformed"
    assert refused.value.message == "The payload of the access token is not one JSON object in UTF-8."
    assert refused.value.__context__ is None


def test_a_header_that_is_not_json_is_malformed() -> None:
    with pytest.raises(InvalidToken, match="The header of the access token"):
        parse(f"{encoded(b'alg: RS256')}.{BODY}.{SIGNATURE}".encode())
