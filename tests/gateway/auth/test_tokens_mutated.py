"""No altered token is good, and none raises anything but a refusal."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.auth.jwks import KeySet
from gateway.auth.refusals import InvalidToken
from gateway.auth.tokens import AccessTokens, Claims
from tests.gateway.auth.crafting import AUDIENCE, CLAIM, HEADER, ISSUER, NOW, PAYLOAD, Clock, jwks, token

GOOD = token()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
characters = st.sampled_from("ABCXYZabcxyz0189-_.=+/ \0") | st.characters()
places = st.integers(0, len(GOOD) - 1)


def access_tokens() -> AccessTokens:
    return AccessTokens(issuer=ISSUER, audience=AUDIENCE, keys=KeySet.fixed(jwks("first")), now=Clock(NOW))


async def assert_refused(text: str) -> None:
    tokens = access_tokens()
    assert isinstance(await tokens.claims(GOOD), Claims)
    with pytest.raises(InvalidToken) as refused:
        await tokens.claims(text)
    assert not any(piece in str(refused.value) for piece in text.split(".") if len(piece) > 12)


@settings(max_examples=500)
@given(changes=st.lists(st.tuples(places, characters), min_size=1, max_size=4))
async def test_a_token_with_characters_replaced_is_refused(changes: list[tuple[int, str]]) -> None:
    letters = list(GOOD)
    for place, character in changes:
        letters[place] = character
    text = "".join(letters)
    if text != GOOD:
        await assert_refused(text)


@given(place=places, inserted=st.text(characters, min_size=1, max_size=4))
async def test_a_token_with_characters_inserted_is_refused(place: int, inserted: str) -> None:
    await assert_refused(GOOD[:place] + inserted + GOOD[place:])


@given(start=places, length=st.integers(1, 40))
async def test_a_token_with_a_piece_cut_out_is_refused(start: int, length: int) -> None:
    text = GOOD[:start] + GOOD[start + length :]
    if text != GOOD:
        await assert_refused(text)


@given(text=st.text() | st.lists(st.binary(max_size=30).map(lambda raw: raw.hex()), max_size=5).map(".".join))
async def test_any_text_is_refused(text: str) -> None:
    await assert_refused(text)


@given(name=st.sampled_from(["exp", "iat", "nbf", "iss", "aud", "sub", CLAIM]), value=json_values)
async def test_a_signed_payload_with_any_value_is_good_or_refused_and_nothing_else(name: str, value: object) -> None:
    try:
        claims = await access_tokens().claims(token({**PAYLOAD, name: value}))
    except InvalidToken:
        return
    assert claims.uid
    assert claims.expires_at > NOW - 30
    assert isinstance(claims.demo, bool)


@given(name=st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5c"]), value=json_values)
async def test_a_signed_header_with_any_value_is_good_or_refused_and_nothing_else(name: str, value: object) -> None:
    try:
        claims = await access_tokens().claims(token(header={**HEADER, name: value}))
    except InvalidToken:
        return
    assert name not in {"alg", "kid", "crit", "b64"} or value == HEADER.get(name)
    assert claims.uid == PAYLOAD["sub"]


@given(payload=st.binary(max_size=60))
async def test_signed_bytes_that_are_no_payload_are_refused(payload: bytes) -> None:
    await assert_refused(token(payload))
