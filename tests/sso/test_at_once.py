"""Tests of several who come at once: one account is made, one login is used, one code is changed."""

import asyncio

from db.sso.tables import sso_people
from tests.sso.coming import Coming, code_in
from tests.sso.openid import OpenIdProvider


async def test_one_person_who_comes_twice_at_once_is_made_once(coming: Coming, provider: OpenIdProvider) -> None:
    await coming.speak_oidc(provider)
    provider.asked.clear()
    before = await coming.kept()
    async with coming.browsing() as first, coming.browsing() as second:
        logins = [(browser, await coming.begin(browser)) for browser in (first, second)]
        answers = []
        # The token endpoint gives what is ready: both codes are changed one after the other, and then both come.
        for browser, login in logins:
            provider.id_token = provider.signed(login.nonce, sub="twice")
            answers.append(asyncio.ensure_future(browser.get("/api/sso/callback", {"state": login.state, "code": "c"})))
            while len(provider.asked) < len(answers):
                await asyncio.sleep(0)
        codes = [code_in(await answer) for answer in answers]
    assert len(await coming.all(sso_people, subject="twice")) == 1
    assert [after - one for one, after in zip(before, await coming.kept(), strict=True)][:4] == [1, 1, 0, 1]
    made = await asyncio.gather(
        *[coming.running.client.post("/api/sso/session", json={"code": codes[0]}) for _ in range(4)]
    )
    assert sorted(answer.status_code for answer in made) == [200, 400, 400, 400]


async def test_a_login_that_comes_back_several_times_at_once_is_used_once(
    coming: Coming, provider: OpenIdProvider
) -> None:
    await coming.speak_oidc(provider)
    async with coming.browsing() as browser:
        login = await coming.begin(browser)
        provider.id_token = provider.signed(login.nonce)
        back = {"state": login.state, "code": "c"}
        answers = await asyncio.gather(*[browser.get("/api/sso/callback", back) for _ in range(4)])
    assert sorted(answer.status_code for answer in answers) == [303, 400, 400, 400]
