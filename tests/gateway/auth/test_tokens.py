"""Which access tokens are good, what a refused one is told, and what is remembered."""

import asyncio
import secrets

import orjson
import pytest

from gateway.auth.jwks import KeySet
from gateway.auth.refusals import InvalidToken, KeysUnavailable
from gateway.auth.tokens import AccessTokens, Claims
from tests.gateway.auth.conftest import Issuer
from tests.gateway.auth.crafting import (
    AUDIENCE,
    CLAIM,
    HEADER,
    ISSUER,
    NOW,
    PAYLOAD,
    Clock,
    encoded,
    hs256_with_the_public_key,
    jwk,
    jwks,
    private_key,
    ps256,
    saying,
    token,
)
from tests.gateway.auth.jwks_server import Answer, publishing

UID = "auth0|685ca7f51c689c6cdef5acca"
GOOD = Claims(uid=UID, privileges=frozenset({"cram_school_owner"}), demo=False, expires_at=NOW + 86_400)


def access_tokens(now: Clock | None = None, *, remembered_tokens: int = 10_000) -> AccessTokens:
    keys = KeySet.fixed(jwks("first"))
    return AccessTokens(
        issuer=ISSUER, audience=AUDIENCE, keys=keys, now=now or Clock(NOW), remembered_tokens=remembered_tokens
    )


async def refusal(text: str, tokens: AccessTokens | None = None) -> str:
    with pytest.raises(InvalidToken) as refused:
        await (tokens or access_tokens()).claims(text)
    return refused.value.code


async def test_a_good_token_says_who_its_bearer_is() -> None:
    assert await access_tokens().claims(token()) == GOOD


async def test_typ_may_be_anything_and_other_claims_are_let_be() -> None:
    header = {**HEADER, "typ": "at+jwt", "extra": [1]}
    assert await access_tokens().claims(token(saying(nonce={"a": 1}), header)) == GOOD


NONE: dict[str, object] = {"alg": "none", "kid": "first"}
BAD_HEADERS = {
    "alg none, unsigned": (f"{encoded(NONE)}.{encoded(PAYLOAD)}.", "token_malformed"),
    "alg none, with a signature": (token(header=NONE), "token_algorithm"),
    "alg None": (token(header={**HEADER, "alg": "None"}), "token_algorithm"),
    "alg rs256": (token(header={**HEADER, "alg": "rs256"}), "token_algorithm"),
    "alg RS512": (token(header={**HEADER, "alg": "RS512"}), "token_algorithm"),
    "alg absent": (token(header={"kid": "first"}), "token_algorithm"),
    "alg is a list": (token(header={**HEADER, "alg": ["RS256"]}), "token_algorithm"),
    "HS256 with the public key": (hs256_with_the_public_key({**HEADER, "alg": "HS256"}), "token_algorithm"),
    "HMAC that calls itself RS256": (hs256_with_the_public_key(HEADER), "token_signature"),
    "PS256": (ps256({**HEADER, "alg": "PS256"}), "token_algorithm"),
    "PSS that calls itself RS256": (ps256(HEADER), "token_signature"),
    "signed by another key": (token(key="second"), "token_signature"),
    "payload exchanged": (
        ".".join([encoded(HEADER), encoded(saying(sub="x")), token().split(".")[2]]),
        "token_signature",
    ),
    "crit": (token(header={**HEADER, "crit": ["exp"]}), "token_malformed"),
    "unknown crit": (token(header={**HEADER, "crit": ["urn:x"], "urn:x": 1}), "token_malformed"),
    "empty crit": (token(header={**HEADER, "crit": []}), "token_malformed"),
    "b64": (token(header={**HEADER, "b64": False}), "token_malformed"),
    "kid is a path": (token(header={**HEADER, "kid": "../../x"}), "token_malformed"),
    "kid absent": (token(header={"alg": "RS256"}), "token_malformed"),
    "kid empty": (token(header={**HEADER, "kid": ""}), "token_malformed"),
    "kid of 129 characters": (token(header={**HEADER, "kid": "k" * 129}), "token_malformed"),
    "kid is a number": (token(header={**HEADER, "kid": 1}), "token_malformed"),
    "kid with a line feed": (token(header={**HEADER, "kid": "first\n"}), "token_malformed"),
    "kid unknown": (token(header={**HEADER, "kid": "unknown"}), "token_unknown_key"),
    "header names alg twice": (token(header=b'{"alg":"RS256","kid":"first","alg":"RS256"}'), "token_malformed"),
    "payload names sub twice": (token(b'{"sub":"a","sub":"a"}'), "token_malformed"),
    "payload is a list": (token(b"[]"), "token_malformed"),
    "payload is deep": (token(b'{"a":' + b"[" * 4000), "token_malformed"),
    "payload has a number of 5,000 digits": (token(b'{"exp":' + b"9" * 5000 + b"}"), "token_malformed"),
    "signature with ==": (token() + "==", "token_malformed"),
    "longer than 8 KiB": (token(saying(scope="s" * 8192)), "token_malformed"),
    "not ASCII": (token() + "é", "token_malformed"),
    "lone surrogate": (token() + "\ud800", "token_malformed"),
    "NUL": (token() + "\0", "token_malformed"),
    "empty": ("", "token_malformed"),
}


@pytest.mark.parametrize(("text", "code"), BAD_HEADERS.values(), ids=BAD_HEADERS.keys())
async def test_a_token_with_a_bad_form_header_or_signature_is_refused(text: str, code: str) -> None:
    assert await refusal(text) == code


BAD_CLAIMS = {
    "expired 35 s ago": (saying(exp=NOW - 35), "token_expired"),
    "expired at the leeway": (saying(exp=NOW - 30), "token_expired"),
    "issued in 31 s": (saying(iat=NOW + 31), "token_not_yet_valid"),
    "begins in 31 s": (saying(nbf=NOW + 31), "token_not_yet_valid"),
    "nbf in words": (saying(nbf="now"), "token_claims"),
    "wrong aud": (saying(aud="talktiko"), "token_audience"),
    "aud without ours": (saying(aud=[f"{ISSUER}userinfo"]), "token_audience"),
    "nested aud": (saying(aud=[[AUDIENCE]]), "token_audience"),
    "aud with ours and a nested one": (saying(aud=[AUDIENCE, [AUDIENCE]]), "token_audience"),
    "aud is an object": (saying(aud={AUDIENCE: True}), "token_audience"),
    "aud in part": (saying(aud="diverse2"), "token_audience"),
    "aud empty": (saying(aud=[]), "token_audience"),
    "aud absent": (saying(aud=None), "token_audience"),
    "iss without its slash": (saying(iss=ISSUER.rstrip("/")), "token_issuer"),
    "iss of another": (saying(iss="https://evil.test/"), "token_issuer"),
    "iss is a list": (saying(iss=[ISSUER]), "token_issuer"),
    "iss absent": (saying(iss=None), "token_issuer"),
    "exp absent": (saying(exp=None), "token_claims"),
    "exp 10^30": (saying(exp=10**30), "token_claims"),
    "exp 1e30": (saying(exp=1e30), "token_claims"),
    "exp infinite": (saying(exp=float("inf")), "token_malformed"),
    "exp true": (saying(exp=True), "token_claims"),
    "exp in words": (saying(exp=str(NOW + 100)), "token_claims"),
    "exp with a fraction": (saying(exp=NOW + 100.5), "token_claims"),
    "exp as a float": (saying(exp=float(NOW + 100)), "token_claims"),
    "exp negative": (saying(exp=-1), "token_claims"),
    "exp is a list": (saying(exp=[NOW + 100]), "token_claims"),
    "iat absent": (saying(iat=None), "token_claims"),
    "iat true": (saying(iat=True), "token_claims"),
    "sub absent": (saying(sub=None), "token_claims"),
    "sub empty": (saying(sub=""), "token_claims"),
    "sub of 256 characters": (saying(sub="s" * 256), "token_claims"),
    "sub with NUL": (saying(sub="auth0|\0"), "token_claims"),
    "sub with a line feed at its end": (saying(sub="auth0|x\n"), "token_claims"),
    "sub with a control character of Latin-1": (saying(sub="auth0|\x85"), "token_claims"),
    "sub with a lone surrogate": (saying(sub="auth0|\ud800"), "token_claims"),
    "sub is a number": (saying(sub=1), "token_claims"),
    "sub is a list": (saying(sub=[UID]), "token_claims"),
    "demo null": (saying(**{CLAIM: {"demo": None, "privileges": ["student"]}}), "token_claims"),
    "demo in words": (saying(**{CLAIM: {"demo": "false", "privileges": ["student"]}}), "token_claims"),
    "demo 0": (saying(**{CLAIM: {"demo": 0, "privileges": ["student"]}}), "token_claims"),
}


@pytest.mark.parametrize(("payload", "code"), BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
async def test_a_signed_token_with_bad_claims_is_refused(payload: dict[str, object], code: str) -> None:
    assert await refusal(token(payload)) == code


@pytest.mark.parametrize(
    "payload",
    [
        saying(exp=NOW - 29),
        saying(iat=NOW + 30, nbf=NOW + 30),
        saying(aud=AUDIENCE),
        saying(aud=["a", AUDIENCE]),
        saying(sub="生" * 255),
        saying(exp=253_402_300_799),
    ],
)
async def test_what_is_just_within_the_bounds_is_good(payload: dict[str, object]) -> None:
    claims = await access_tokens().claims(token(payload))
    assert claims.uid == payload["sub"]
    assert claims.expires_at == payload["exp"]


RIGHTS: dict[str, tuple[object, bool, set[str]]] = {
    "all": ({"demo": True, "privileges": ["student", "administrator", "student"]}, True, {"student", "administrator"}),
    "demo absent": ({"privileges": ["student"]}, False, {"student"}),
    "unknown privilege": ({"demo": False, "privileges": ["root"]}, False, {"root"}),
    "claim absent": (None, False, set()),
    "claim is text": ("administrator", False, set()),
    "claim is a list": (["administrator"], False, set()),
    "claim empty": ({}, False, set()),
    "privileges null": ({"demo": True, "privileges": None}, True, set()),
    "privileges text": ({"demo": False, "privileges": "administrator"}, False, set()),
    "privileges an object": ({"demo": False, "privileges": {"administrator": True}}, False, set()),
    "privileges nested": ({"demo": False, "privileges": ["student", ["administrator"]]}, False, set()),
    "privileges with a number": ({"demo": False, "privileges": ["student", 1]}, False, set()),
}


@pytest.mark.parametrize(("said", "demo", "privileges"), RIGHTS.values(), ids=RIGHTS.keys())
async def test_unreadable_privileges_are_none_and_the_token_is_still_good(
    said: object, demo: bool, privileges: set[str]
) -> None:
    claims = await access_tokens().claims(token(saying(**{CLAIM: said})))
    assert claims == Claims(uid=UID, privileges=frozenset(privileges), demo=demo, expires_at=NOW + 86_400)


async def test_a_key_or_an_address_in_the_header_is_never_used(issuer: Issuer) -> None:
    elsewhere = issuer.server.url.replace("/jwks.json", "/elsewhere")
    offered = {"jwk": jwk("second"), "jku": elsewhere, "x5u": elsewhere, "x5c": ["MIIB"]}
    tokens = issuer.tokens()
    assert await tokens.claims(token(header={**HEADER, **offered})) == GOOD
    assert await refusal(token(header={**HEADER, **offered}, key="second"), tokens) == "token_signature"
    issuer.clock.at += 30
    unknown = {**HEADER, **offered, "kid": "second"}
    assert await refusal(token(header=unknown, key="second"), tokens) == "token_unknown_key"
    assert issuer.server.fetches == 2


async def test_a_token_that_cannot_be_good_does_not_cause_a_fetch(issuer: Issuer) -> None:
    tokens = issuer.tokens()
    for text in (token(header=NONE), token(header={**HEADER, "kid": "../../x"}), token() + "=="):
        await refusal(text, tokens)
    assert issuer.server.fetches == 0


async def test_ten_thousand_tokens_with_random_kids_cost_one_fetch_and_are_not_remembered(issuer: Issuer) -> None:
    tokens = issuer.tokens()
    await tokens.claims(token())
    issuer.clock.at += 30
    body, signature = token().split(".")[1:]
    heads = (encoded({**HEADER, "kid": secrets.token_urlsafe(16)}) for _ in range(10_000))
    codes = await asyncio.gather(*(refusal(f"{head}.{body}.{signature}", tokens) for head in heads))
    assert set(codes) == {"token_unknown_key"}
    assert issuer.server.fetches == 2
    assert len(tokens._remembered) == 1


async def test_without_any_key_no_token_is_called_bad(issuer: Issuer) -> None:
    issuer.server.answer = Answer(b"", status=503)
    with pytest.raises(KeysUnavailable) as refused:
        await issuer.tokens().claims(token())
    assert (refused.value.code, refused.value.retry_after) == ("keys_unavailable", 30)


async def test_a_verified_token_is_remembered_for_five_minutes() -> None:
    clock = Clock(NOW)
    tokens = access_tokens(clock)
    claims = await tokens.claims(token())
    clock.at += 299
    assert await tokens.claims(token()) is claims
    clock.at += 1
    again = await tokens.claims(token())
    assert again == claims
    assert again is not claims


async def test_what_is_remembered_does_not_outlive_the_token() -> None:
    clock = Clock(NOW)
    tokens = access_tokens(clock)
    short = token(saying(exp=NOW + 10))
    claims = await tokens.claims(short)
    clock.at += 39
    assert await tokens.claims(short) is claims
    clock.at += 1
    assert await refusal(short, tokens) == "token_expired"


async def test_the_least_recently_used_is_forgotten_first() -> None:
    tokens = access_tokens(remembered_tokens=2)
    texts = [token(saying(sub=f"auth0|{number}")) for number in range(3)]
    first, second = await tokens.claims(texts[0]), await tokens.claims(texts[1])
    assert await tokens.claims(texts[0]) is first
    await tokens.claims(texts[2])
    assert await tokens.claims(texts[0]) is first
    assert await tokens.claims(texts[1]) is not second
    assert len(tokens._remembered) == 2


async def test_the_text_of_a_token_is_not_kept() -> None:
    tokens = access_tokens()
    await tokens.claims(token())
    assert [len(digest) for digest in tokens._remembered] == [32]
    assert not any(segment in repr(vars(tokens)) for segment in token().split("."))


async def test_a_remembered_token_stops_within_ten_minutes_of_its_keys_rotation(issuer: Issuer) -> None:
    clock = Clock(NOW)
    tokens = issuer.tokens(clock)
    await issuer.keys.find("first")
    issuer.server.answer = publishing("second")
    issuer.clock.at += 539
    clock.at += 539
    assert await tokens.claims(token()) == GOOD
    issuer.clock.at += 62
    clock.at += 62
    assert await refusal(token(), tokens) == "token_unknown_key"
    assert issuer.server.fetches == 2
    assert len(tokens._remembered) == 0


async def test_a_remembered_token_stops_when_another_key_takes_its_kid(issuer: Issuer) -> None:
    tokens = issuer.tokens()
    await tokens.claims(token())
    issuer.server.answer = Answer(orjson.dumps({"keys": [jwk("second", kid="first")]}))
    issuer.clock.at += 601
    assert await issuer.keys.find("first") == private_key("second").public_key()
    assert await refusal(token(), tokens) == "token_signature"
    assert await tokens.claims(token(key="second")) == GOOD


async def test_a_remembered_token_is_not_verified_again_when_its_key_stays(issuer: Issuer) -> None:
    tokens = issuer.tokens()
    claims = await tokens.claims(token())
    issuer.clock.at += 601
    assert await tokens.claims(token()) is claims
    assert issuer.server.fetches == 2


async def test_a_remembered_token_is_good_for_a_day_of_failing_and_then_nobody_is(issuer: Issuer) -> None:
    tokens = issuer.tokens()
    claims = await tokens.claims(token())
    issuer.server.answer = Answer(b"", status=503)
    issuer.clock.at += 86_400
    assert await tokens.claims(token()) is claims
    issuer.clock.at += 1
    with pytest.raises(KeysUnavailable):
        await tokens.claims(token())


async def test_the_claim_that_holds_the_rights_can_be_another() -> None:
    keys = KeySet.fixed(jwks("first"))
    tokens = AccessTokens(issuer=ISSUER, audience=AUDIENCE, keys=keys, now=Clock(NOW), claim="https://claims.test/")
    payload = saying(**{CLAIM: None, "https://claims.test/": {"privileges": ["student"]}})
    assert (await tokens.claims(token(payload))).privileges == {"student"}
