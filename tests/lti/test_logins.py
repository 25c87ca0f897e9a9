"""Tests that a login is begun for a platform that is known, to an address of ours, and is kept as digests alone."""

from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import update

from db.lti.tables import lti_logins, lti_platforms
from db.maintenance import set_maintenance
from gateway.settings import Settings
from tests.accounts.calling import count, dump
from tests.conftest import SEALING_KEY, running
from tests.lti.platform import HOME, TOOL, Platform
from tests.lti.visiting import LOGIN, Browser, Visit, login_at, told_in, words_in

ASK = "Ask whoever runs your LMS."


@pytest.mark.parametrize("by", ["get", "post"])
async def test_the_browser_is_sent_on_with_what_openid_connect_asks(visit: Visit, browser: Browser, by: str) -> None:
    answer = await browser.begun(visit.platform, by=by)
    assert answer.status_code == 302
    login = login_at(answer.headers["location"])
    assert login.address.startswith("https://lms.example.jp/auth?tenant=7&scope=openid&")
    asked = dict(login.asked)
    state, nonce = asked.pop("state"), asked.pop("nonce")
    assert asked == {
        "tenant": "7",
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": "kakehashi-1",
        "redirect_uri": f"{TOOL}/callback",
        "login_hint": "learner 1",
        "lti_message_hint": "hint/+",
    }
    assert (len(state), len(nonce), state == nonce) == (43, 43, False)
    name = f"kakehashi_lti_{sha256(state.encode()).hexdigest()[:16]}"
    (secret,) = browser.cookies.values()
    keeping = "Max-Age=600; Path=/api/lti; Secure; HttpOnly; SameSite=None; Partitioned"
    assert browser.last_set == [f"{name}={secret}; {keeping}"]
    assert answer.headers["cache-control"] == "no-store"
    (kept,) = await visit.logins()
    assert (kept.state_digest, kept.nonce_digest, kept.browser_digest) == tuple(
        sha256(one.encode()).digest() for one in (state, nonce, secret)
    )
    assert 595 < (kept.expires_at - kept.created_at).total_seconds() < 605
    everything = await dump(visit.database)
    assert [one for one in (state, nonce, secret) if one.encode() in everything] == []


async def test_hints_that_were_not_given_are_not_made_up(visit: Visit, browser: Browser) -> None:
    login = await browser.login(visit.platform, lti_message_hint=None, client_id=None, lti_deployment_id="1")
    assert "lti_message_hint" not in login.asked
    assert "lti_deployment_id" not in login.asked
    assert login.asked["client_id"] == "kakehashi-1"
    other = await browser.login(visit.platform, lti_message_hint="", canvas_region="us-east-1")
    assert "lti_message_hint" not in other.asked
    assert other.state != login.state


async def test_the_platforms_own_query_and_fragment_are_what_they_are(visit: Visit, browser: Browser) -> None:
    await visit.set(lti_platforms, auth_login_url="https://lms.example.jp:443/auth#part")
    told = told_in(await browser.begun(visit.platform, lti_storage_target="_parent"))
    assert told["onward"].startswith("https://lms.example.jp:443/auth?scope=openid&")
    # So browsers write the origin of such an address.
    assert told["origin"] == "https://lms.example.jp"
    await visit.set(lti_platforms, auth_login_url="https://lms.example.jp:8443/auth")
    told = told_in(await browser.begun(visit.platform, lti_storage_target="_parent"))
    assert told["origin"] == "https://lms.example.jp:8443"


async def test_a_platform_that_keeps_things_is_given_the_secret_too(visit: Visit, browser: Browser) -> None:
    answer = await browser.begun(visit.platform, lti_storage_target="lti_frame")
    assert answer.status_code == 200
    told = told_in(answer)
    login = login_at(told.pop("onward"))
    ((name, secret),) = browser.cookies.items()
    assert told == {"origin": "https://lms.example.jp", "target": "lti_frame", "key": name, "value": secret}
    assert (await browser.launch(login, visit.platform.id_token(login.nonce))).status_code == 302


REFUSED: list[tuple[dict[str, object], int, str]] = [
    ({"iss": None}, 400, f"The platform did not send iss. {ASK}"),
    ({"iss": ""}, 400, f"The platform did not send iss. {ASK}"),
    ({"login_hint": None}, 400, f"The platform did not send login_hint. {ASK}"),
    ({"target_link_uri": None}, 400, f"The platform did not send target_link_uri. {ASK}"),
    ({"iss": "https://other.example.jp"}, 404, f"This LMS is not registered here. {ASK}"),
    ({"iss": "https://lms.example.jp/"}, 404, f"This LMS is not registered here. {ASK}"),
    ({"client_id": "kakehashi-9"}, 404, f"This LMS is not registered here. {ASK}"),
    ({"login_hint": "x" * 4097}, 400, "login_hint is too long."),
    ({"lti_message_hint": "あ" * 1366}, 400, "lti_message_hint is too long."),
    ({"lti_storage_target": "x" * 4097}, 400, "lti_storage_target is too long."),
    ({"login_hint": "a\x00b"}, 400, "login_hint has characters that no text has."),
]
ELSEWHERE = (
    *("https://evil.example/api/lti/courses", "http://kakehashi.test.evil.example/", "//kakehashi.test/api/lti"),
    *("https://kakehashi.test/api/lti", "http://kakehashi.test:81/api/lti", "http://kakehashi.test@evil.example/"),
    *("http://user@kakehashi.test/api/lti", "http://evil.example\\@kakehashi.test/", "/api/lti/courses"),
    *("javascript:alert(1)", "http://kakehashi.test/\r\nSet-Cookie: a=b", "http://kakehashi.test:x/", "http://[::1"),
    *("http://kakehashi.test/a/../../b", "http:///kakehashi.test/"),
)


@pytest.mark.parametrize("by", ["get", "post"])
@pytest.mark.parametrize(("changes", "status", "words"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
async def test_a_login_that_cannot_be_is_refused_and_not_kept(
    refusing: Visit, stranger: Browser, by: str, changes: dict[str, object], status: int, words: str
) -> None:
    before = await count(refusing.database, lti_logins)
    answer = await stranger.begun(refusing.platform, by=by, **changes)
    assert (answer.status_code, words_in(answer)) == (status, words)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (stranger.cookies, await count(refusing.database, lti_logins)) == ({}, before)


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_nothing_but_an_address_of_ours_is_launched(refusing: Visit, stranger: Browser, target: str) -> None:
    answer = await stranger.begun(refusing.platform, target_link_uri=target)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert words_in(answer) == f"target_link_uri is no address of this server. {ASK}"
    login, before = await stranger.login(refusing.platform), await refusing.counts()
    said = await stranger.launch(login, refusing.platform.id_token(login.nonce, target_link_uri=target))
    assert said.status_code == 400
    assert await refusing.counts() == before


@pytest.mark.parametrize("target", [HOME, f"{HOME}/", f"{HOME}:80/api/lti/courses", "HTTP://KAKEHASHI.TEST/api/lti"])
async def test_an_address_of_ours_is_one_however_it_is_written(refusing: Visit, stranger: Browser, target: str) -> None:
    await stranger.login(refusing.platform, target_link_uri=target)


@pytest.mark.parametrize(
    "query",
    [
        "iss=a&iss=b&login_hint=c&target_link_uri=d",
        "iss=%ff&login_hint=c&target_link_uri=d",
        "&".join(["a=b"] * 101),
    ],
)
async def test_a_query_that_is_none_is_refused(refusing: Visit, stranger: Browser, query: str) -> None:
    assert (await stranger.get(LOGIN, query)).status_code == 400
    assert (await stranger.post(LOGIN, query.encode())).status_code == 400


async def test_what_is_of_nobody_may_come_twice(refusing: Visit, stranger: Browser) -> None:
    await stranger.login(refusing.platform, canvas_region="a&canvas_region=b")
    answer = await stranger.begun(refusing.platform, by="post", other="x" * 5000)
    assert answer.status_code == 302


async def test_4_kib_are_taken(refusing: Visit, stranger: Browser) -> None:
    login = await stranger.login(refusing.platform, lti_message_hint="x" * 4096)
    assert len(login.asked["lti_message_hint"]) == 4096


async def test_a_head_begins_no_login(refusing: Visit, stranger: Browser) -> None:
    before = await count(refusing.database, lti_logins)
    answer = await stranger.client.head(LOGIN, params={"iss": refusing.platform.issuer})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert await count(refusing.database, lti_logins) == before


async def test_an_issuer_with_several_platforms_needs_a_client_id(visit: Visit, browser: Browser) -> None:
    await Platform(client_id="other").register(visit.database)
    answer = await browser.begun(visit.platform, client_id=None)
    assert answer.status_code == 400
    assert words_in(answer) == f"Several platforms have this issuer: client_id must say which. {ASK}"
    assert (await browser.login(visit.platform)).asked["client_id"] == "kakehashi-1"


async def test_a_platform_that_is_switched_off_cannot_begin_nor_end_a_login(visit: Visit, browser: Browser) -> None:
    login, before = await browser.login(visit.platform), await visit.counts()
    async with visit.database.writing() as transaction:
        await transaction.execute(update(lti_platforms).values(is_active=False))
    for answer in (
        await browser.begun(visit.platform),
        await browser.launch(login, visit.platform.id_token(login.nonce)),
    ):
        assert (answer.status_code, words_in(answer)) == (403, f"This LMS is switched off here. {ASK}")
    assert await visit.counts() == before


async def test_a_flood_of_logins_is_refused_by_a_page(visit: Visit, browser: Browser) -> None:
    taken = 0
    # While it is counted there is room for more again, at a slow pace.
    while (answer := await browser.begun(visit.platform)).status_code == 302:
        taken += 1
    assert answer.status_code == 429
    assert taken >= 100
    assert len(await visit.logins()) == taken
    assert words_in(answer).startswith("Too much was asked from your network.")
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["x-ratelimit-remaining"] == "0"


async def test_in_maintenance_nobody_comes(visit: Visit, browser: Browser) -> None:
    login, before = await browser.login(visit.platform), await visit.counts()
    now = (await visit.logins())[0].created_at
    async with visit.database.writing() as transaction:
        await set_maintenance(transaction, enabled=True, message="メンテナンス中です", now=now)
    for answer in (
        await browser.begun(visit.platform),
        await browser.launch(login, visit.platform.id_token(login.nonce)),
    ):
        assert (answer.status_code, words_in(answer)) == (503, "メンテナンス中です")
        assert answer.headers["retry-after"] == "300"
    assert await visit.counts() == before
    assert len(await visit.logins()) == 1


async def test_production_without_a_public_address_has_no_lti(visit: Visit) -> None:
    settings: dict[str, Any] = {
        "environment": "production",
        "auth0_issuer": "https://tenant.auth0.com/",
        "sealing_keys": SEALING_KEY,
        "database_url": visit.running.settings.database_url,
        "data_dir": visit.running.settings.data_dir,
    }
    async with running(Settings(**settings)) as started, Visit(started, visit.platform).browsing() as browser:
        for answer in (
            await browser.begun(visit.platform),
            await browser.post("/api/lti/callback", {"state": "x", "id_token": "a.b.c"}),
        ):
            assert answer.status_code == 503
            assert "KAKEHASHI_PUBLIC_URL" in answer.text
    named = Settings(**settings, public_url="https://k.example.jp")
    async with running(named) as started, Visit(started, visit.platform).browsing() as browser:
        login = await browser.login(visit.platform, target_link_uri="https://k.example.jp/api/lti/courses")
        assert login.asked["redirect_uri"] == "https://k.example.jp/api/lti/callback"
        # Whoever sends a Host does not choose where people come back to.
        assert (await browser.begun(visit.platform)).status_code == 400
