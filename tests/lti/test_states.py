"""Tests that a launch comes back to the browser in which its login began, once, and within ten minutes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from db.lti.tables import lti_logins
from resolvers.digests import digest
from tests.lti.platform import TOOL
from tests.lti.visiting import CALLBACK, Browser, Login, Visit, login_at, told_in, words_in

UNKNOWN = "This login is not known: it was used already, or has expired. Open the link in your LMS again."
SAME, CROSS = {"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "cross-site"}


@pytest.fixture
async def other(refusing: Visit) -> AsyncIterator[Browser]:
    """Another browser."""
    async with refusing.browsing() as found:
        yield found


async def is_unused(visit: Visit, login: Login) -> bool:
    """Whether a login waits still."""
    (found,) = [one for one in await visit.logins() if one.state_digest == digest(login.state)]
    return found.consumed_at is None


@pytest.mark.parametrize("state", [None, "", "x" * 43, "x" * 1025, "\x00", "状態"])
async def test_a_state_that_is_none_of_ours_is_refused(refusing: Visit, stranger: Browser, state: str | None) -> None:
    login, before = await stranger.login(refusing.platform), await refusing.counts()
    form = {"id_token": refusing.platform.id_token(login.nonce)} | ({} if state is None else {"state": state})
    answer = await stranger.post(CALLBACK, form)
    assert answer.status_code == 400
    assert await refusing.counts() == before
    assert await is_unused(refusing, login)


async def test_a_state_is_used_once(visit: Visit, browser: Browser) -> None:
    login = await browser.login(visit.platform)
    kept, id_token = dict(browser.cookies), visit.platform.id_token(login.nonce)
    assert (await browser.launch(login, id_token)).status_code == 302
    before = await visit.counts()
    for replayed in (id_token, visit.platform.id_token(login.nonce, __sub="other")):
        browser.cookies = dict(kept)
        answer = await browser.launch(login, replayed)
        assert (answer.status_code, words_in(answer)) == (400, UNKNOWN)
    assert await visit.counts() == before


async def test_of_two_who_use_a_state_at_once_one_wins(visit: Visit, browser: Browser) -> None:
    login = await browser.login(visit.platform)
    headers, id_token = browser.headers(), visit.platform.id_token(login.nonce)
    form = {"state": login.state, "id_token": id_token}
    sent = [browser.client.post(CALLBACK, data=form, headers=headers) for _ in range(5)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*sent))
    assert statuses == [302, 400, 400, 400, 400]
    assert len(await visit.launches()) == 1


async def test_a_login_that_was_refused_is_used_up(refusing: Visit, stranger: Browser) -> None:
    login = await stranger.login(refusing.platform)
    kept = dict(stranger.cookies)
    assert (await stranger.launch(login, "a.b.c")).status_code == 401
    stranger.cookies = kept
    answer = await stranger.launch(login, refusing.platform.id_token(login.nonce))
    assert (answer.status_code, words_in(answer)) == (400, UNKNOWN)
    assert await refusing.launches() == []


async def test_an_expired_state_is_refused(refusing: Visit, stranger: Browser) -> None:
    login, before = await stranger.login(refusing.platform), await refusing.counts()
    ended = datetime.now(UTC) - timedelta(seconds=1)
    async with refusing.database.writing() as transaction:
        one = update(lti_logins).where(lti_logins.c.state_digest == digest(login.state))
        await transaction.execute(one.values(expires_at=ended))
    answer = await stranger.launch(login, refusing.platform.id_token(login.nonce))
    assert (answer.status_code, words_in(answer)) == (400, UNKNOWN)
    assert await refusing.counts() == before


@pytest.mark.parametrize("cookie", ["none", "another", "empty", "other_login"])
async def test_a_launch_in_another_browser_is_refused_and_shown_a_way(
    refusing: Visit, stranger: Browser, other: Browser, cookie: str
) -> None:
    login, before = await stranger.login(refusing.platform), await refusing.counts()
    (name,) = stranger.cookies
    mine = {"another": "x" * 43, "empty": ""}
    other.cookies = {name: mine[cookie]} if cookie in mine else {}
    if cookie == "other_login":
        await other.login(refusing.platform)
        other.cookies = dict.fromkeys([name], next(iter(other.cookies.values())))
    answer = await other.launch(login, refusing.platform.id_token(login.nonce))
    assert answer.status_code == 400
    link = answer.text.partition('<a href="')[2].partition('"')[0].replace("&amp;", "&")
    assert link.partition("?")[0] == f"{TOOL}/login"
    assert parse_qs(urlsplit(link).query, strict_parsing=True) == {
        "iss": [refusing.platform.issuer],
        "login_hint": ["learner 1"],
        "target_link_uri": [f"{TOOL}/courses"],
        "client_id": [refusing.platform.client_id],
        "lti_message_hint": ["hint/+"],
    }
    assert await refusing.counts() == before
    assert await is_unused(refusing, login)
    begun = await other.get("/api/lti/login", urlsplit(link).query)
    assert login_at(begun.headers["location"]).asked["login_hint"] == "learner 1"


async def test_without_a_cookie_the_platform_is_asked_for_what_it_keeps(visit: Visit, browser: Browser) -> None:
    answer = await browser.begun(visit.platform, lti_storage_target="post_message")
    told = told_in(answer)
    login = login_at(told["onward"])
    browser.cookies = {}
    id_token = visit.platform.id_token(login.nonce)
    asked = await browser.launch(login, id_token)
    assert asked.status_code == 200
    assert told_in(asked) == {"origin": "https://lms.example.jp", "target": "post_message", "key": told["key"]}
    assert f'action="{TOOL}/callback"' in asked.text
    assert f'name="state" value="{login.state}"' in asked.text
    assert f'name="id_token" value="{id_token}"' in asked.text
    assert await is_unused(visit, login)
    form = {"state": login.state, "id_token": id_token, "proof": told["value"]}
    again = await browser.post(CALLBACK, form, **SAME)
    assert again.status_code == 302
    assert len(await visit.launches()) == 1


@pytest.mark.parametrize(
    ("proof", "headers"),
    [
        ("", SAME),
        ("x" * 43, SAME),
        # Who began the login knows its secret, and could have anybody's browser send it.
        ("right", CROSS),
        ("right", {"sec_fetch_site": "same-site"}),
        ("right", {"origin": "https://lms.example.jp"}),
        ("right", {"origin": "null"}),
        ("right", {}),
        ("right", {"sec_fetch_site": "cross-site", "origin": "http://kakehashi.test"}),
    ],
)
async def test_a_proof_that_is_wrong_or_comes_from_elsewhere_shows_nothing(
    refusing: Visit, stranger: Browser, proof: str, headers: dict[str, str]
) -> None:
    told = told_in(await stranger.begun(refusing.platform, lti_storage_target="_parent"))
    login, before = login_at(told["onward"]), await refusing.counts()
    stranger.cookies = {}
    given = told["value"] if proof == "right" else proof
    form = {"state": login.state, "id_token": refusing.platform.id_token(login.nonce), "proof": given}
    answer = await stranger.post(CALLBACK, form, **headers)
    assert answer.status_code == 400
    assert "Open in a new window" in answer.text
    # A window of its own has no frame that keeps things.
    assert "lti_storage_target" not in answer.text
    assert await refusing.counts() == before
    assert await is_unused(refusing, login)


async def test_browsers_that_tell_only_the_origin_may_bring_a_proof_too(visit: Visit, browser: Browser) -> None:
    told = told_in(await browser.begun(visit.platform, lti_storage_target="_parent"))
    login, browser.cookies = login_at(told["onward"]), {}
    id_token = visit.platform.id_token(login.nonce)
    form = {"state": login.state, "id_token": id_token, "proof": told["value"]}
    answer = await browser.post(CALLBACK, form, origin="http://kakehashi.test")
    assert answer.status_code == 302


@pytest.mark.parametrize("by", ["login_required", "<script>", "あ", "error\x00"])
async def test_what_a_platform_refuses_uses_the_state_and_is_not_repeated(
    refusing: Visit, stranger: Browser, by: str
) -> None:
    login, before = await stranger.login(refusing.platform), await refusing.counts()
    kept = dict(stranger.cookies)
    words = "<img src=x onerror=alert(1)> 山田"
    answer = await stranger.post(CALLBACK, {"state": login.state, "error": by, "error_description": words})
    assert answer.status_code == 400
    assert "<img" not in answer.text
    assert "山田" not in answer.text
    assert "<script>" not in answer.text
    assert await refusing.counts() == before
    if "\x00" in by:
        return
    told = by if by == "login_required" else "unknown_error"
    assert words_in(answer) == f"Your LMS did not let you in ({told}). Open the link in your LMS again."
    stranger.cookies = kept
    later = await stranger.launch(login, refusing.platform.id_token(login.nonce))
    assert (later.status_code, words_in(later)) == (400, UNKNOWN)


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"state=x", "application/x-www-form-urlencoded", 400),
        (b"state=%ff&id_token=x", "application/x-www-form-urlencoded", 400),
        (b"state=\xff&id_token=x", "application/x-www-form-urlencoded", 400),
        (b"state=x&id_token=y&state=x", "application/x-www-form-urlencoded", 400),
        (b"state=x&id_token=a%00b", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=1"] * 101), "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded; charset=utf-8", 400),
        (b"state=x&id_token=y", "multipart/form-data; boundary=x", 415),
        (b'{"state": "x"}', "application/json", 415),
        (b"state=x&id_token=" + b"y" * 128 * 1024, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_what_is_no_form_is_refused(
    refusing: Visit, stranger: Browser, body: bytes, media: str, status: int
) -> None:
    before = await refusing.counts()
    answer = await stranger.post(CALLBACK, body, Content_Type=media)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert await refusing.counts() == before


async def test_guessing_states_comes_to_an_end(refusing: Visit) -> None:
    async with refusing.browsing() as browser:
        refused = 0
        while (answer := await browser.post(CALLBACK, {"state": "x", "id_token": "a.b.c"})).status_code == 400:
            refused += 1
    assert answer.status_code == 429
    assert refused >= 100


async def test_a_class_may_come_at_once(visit: Visit, browser: Browser) -> None:
    # Forty learners behind one address: whoever is let in is counted once, at the login.
    for number in range(40):
        answer = await browser.come(visit.platform, __sub=f"learner-{number}")
        assert (await browser.session(answer)).status_code == 200
    login = await browser.begun(visit.platform)
    assert int(login.headers["x-ratelimit-remaining"]) >= 59
