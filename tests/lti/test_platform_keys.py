"""Tests that keys of platforms are fetched when they are needed, found when they change, and asked for seldom."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from db.lti.logins import Platform as Known
from db.lti.tables import lti_platforms
from gateway.auth.id_tokens import claims_in
from gateway.auth.platform_keys import BURST, PlatformKeys
from resolvers.egress.client import Egress
from resolvers.errors import Unauthenticated
from resolvers.lti.reasons import Reason
from tests.gateway.auth.crafting import encoded, jwk
from tests.lti.platform import Platform, publishing
from tests.lti.visiting import Browser, Visit, words_in
from tests.webhooks.hooks import HERE


@pytest.fixture
async def keys() -> AsyncIterator[PlatformKeys]:
    """The keys of platforms on this machine."""
    egress = Egress(HERE)
    found = PlatformKeys(egress)
    yield found
    await found.aclose()
    await egress.aclose()


async def test_keys_are_fetched_once_for_many_launches(visit: Visit, browser: Browser) -> None:
    assert visit.platform.fetches == 0
    for _ in range(3):
        assert (await browser.come(visit.platform)).status_code == 302
    assert visit.platform.fetches == 1


async def test_a_key_that_was_changed_between_login_and_launch_is_found(visit: Visit, browser: Browser) -> None:
    assert (await browser.come(visit.platform)).status_code == 302
    for name in ("lms-2", "lms-3"):
        login = await browser.login(visit.platform)
        visit.platform.published, visit.platform.signs_with = (name,), name
        answer = await browser.launch(login, visit.platform.id_token(login.nonce))
        assert answer.status_code == 302, answer.text
    assert visit.platform.fetches == 3
    # What is not published any more is not believed any more.
    login = await browser.login(visit.platform)
    old = visit.platform.signed(visit.platform.claims(login.nonce), key="lms-1", kid="lms-1")
    assert (await browser.launch(login, old)).status_code == 401


@pytest.mark.parametrize("kid", ["2018-06-18T22:33:20Z", "fcec4f14-28a5/4697+87c3=", "~!$&'()*,;:@"])
async def test_platforms_call_their_keys_as_they_like(visit: Visit, browser: Browser, kid: str) -> None:
    # Canvas calls them by the time of their making.
    visit.platform.members = [jwk("lms-1", kid=kid)]
    login = await browser.login(visit.platform)
    id_token = visit.platform.signed(visit.platform.claims(login.nonce), kid=kid)
    assert (await browser.launch(login, id_token)).status_code == 302


async def test_without_keys_people_are_told_to_come_again(visit: Visit, browser: Browser) -> None:
    visit.platform.status = 503
    login, before = await browser.login(visit.platform), await visit.counts()
    answer = await browser.launch(login, visit.platform.id_token(login.nonce))
    assert answer.status_code == 503
    assert words_in(answer) == "The keys of your LMS cannot be fetched at the moment. Open the link again in a while."
    assert int(answer.headers["retry-after"]) >= 1
    assert await visit.counts() == before
    visit.platform.status = 200
    assert (await browser.come(visit.platform)).status_code == 302


async def test_keys_that_are_known_are_believed_while_the_platform_is_away(visit: Visit, browser: Browser) -> None:
    assert (await browser.come(visit.platform)).status_code == 302
    visit.platform.status = 500
    assert (await browser.come(visit.platform)).status_code == 302
    login = await browser.login(visit.platform)
    unknown = visit.platform.signed(visit.platform.claims(login.nonce), kid="lms-2")
    assert (await browser.launch(login, unknown)).status_code == 401


async def test_at_another_address_a_platform_has_other_keys(visit: Visit, browser: Browser) -> None:
    assert (await browser.come(visit.platform)).status_code == 302
    async with publishing(Platform(published=("lms-2",))) as moved:
        await visit.set(lti_platforms, jwks_url=moved.jwks_url)
        assert (await browser.come(visit.platform)).status_code == 401
        visit.platform.signs_with = "lms-2"
        assert (await browser.come(visit.platform)).status_code == 302
        assert moved.fetches == 1


async def test_ten_thousand_unknown_kids_cost_a_few_fetches(keys: PlatformKeys) -> None:
    async with publishing() as platform:
        known = keys.of(as_known(platform))
        good = platform.id_token("nonce")
        assert (await claims_in(good, known, Reason))["sub"] == "learner-1"
        _, body, signature = good.split(".")
        for _ in range(20):
            heads = [encoded({"alg": "RS256", "kid": secrets.token_urlsafe(12)}) for _ in range(500)]
            asked = [claims_in(f"{head}.{body}.{signature}", known, Reason) for head in heads]
            refused = await asyncio.gather(*asked, return_exceptions=True)
            assert {type(one) for one in refused} == {Unauthenticated}
        assert platform.fetches == BURST
        # Nobody with a known key was shut out by it.
        assert (await claims_in(good, known, Reason))["nonce"] == "nonce"
        assert keys.of(as_known(platform)) is known


def as_known(platform: Platform) -> Known:
    """The platform as logins know it."""
    return Known(
        id=1,
        organization_id=1,
        name="LMS",
        issuer=platform.issuer,
        client_id=platform.client_id,
        deployment_ids=tuple(platform.deployment_ids),
        auth_login_url=platform.auth_login_url,
        jwks_url=platform.jwks_url,
        matching="nothing",
        creates_accounts=True,
        is_active=True,
    )
