"""Tests of signing in by OpenID Connect: what is asked, what is taken, and what is refused and changes nothing."""

import base64
import time
from hashlib import sha256
from typing import Any
from urllib.parse import unquote_plus

import pytest

from db.accounts import staff, users
from db.sso.tables import sso_logins, sso_people
from tests.conftest import BASE
from tests.lti.visiting import Browser, words_in
from tests.sso.coming import RETURN, Coming
from tests.sso.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider

ME = "{ viewer { roles abilities account { name uid } } }"


@pytest.fixture(autouse=True)
async def set_up(coming: Coming, provider: OpenIdProvider) -> None:
    provider.said, provider.id_token = {}, None
    provider.asked.clear()
    await coming.speak_oidc(provider, token_auth="client_secret_basic", enforced=False, creates_accounts=True)


async def test_a_teacher_signs_in_and_is_the_same_the_next_time(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    before = await coming.kept()
    answer = await coming.come(browser, provider)
    signed = await coming.session(answer)
    me = (await signed.data(ME))["viewer"]
    assert (me["roles"], me["account"]["name"]) == (["COACH"], "山田 花子")
    assert "tokens:write" not in me["abilities"]
    assert "members:read" in me["abilities"]
    assert [after - one for one, after in zip(before, await coming.kept(), strict=True)] == [1, 1, 0, 1, 1, 1]
    again = await coming.session(await coming.come(browser, provider))
    assert (await again.data(ME))["viewer"]["account"] == me["account"]
    assert [after - one for one, after in zip(before, await coming.kept(), strict=True)] == [1, 1, 0, 1, 1, 2]
    (person,) = await coming.all(sso_people, subject="person-1")
    (made,) = await coming.all(staff, id=person.user_id)
    (account,) = await coming.all(users, id=person.user_id)
    assert (person.issuer, person.email) == (provider.issuer, "hanako@school.example.jp")
    assert (account.email, account.password_hash, made.locked_at) == (None, None, None)
    assert await coming.roles(person.user_id) == [("homeroom_teacher", "sso")]


async def test_what_is_asked_has_pkce_and_a_secret_that_only_the_browser_keeps(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    login = await coming.begin(browser, "state=page+7")
    assert login.address.startswith(f"{provider.issuer}/authorize?tenant=7&")
    told = {name: login.asked[name] for name in ("response_type", "scope", "client_id", "redirect_uri")}
    assert told == {
        "response_type": "code",
        "scope": "openid email profile",
        "client_id": CLIENT_ID,
        "redirect_uri": f"{BASE}/api/sso/callback",
    }
    (cookie,) = browser.last_set
    assert "; Path=/api/sso; Secure; HttpOnly; SameSite=Lax" in cookie
    provider.id_token = provider.signed(login.nonce)
    answer = await browser.get("/api/sso/callback", {"state": login.state, "code": "code-1", "iss": provider.issuer})
    assert answer.headers["location"].startswith(f"{RETURN}#code=")
    assert answer.headers["location"].endswith("&state=page+7")
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    ((form, head),) = provider.asked
    verifier = form.pop("code_verifier")
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert (login.asked["code_challenge"], login.asked["code_challenge_method"]) == (challenge, "S256")
    assert form == {
        "grant_type": "authorization_code",
        "code": "code-1",
        "redirect_uri": f"{BASE}/api/sso/callback",
    }
    (line,) = (line for line in head.split("\r\n") if line.lower().startswith("authorization: basic "))
    basic = base64.b64decode(line.rpartition(" ")[2]).decode()
    assert [unquote_plus(part) for part in basic.split(":")] == [CLIENT_ID, CLIENT_SECRET]
    kept = await coming.all(sso_logins)
    assert verifier.encode() not in b"".join(bytes(one.browser_digest) for one in kept)


async def test_the_secret_goes_into_the_form_where_that_is_set(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    provider.said = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    await coming.speak_oidc(provider, token_auth="client_secret_post")
    await coming.session(await coming.come(browser, provider))
    ((form, head),) = provider.asked
    assert (form["client_id"], form["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
    assert "authorization:" not in head.lower()


NOW = int(time.time())
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "alg none": ({"header": {"alg": "none"}}, 401, "not signed by RS256"),
    "another algorithm": ({"header": {"alg": "HS256"}}, 401, "not signed by RS256"),
    "a key of somebody else": ({"key": "stranger"}, 401, "signature"),
    "a key that is not published": ({"header": {"kid": "other"}}, 401, "does not publish"),
    "another issuer": ({"iss": "https://idp.example.com"}, 401, "another issuer"),
    "another audience": ({"aud": "somebody"}, 401, "somebody else"),
    "one of several audiences, asked by another": ({"aud": [CLIENT_ID, "b"], "azp": "b"}, 401, "somebody else"),
    "expired": ({"iat": NOW - 500, "exp": NOW - 100}, 401, "too old"),
    "of the future": ({"iat": NOW + 3600, "exp": NOW + 7200}, 401, "future"),
    "without times": ({"exp": None}, 401, "no usable exp"),
    "another nonce": ({"nonce": "other"}, 400, "does not belong to this login"),
    "no nonce": ({"nonce": None}, 400, "does not belong to this login"),
    "no subject": ({"sub": None}, 403, "does not say who you are (sub)"),
    "no address": ({"email": None}, 403, "does not say who you are (email)"),
    "an address that is not proved": ({"email_verified": False}, 403, "is proved"),
    "an address of which nothing is said": ({"email_verified": None}, 403, "is proved"),
    "an address of another domain": ({"email": "a@evil.example"}, 403, "none of this school's"),
    "an address of a subdomain": ({"email": "a@x.school.example.jp"}, 403, "none of this school's"),
    "an address that ends alike": ({"email": "a@evilschool.example.jp"}, 403, "none of this school's"),
    "no role": ({"sub": "nobody", "groups": ["guests"]}, 403, "no role here"),
    "a role of ours that is not mapped": ({"sub": "nobody", "groups": ["administrator"]}, 403, "no role here"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_an_id_token_that_is_not_right_is_refused(
    coming: Coming, provider: OpenIdProvider, browser: Browser, case: str
) -> None:
    changes, status, words = REFUSED[case]
    before = await coming.kept()
    answer = await coming.come(browser, provider, **changes)
    assert (answer.status_code, words in words_in(answer)) == (status, True), words_in(answer)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert await coming.kept() == before


async def test_a_login_is_used_once_by_the_browser_that_began_it(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    login = await coming.begin(browser)
    provider.id_token = provider.signed(login.nonce)
    back = {"state": login.state, "code": "code-1"}
    async with coming.browsing() as other:
        assert "another browser" in words_in(await other.get("/api/sso/callback", back))
        # One with a login of its own has a secret, and it is not this one's.
        await coming.begin(other)
        assert "another browser" in words_in(await other.get("/api/sso/callback", back))
    assert provider.asked == []
    cookies = dict(browser.cookies)
    assert (await browser.get("/api/sso/callback", back)).status_code == 303
    browser.cookies = cookies
    assert "used already" in words_in(await browser.get("/api/sso/callback", back))
    assert "used already" in words_in(await browser.get("/api/sso/callback", {"state": "other", "code": "code-1"}))
    assert len(provider.asked) == 1


async def test_an_id_token_of_another_login_is_refused(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    first, second = await coming.begin(browser), await coming.begin(browser)
    provider.id_token = provider.signed(first.nonce)
    answer = await browser.get("/api/sso/callback", {"state": second.state, "code": "code-1"})
    assert "does not belong to this login" in words_in(answer)
    # What was refused is used up all the same.
    provider.id_token = provider.signed(second.nonce)
    assert "used already" in words_in(await browser.get("/api/sso/callback", {"state": second.state, "code": "code-2"}))


async def test_what_a_provider_refuses_or_does_not_answer_is_said(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    for given, words in (
        ({"error": "access_denied"}, "(access_denied)"),
        ({"error": "<script>"}, "(unknown_error)"),
        ({}, "(unknown_error)"),
        ({"code": "c", "iss": "https://idp.example.com"}, "another issuer"),
        ({"code": "wrong"}, "does not answer as it should"),
    ):
        login = await coming.begin(browser)
        answer = await browser.get("/api/sso/callback", {"state": login.state, **given})
        assert words in words_in(answer), words_in(answer)


async def test_a_code_is_changed_once_and_only_while_single_sign_on_is_enabled(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    answer = await coming.come(browser, provider)
    await coming.session(answer)
    code = answer.headers["location"].partition("code=")[2]
    again = await coming.running.client.post("/api/sso/session", json={"code": code})
    assert (again.status_code, "used already" in again.json()["message"]) == (400, True), again.text
    late = (await coming.come(browser, provider)).headers["location"].partition("code=")[2]
    login = await coming.begin(browser)
    assert (await coming.put(protocol="oidc", enabled=False)).status_code == 200
    refused = await coming.running.client.post("/api/sso/session", json={"code": late})
    assert refused.status_code == 404, refused.text
    assert (await browser.get(f"/api/sso/{coming.organization}/start")).status_code == 404
    back = await browser.get("/api/sso/callback", {"state": login.state, "code": "code-1"})
    assert back.status_code == 404


async def test_without_a_page_the_code_is_shown(coming: Coming, provider: OpenIdProvider, browser: Browser) -> None:
    await coming.speak_oidc(provider, return_url=None)
    answer = await coming.come(browser, provider)
    assert (answer.status_code, "<code>" in answer.text) == (200, True)
    code = answer.text.partition("<code>")[2].partition("<")[0]
    assert (await coming.running.client.post("/api/sso/session", json={"code": code})).status_code == 200


async def test_organizations_that_are_not_set_up_are_told_so(browser: Browser) -> None:
    for number in ("2147483647", "9" * 30):
        assert (await browser.get(f"/api/sso/{number}/start")).status_code == 404
    assert (await browser.get("/api/sso/sundai/start")).status_code == 404
