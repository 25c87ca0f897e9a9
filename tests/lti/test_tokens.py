"""Tests that only what a platform signed, for us, for this login and just now, is believed; else nothing is kept."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.gateway.auth.crafting import encoded, jwk, private_key
from tests.lti.platform import Platform
from tests.lti.visiting import Browser, Visit, words_in

Making = Callable[[Platform, str], str]
MINUTE = 60


def saying(**changes: object) -> Making:
    """An id_token with other claims."""
    return lambda platform, nonce: platform.id_token(nonce, **changes)


def issued(ago_s: float, *, lasts_s: float = MINUTE) -> Making:
    """An id_token that was issued so many seconds ago."""

    def make(platform: Platform, nonce: str) -> str:
        at = time.time() - ago_s
        return platform.id_token(nonce, __iat=at, __exp=at + lasts_s)

    return make


def headed(*, key: str | None = None, **header: object) -> Making:
    """An id_token with another header, or another key."""
    return lambda platform, nonce: platform.signed(platform.claims(nonce), key=key, **header)


def parts(platform: Platform, nonce: str, **header: object) -> str:
    """Header and payload of an id_token."""
    head = {"alg": "RS256", "typ": "JWT", "kid": platform.signs_with, **header}
    return f"{encoded(head)}.{encoded(platform.claims(nonce))}"


def unsigned(platform: Platform, nonce: str) -> str:
    """What nobody signed, and says so."""
    return f"{parts(platform, nonce, alg='none')}."


def unsigned_with_a_signature(platform: Platform, nonce: str) -> str:
    """The same with something in the place of a signature."""
    return f"{parts(platform, nonce, alg='none')}.{encoded(b'signature')}"


def by_the_public_key(platform: Platform, nonce: str) -> str:
    """An HMAC by what everybody knows."""
    known = private_key(platform.signs_with).public_key()
    secret = known.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = parts(platform, nonce, alg="HS256")
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def by_pss(platform: Platform, nonce: str) -> str:
    """Another signature by the right key."""
    signed = parts(platform, nonce, alg="PS256")
    pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
    return f"{signed}.{encoded(private_key(platform.signs_with).sign(signed.encode(), pss, SHA256()))}"


def altered(platform: Platform, nonce: str) -> str:
    """What somebody changed after it was signed."""
    head, _, signature = platform.id_token(nonce).split(".")
    return f"{head}.{encoded(platform.claims(nonce, __sub='teacher-1'))}.{signature}"


def bringing_its_key(platform: Platform, nonce: str) -> str:
    """What brings the key that signed it along, in three ways."""
    url = f"{platform.url}/other"
    return platform.signed(
        platform.claims(nonce), key="stranger", jwk=jwk("stranger"), jku=url, x5u=url, kid="stranger"
    )


def of_text(text: str) -> Making:
    """Something else."""
    return lambda platform, nonce: text


def padded(platform: Platform, nonce: str) -> str:
    """A good one, written in another way."""
    return f"{platform.id_token(nonce)}=="


def naming_twice(platform: Platform, nonce: str) -> str:
    """A payload that names a claim twice, so that readers differ."""
    text = json.dumps(platform.claims(nonce))[:-1] + ', "sub": "other"}'
    signed = f"{encoded({'alg': 'RS256', 'kid': platform.signs_with})}.{encoded(text.encode())}"
    return f"{signed}.{encoded(private_key(platform.signs_with).sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"


MALFORMED, ALGORITHM = "The id_token is no JWT.", "The id_token is not signed by RS256."
KEY, SIGNATURE = "The id_token is signed with a key that the LMS", "The signature of the id_token is wrong."
OTHERS, OLD, EARLY = "The id_token is for somebody else.", "The id_token is too old.", "The id_token is of the future"
TIMES, ISSUER = "The id_token has no usable", "The id_token is of another issuer."
DEPLOYMENT = "This deployment of the LMS is not registered here."

REFUSED: dict[str, tuple[Making, str]] = {
    "another_issuer": (saying(__iss="https://lms.example.jp/"), ISSUER),
    "no_issuer": (saying(__iss=None), ISSUER),
    "issuers": (saying(__iss=["https://lms.example.jp"]), ISSUER),
    "another_audience": (saying(__aud="kakehashi-2"), OTHERS),
    "no_audience": (saying(__aud=None), OTHERS),
    "no_audiences": (saying(__aud=[]), OTHERS),
    "nested_audiences": (saying(__aud=[["kakehashi-1"]]), OTHERS),
    "audiences_of_all_kinds": (saying(__aud=["kakehashi-1", 1], __azp="kakehashi-1"), OTHERS),
    "several_audiences_without_azp": (saying(__aud=["kakehashi-1", "other"]), OTHERS),
    "several_audiences_by_another": (saying(__aud=["kakehashi-1", "other"], __azp="other"), OTHERS),
    "another_azp": (saying(__azp="other"), OTHERS),
    "several_azps": (saying(__azp=["kakehashi-1"]), OTHERS),
    "old": (issued(11 * MINUTE + 5, lasts_s=3600), OLD),
    "expired": (issued(3 * MINUTE), OLD),
    "of_the_future": (issued(-2 * MINUTE), EARLY),
    "not_before_later": (lambda p, n: p.id_token(n, __nbf=time.time() + 2 * MINUTE), EARLY),
    "no_iat": (saying(__iat=None), TIMES),
    "no_exp": (saying(__exp=None), TIMES),
    "exp_as_text": (saying(__exp="4102444800"), TIMES),
    "exp_beyond_all_time": (saying(__exp=10**30), TIMES),
    "iat_true": (saying(__iat=True), TIMES),
    "nbf_as_text": (saying(__nbf="soon"), TIMES),
    "unknown_deployment": (saying(deployment_id="3"), DEPLOYMENT),
    "no_deployment": (saying(deployment_id=None), DEPLOYMENT),
    "deployment_as_number": (saying(deployment_id=1), DEPLOYMENT),
    "alg_none": (unsigned, MALFORMED),
    "alg_none_signed": (unsigned_with_a_signature, ALGORITHM),
    "hs256": (by_the_public_key, ALGORITHM),
    "ps256": (by_pss, ALGORITHM),
    "rs512": (headed(alg="RS512"), ALGORITHM),
    "rs256_in_small_letters": (headed(alg="rs256"), ALGORITHM),
    "no_alg": (headed(alg=None), ALGORITHM),
    "several_algs": (headed(alg=["RS256"]), ALGORITHM),
    "bad_signature": (headed(key="stranger"), SIGNATURE),
    "altered": (altered, SIGNATURE),
    "unknown_kid": (headed(kid="lms-9"), KEY),
    "kid_as_path": (headed(kid="../../x"), KEY),
    "its_own_key": (bringing_its_key, KEY),
    "no_kid": (headed(kid=None), MALFORMED),
    "kid_as_number": (headed(kid=1), MALFORMED),
    "long_kid": (headed(kid="x" * 256), MALFORMED),
    "crit": (headed(crit=["exp"], exp=1), MALFORMED),
    "b64": (headed(b64=True, crit=["b64"]), MALFORMED),
    "b64_alone": (headed(b64=True), MALFORMED),
    "two_segments": (of_text("a.b"), MALFORMED),
    "four_segments": (of_text("a.b.c.d"), MALFORMED),
    "no_base64": (of_text("ä.b.c"), MALFORMED),
    "no_json": (of_text(f"{encoded(b'x')}.{encoded(b'{}')}.{encoded(b'x')}"), MALFORMED),
    "deep_json": (of_text(f"{encoded(b'[' * 20_000)}.{encoded(b'{}')}.{encoded(b'x')}"), MALFORMED),
    "padded": (padded, MALFORMED),
    "a_claim_twice": (naming_twice, MALFORMED),
    "long": (lambda p, n: p.id_token(n, context={"id": "c", "title": "x" * 49_152}), MALFORMED),
}


@pytest.mark.parametrize("making", REFUSED)
async def test_a_wrong_id_token_is_refused_and_leaves_nothing(refusing: Visit, stranger: Browser, making: str) -> None:
    make, words = REFUSED[making]
    login, before = await stranger.login(refusing.platform), await refusing.counts()
    answer = await stranger.launch(login, make(refusing.platform, login.nonce))
    assert answer.status_code == 401, answer.text
    assert words_in(answer).startswith(words)
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert await refusing.counts() == before


@pytest.mark.parametrize("nonce", ["another", "none", "number", "empty"])
async def test_a_nonce_of_no_login_is_refused(refusing: Visit, stranger: Browser, nonce: str) -> None:
    login, before = await stranger.login(refusing.platform), await refusing.counts()
    wrong = {"another": "x" * 43, "none": None, "number": 1, "empty": ""}[nonce]
    answer = await stranger.launch(login, refusing.platform.id_token(login.nonce, __nonce=wrong))
    assert (answer.status_code, words_in(answer).partition(".")[0]) == (
        400,
        "The id_token does not belong to this login",
    )
    assert await refusing.counts() == before


async def test_an_id_token_is_not_replayed_under_a_new_login(visit: Visit, browser: Browser) -> None:
    first = await browser.login(visit.platform)
    id_token = visit.platform.id_token(first.nonce)
    assert (await browser.launch(first, id_token)).status_code == 302
    before = await visit.counts()
    second = await browser.login(visit.platform)
    answer = await browser.launch(second, id_token)
    assert answer.status_code == 400
    assert await visit.counts() == before


async def test_an_id_token_belongs_to_its_own_tab(visit: Visit, browser: Browser) -> None:
    one, other = await browser.login(visit.platform), await browser.login(visit.platform)
    answer = await browser.launch(one, visit.platform.id_token(other.nonce))
    assert answer.status_code == 400
    assert await visit.launches() == []


@pytest.mark.parametrize(
    "making",
    [
        saying(__aud=["kakehashi-1"]),
        saying(__aud=["other", "kakehashi-1"], __azp="kakehashi-1"),
        # Open edX says it always.
        saying(__azp="kakehashi-1"),
        issued(10 * MINUTE, lasts_s=3600),
        # Moodle's last for a minute.
        issued(1.5 * MINUTE),
        issued(-50),
        saying(deployment_id="two"),
        saying(context={"id": "c", "title": "x" * 40_000}),
        headed(typ=None),
        headed(jku="https://evil.example/keys", jwk={"kty": "oct"}, x5u="https://evil.example/x5u"),
    ],
    ids=["audiences", "azp_of_several", "azp", "old", "short", "ahead", "deployment", "long", "typ", "own_keys"],
)
async def test_what_platforms_may_say_is_taken(refusing: Visit, stranger: Browser, making: Making) -> None:
    login = await stranger.login(refusing.platform)
    answer = await stranger.launch(login, making(refusing.platform, login.nonce))
    assert answer.status_code == 302, answer.text


async def test_no_refusal_repeats_what_a_token_says(refusing: Visit, stranger: Browser) -> None:
    login = await stranger.login(refusing.platform)
    answer = await stranger.launch(login, refusing.platform.id_token(login.nonce, deployment_id="3"))
    said = [*("山田", "花子", "learner-1", "Hanako", "learner 1"), login.state, login.nonce]
    assert [one for one in said if one in answer.text or one in str(answer.headers)] == []


def test_the_signature_of_the_tests_is_that_of_the_standard() -> None:
    platform = Platform()
    head, body, signature = platform.id_token("nonce").split(".")
    signed = base64.urlsafe_b64decode(signature + "==")
    private_key("lms-1").public_key().verify(signed, f"{head}.{body}".encode(), padding.PKCS1v15(), SHA256())
