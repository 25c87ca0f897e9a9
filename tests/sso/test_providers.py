"""Tests of signing in by identity providers that others wrote: oidc-provider of npm, and nanoidp of PyPI."""

from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest

from tests.clients.conftest import or_skip
from tests.lti.visiting import Browser, words_in
from tests.sso.coming import COMMON, SSO, Coming
from tests.sso.openid import CLIENT_SECRET
from tests.sso.providers.running import CLIENT, nanoidp, oidc_provider, surfing, until_away

ME = "{ viewer { roles account { name } } }"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with or_skip(), oidc_provider(f"{SSO}/callback") as started:
        yield started


@pytest.fixture(scope="module")
def metadata_url() -> Iterator[str]:
    with or_skip(), nanoidp(f"{SSO}/saml/acs") as started:
        yield started


async def test_people_sign_in_by_oidc_provider(coming: Coming, browser: Browser, issuer: str) -> None:
    settings = {**COMMON, "issuer": issuer, "client_id": CLIENT, "client_secret": CLIENT_SECRET}
    saved = await coming.put(protocol="oidc", settings=settings, enabled=True)
    assert saved.status_code == 200, saved.text
    for person, words in (("hanako", None), ("unproved", "is proved")):
        login = await coming.begin(browser)
        async with surfing() as client:
            back = await until_away(client, login.address, {"login": person, "password": "x"}, issuer)
        answer = await browser.get("/api/sso/callback", back.url.query.decode())
        if words is None:
            signed = await coming.session(answer)
            assert await signed.data(ME) == {"viewer": {"roles": ["COACH"], "account": {"name": "鈴木 太郎"}}}
        else:
            assert words in words_in(answer)


async def test_people_sign_in_by_nanoidp(coming: Coming, browser: Browser, metadata_url: str) -> None:
    settings = {**COMMON, "metadata_url": metadata_url, "role_attribute": "roles"}
    saved = await coming.put(protocol="saml", settings=settings, enabled=True)
    assert saved.status_code == 200, saved.text
    assert len(saved.json()["data"]["settings"]["certificates"]) == 1
    home = metadata_url.removesuffix("/saml/metadata")
    for person, words in (("hanako", None), ("stranger", "none of this school's")):
        login = await coming.begin(browser)
        async with surfing() as client:
            back = await until_away(client, login.address, {"username": person, "password": person}, home)
        assert str(back.url) == f"{SSO}/saml/acs"
        form = dict(parse_qsl(back.content.decode(), strict_parsing=True))
        assert form["RelayState"] == login.state
        answer = await browser.post("/api/sso/saml/acs", form)
        if words is None:
            signed = await coming.session(answer)
            assert (await signed.data(ME))["viewer"]["roles"] == ["COACH"]
        else:
            assert words in words_in(answer)
