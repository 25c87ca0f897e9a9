"""Where a request's access token may stand, and where not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth.bearer import bearer_token
from gateway.auth.refusals import InvalidToken

GOOD = b"eyJh-bGc_.eyJpc3Mi.c2ln"


def bearer(value: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"kakehashi.test"), (b"authorization", value)]


def refusal(headers: list[tuple[bytes, bytes]], query_string: bytes = b"") -> str:
    with pytest.raises(InvalidToken) as refused:
        bearer_token(headers, query_string)
    return refused.value.code


def test_no_authorization_header_is_no_token() -> None:
    assert bearer_token([(b"host", b"kakehashi.test")], b"page=1") is None


@pytest.mark.parametrize("value", [b"Bearer " + GOOD, b"bearer " + GOOD, b"BEARER   " + GOOD])
def test_the_token_after_bearer_is_found(value: bytes) -> None:
    assert bearer_token(bearer(value), b"page=1") == GOOD.decode()


def test_two_authorization_headers_are_refused_even_when_equal() -> None:
    assert refusal(bearer(b"Bearer " + GOOD) + bearer(b"Bearer " + GOOD)) == "token_malformed"


@pytest.mark.parametrize("value", [b"", b"Basic dXNlcjpwYXNz", GOOD, b"Token " + GOOD, b"Bearer\t" + GOOD])
def test_a_scheme_other_than_bearer_is_refused(value: bytes) -> None:
    assert refusal(bearer(value)) == "token_malformed"


@pytest.mark.parametrize("value", [b"Bearer", b"Bearer ", b"Bearer   "])
def test_an_empty_token_is_a_missing_one(value: bytes) -> None:
    assert refusal(bearer(value)) == "token_missing"


def test_a_header_of_8_kib_is_read_and_one_byte_more_is_refused() -> None:
    longest = b"Bearer " + b"a" * (8192 - 7 - 4) + b".b.c"
    assert len(longest) == 8192
    assert bearer_token(bearer(longest), b"") == longest[7:].decode()
    assert refusal(bearer(longest + b"c")) == "token_malformed"


@pytest.mark.parametrize(
    "credential",
    [
        b"a",
        b"a.b",
        b"a.b.c.d",
        b"a.b.",
        b".b.c",
        b"a..c",
        b"..",
        b"a.b.c==",
        b"a.b.c d",
        b"a+.b.c",
        b"1|abc",
        b"\xff.b.c",
    ],
)
def test_anything_but_three_segments_of_base64url_is_refused(credential: bytes) -> None:
    assert refusal(bearer(b"Bearer " + credential)) == "token_malformed"


@pytest.mark.parametrize(
    "query_string",
    [
        b"access_token=" + GOOD,
        b"token=" + GOOD,
        b"page=1&token=x",
        b"token=",
        b"token",
        b"Access_Token=x",
        b"access%5Ftoken=x",
        b"%74oken=x",
        b"page=1&%54%4F%4B%45%4E=x&per=2",
    ],
)
@pytest.mark.parametrize("headers", [[], bearer(b"Bearer " + GOOD)])
def test_a_token_in_the_query_string_is_refused_with_and_without_a_header(
    headers: list[tuple[bytes, bytes]], query_string: bytes
) -> None:
    assert refusal(headers, query_string) == "token_malformed"


@pytest.mark.parametrize("query_string", [b"like_keyword=token", b"tokens=1", b"my_token=1", b"name=access_token%3Dx"])
def test_the_word_token_elsewhere_in_the_query_string_is_let_through(query_string: bytes) -> None:
    assert bearer_token([], query_string) is None


def test_a_refusal_never_repeats_the_token() -> None:
    with pytest.raises(InvalidToken) as refused:
        bearer_token(bearer(b"Bearer verysecret.token"), b"token=verysecret")
    assert "verysecret" not in str(refused.value) + refused.value.message


@given(value=st.binary(max_size=64) | st.binary(max_size=64).map(lambda octets: b"Bearer " + octets), query=st.binary())
def test_no_bytes_raise_anything_but_a_refusal(value: bytes, query: bytes) -> None:
    try:
        found = bearer_token(bearer(value), query)
    except InvalidToken:
        return
    assert isinstance(found, str)
    assert value.endswith(found.encode()) or value.strip(b" ").endswith(found.encode())
