"""Tests that a launch works inside an LMS in a real browser that blocks third-party cookies, and what people see."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from playwright.sync_api import FrameLocator, Page, expect
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from db.connections.database import connect
from db.lti.tables import lti_scores
from gateway.app import make_app
from gateway.settings import Settings
from tests.accounts.calling import EMAILS, STUDENT
from tests.conftest import copied
from tests.gateway.browser import chromium_path, serving
from tests.lti.framing import ALLOWING, BLOCKING, FRAME, Browsing, Lms, browsing
from tests.lti.platform import GRADES, INSTRUCTOR, Platform
from tests.services.postgresql import Server
from tests.webhooks.hooks import HERE

LESSONS = ["Hello! 自己紹介", "My Family 家族と持ち物", "My Day 毎日の生活", "I Like It! 好きなもの"]
BOOK = {"scope": [f"{GRADES}scope/score"], "lineitem": "https://lms.example.jp/lines/5"}
SECOND: dict[str, object] = {"custom": {"course": "EN-A1-01", "lesson": "EN-A1-01-L02"}}
DATA = "op=321&v=44;\n"
CLAIMS: dict[str, dict[str, object]] = {
    "second": SECOND,
    "graded": {**SECOND, "endpoint": BOOK, "__email": EMAILS[STUDENT], "__sub": "known"},
    "first-by-hand": {"custom": {"course": "first-steps-a1", "lesson": "50101"}, "by_hand": True},
    "third-by-hand": {"custom": {"course": "first-steps-a1", "lesson": "50103"}, "by_hand": True},
    "staff": {**SECOND, "roles": [INSTRUCTOR], "__sub": "teacher"},
    "nothing": {"__email": EMAILS[STUDENT], "__sub": "known"},
}


@pytest.fixture(scope="module")
def settings(filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[Settings]:
    """The settings of a tool with a database of its own."""
    with copied("sqlite", filled, postgresql_server, data_dir) as url:
        yield Settings(database_url=url, data_dir=data_dir, egress_allow=HERE)


@pytest.fixture(scope="module")
def lms(settings: Settings) -> Iterator[Lms]:
    """An LMS that the tool knows, and which finds people by their addresses; both are served."""
    made = Lms(Platform())
    with serving(make_app(settings)) as tool, serving(made.app()) as url:
        made.tool, made.platform.port = tool, int(url.rpartition(":")[2])
        made.platform.issuer, made.platform.auth_login_url = made.origin, f"{made.origin}/auth?tenant=7"
        made.claims |= CLAIMS
        asked = {
            "deep_link_return_url": f"{made.origin}/return",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe"],
            "data": DATA,
        }
        made.claims["one"] = {"deep_linking_settings": asked}
        made.claims["choice"] = {"deep_linking_settings": {**asked, "accept_multiple": True}}
        asyncio.run(known(settings, made.platform))
        yield made


async def known(settings: Settings, platform: Platform) -> None:
    """Register a platform."""
    database = connect(settings.database)
    await database.open()
    await platform.register(database, matching="email")
    await database.close()


@pytest.fixture
def chromium() -> str:
    """The browser of this machine."""
    found = chromium_path()
    if found is None:
        pytest.skip("There is no Chromium on this machine (Debian: apt-get install chromium).")
    return found


@pytest.fixture
def blocking(chromium: str) -> Iterator[Browsing]:
    """A browser that blocks third-party cookies, as those of today do."""
    with browsing(chromium) as opened:
        yield opened


@pytest.fixture
def keeping_nothing(chromium: str, lms: Lms) -> Iterator[Browsing]:
    """A browser that keeps no cookies at all for the tool inside the LMS."""
    with browsing(chromium, never=f"{lms.tool},{lms.origin}") as opened:
        yield opened


def opened(browser: Browsing, address: str) -> Page:
    """A new tab at an address."""
    page = browser.context.new_page()
    page.goto(address)
    return page


def framed(page: Page) -> FrameLocator:
    """What is in the frame of the tool."""
    return page.frame_locator(f"iframe[name={FRAME}]")


def expect_course(place: FrameLocator | Page, current: str = LESSONS[1]) -> None:
    """The course is shown, the launched lesson before the others."""
    expect(place.get_by_role("heading", level=1)).to_have_text(re.compile("はじめての英語 A1"))
    others = [lesson for lesson in LESSONS if lesson != current]
    expect(place.locator("p.name")).to_have_text([current, *others])


def heard(page: Page) -> list[tuple[str, str | None]]:
    """What the LMS was told by messages of the tool."""
    return [(one["subject"], one.get("key")) for one in page.evaluate("window.heard")]


def secrets_in(browser: Browsing) -> list[str]:
    """The names of the cookies by which logins are known."""
    names = [cookie.get("name", "") for cookie in browser.context.cookies()]
    return [name for name in names if name.startswith("kakehashi_lti_")]


@pytest.mark.parametrize("cookies", [ALLOWING, BLOCKING], ids=["allowing", "blocking"])
def test_the_browser_really_blocks_what_the_tests_say(chromium: str, lms: Lms, cookies: dict[str, object]) -> None:
    seen: list[set[str]] = []

    async def third(request: Request) -> Response:
        seen.append(set(request.cookies))
        answer = HTMLResponse("<p>Here</p>")
        for line in ("plain=1", "parted=1; Partitioned"):
            answer.headers.append("Set-Cookie", f"{line}; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=600")
        return answer

    async def around(request: Request) -> Response:
        return HTMLResponse(f'<iframe src="{request.query_params["of"]}"></iframe>')

    site = Starlette(routes=[Route("/third", third), Route("/around", around)])
    with serving(site) as other, browsing(chromium, cookies) as browser:
        port = other.rpartition(":")[2]
        page = browser.context.new_page()
        for _ in range(2):
            page.goto(f"http://localhost:{port}/around?of={other}/third")
            expect(page.frame_locator("iframe").locator("p")).to_have_text("Here")
    first, second = seen
    assert first == set()
    assert second == ({"plain", "parted"} if cookies is ALLOWING else {"parted"})


def test_a_launch_in_a_frame_works_by_a_partitioned_cookie(blocking: Browsing, lms: Lms) -> None:
    page = opened(blocking, lms.address("second"))
    expect_course(framed(page))
    frame = page.frame(FRAME)
    assert frame is not None
    assert re.fullmatch(rf"{lms.tool}/api/lti/course\?launch=\d+&course=EN-A1-01&lesson=EN-A1-01-L02", frame.url), (
        frame.url
    )
    assert frame.evaluate("window.location.hash") == ""
    assert (blocking.errors, blocking.violations(), blocking.hosts) == ([], [], {"127.0.0.1", "localhost"})


@pytest.mark.parametrize("storage", ["_parent", "lti_storage"])
def test_where_the_browser_keeps_no_cookie_the_platform_keeps_the_secret(
    keeping_nothing: Browsing, lms: Lms, storage: str
) -> None:
    page = opened(keeping_nothing, lms.address("second", storage))
    expect_course(framed(page))
    keeper = page.frame("lti_storage") or page.main_frame
    told = [(one["subject"], one["origin"]) for one in keeper.evaluate("window.heard")]
    assert told[:2] == [("lti.put_data", lms.tool), ("lti.get_data", lms.tool)]
    names = {one["key"] for one in keeper.evaluate("window.heard")[:2]}
    assert len(names) == 1
    assert re.fullmatch(r"kakehashi_lti_[0-9a-f]{16}", names.pop())
    assert (keeping_nothing.errors, keeping_nothing.violations()) == ([], [])


@pytest.mark.parametrize("storage", ["", "silent"], ids=["that offers nothing", "that does not answer"])
def test_without_cookies_and_without_a_platform_that_keeps_things_a_new_window_is_offered(
    keeping_nothing: Browsing, lms: Lms, storage: str
) -> None:
    page = opened(keeping_nothing, lms.address("second", storage))
    link = framed(page).get_by_role("link", name="新しいウィンドウで開く")
    with keeping_nothing.context.expect_page() as window:
        link.click(timeout=20_000)
    expect_course(window.value)
    assert window.value.evaluate("[window.opener, window.location.hash]") == [None, ""]
    window.value.reload()
    expect_course(window.value)
    assert keeping_nothing.violations() == []
    # The launch in the frame is answered with 400, which browsers write into the console.
    assert [error for error in keeping_nothing.errors if "400 (Bad Request)" not in error] == []


@pytest.mark.parametrize("storage", ["", "_parent"], ids=["by cookies", "by the platform"])
def test_two_tabs_log_in_at_once(chromium: str, lms: Lms, storage: str) -> None:
    never = f"{lms.tool},{lms.origin}" if storage else ""
    with browsing(chromium, never=never) as browser:
        first = opened(browser, lms.address("first-by-hand", storage))
        third = opened(browser, lms.address("third-by-hand", storage))
        for page in (third, first):
            expect(framed(page).get_by_role("button", name="Go on")).to_be_visible()
        assert len(secrets_in(browser)) == (0 if storage else 2)
        for page in (first, third):
            framed(page).get_by_role("button", name="Go on").click()
        expect_course(framed(first), LESSONS[0])
        expect_course(framed(third), LESSONS[2])
        assert secrets_in(browser) == []


def test_the_frame_grows_with_the_page(blocking: Browsing, lms: Lms) -> None:
    page = opened(blocking, lms.address("second", "_parent"))
    expect_course(framed(page))
    frame = page.frame(FRAME)
    assert frame is not None
    frame.wait_for_function("window.innerHeight >= document.documentElement.scrollHeight && window.innerHeight > 300")
    assert ("lti.frameResize", None) in heard(page)


def test_a_frame_without_a_store_says_after_a_reload_how_to_go_on(blocking: Browsing, lms: Lms) -> None:
    page = opened(blocking, lms.address("second"))
    expect_course(framed(page))
    frame = page.frame(FRAME)
    assert frame is not None
    assert frame.evaluate("(() => { try { return typeof sessionStorage } catch { return 'none' } })()") == "none"
    frame.evaluate("window.location.reload()")
    expect(framed(page).get_by_role("alert")).to_have_text(
        "接続の有効期限が切れました。LMS からもう一度開いてください。"
    )


def test_a_learner_sees_the_state_of_lessons_and_what_became_of_the_grade(
    blocking: Browsing, lms: Lms, settings: Settings
) -> None:
    page = opened(blocking, lms.address("graded"))
    place = framed(page)
    expect(place.locator(".state .chip")).to_have_text(["合格"] * 4)
    # What the learner has completed already is told at once.
    expect(place.get_by_text("100 点中 100 点")).to_be_visible()
    expect(place.get_by_text("LMS へ送信しています。")).to_be_visible()
    frame = page.frame(FRAME)
    assert frame is not None
    launch = re.findall(r"launch=(\d+)", frame.url)[0]
    beside(told(settings, int(launch)))
    place.get_by_role("button", name="更新").click()
    expect(place.get_by_text("100 点中 87.5 点")).to_be_visible()
    expect(place.get_by_text("LMS への反映日時 2026/11/28 12:34")).to_be_visible()
    assert (blocking.errors, blocking.violations()) == ([], [])


def beside(work: Any) -> None:  # noqa: ANN401  # a coroutine of anything
    """Run something asynchronous while a browser is driven, which has a loop of its own in this thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def told(settings: Settings, launch: int) -> None:
    """Let the grade of a launch have arrived at the platform, and be another one."""
    at = datetime(2026, 11, 28, 3, 34, tzinfo=UTC)
    values = {"score_given": 87.5, "status": "delivered", "finished_at": at, "next_attempt_at": None}
    database = connect(settings.database)
    await database.open()
    async with database.writing() as transaction:
        await transaction.execute(update(lti_scores).where(lti_scores.c.launch_id == launch).values(**values))
    await database.close()


def test_staff_see_the_course_and_nobodys_progress(blocking: Browsing, lms: Lms) -> None:
    place = framed(opened(blocking, lms.address("staff")))
    expect_course(place)
    expect(place.locator("progress, .state, .chip")).to_have_count(0)
    expect(place.locator(".note")).to_have_text(re.compile("学習者に表示される内容です。"))
    assert (blocking.errors, blocking.violations()) == ([], [])


def test_without_a_course_the_learner_finds_the_own_ones(blocking: Browsing, lms: Lms) -> None:
    place = framed(opened(blocking, lms.address("nothing")))
    expect(place.get_by_role("heading", level=2, name="あなたの講座")).to_be_visible()
    place.get_by_role("button", name="はじめての英語 A1").click()
    expect(place.get_by_role("heading", level=1)).to_have_text(re.compile("はじめての英語 A1"))
    expect(place.locator("p.name")).to_have_text(LESSONS)
    place.get_by_role("button", name="講座の一覧").click()
    expect(place.get_by_role("heading", level=1)).to_have_text("講座")
    assert (blocking.errors, blocking.violations()) == ([], [])


def test_the_page_speaks_english_where_the_browser_does(chromium: str, lms: Lms) -> None:
    with browsing(chromium, locale="en-GB") as browser:
        page = opened(browser, lms.address("graded"))
        place = framed(page)
        expect(place.locator(".state .chip")).to_have_text(["Passed"] * 4)
        frame = page.frame(FRAME)
        assert frame is not None
        assert frame.evaluate("document.documentElement.lang") == "en"


def test_a_teacher_chooses_and_what_was_chosen_launches(blocking: Browsing, lms: Lms) -> None:
    page = opened(blocking, lms.address("choice"))
    place = framed(page)
    place.get_by_label("講座を検索").fill("旅行英語")
    place.get_by_role("button", name="検索").click()
    expect(place.locator(".courses > li")).to_have_count(1)
    place.get_by_text(re.compile("レッスンを表示")).click()
    place.get_by_label("At the Hotel").check()
    place.get_by_label("講座を検索").fill("はじめての英語")
    place.get_by_label("講座を検索").press("Enter")
    place.get_by_label(re.compile("^はじめての英語 A1")).check()
    expect(place.get_by_text("2 件を選択中")).to_be_visible()
    place.get_by_role("button", name="LMS に追加").click()
    expect(place.get_by_text("Thank you")).to_be_visible()
    claims = answer_in(lms)
    assert (claims["aud"], claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"]) == ([lms.origin], DATA)
    lesson, course = claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
    assert lesson["custom"] == {"course": "EN-A1-02", "lesson": "EN-A1-02-L02"}
    assert course["url"] == f"{lms.tool}/api/lti/courses/EN-A1-01"
    lms.claims["chosen"] = {"target_link_uri": lesson["url"], "custom": lesson["custom"]}
    launched = framed(opened(blocking, lms.address("chosen")))
    expect(launched.locator(".card p.name").first).to_have_text("At the Hotel ホテルで")
    assert (blocking.errors, blocking.violations()) == ([], [])


def test_where_one_is_taken_the_last_that_is_chosen_counts(blocking: Browsing, lms: Lms) -> None:
    place = framed(opened(blocking, lms.address("one")))
    add = place.get_by_role("button", name="LMS に追加")
    expect(add).to_be_disabled()
    place.get_by_label(re.compile("^はじめての英語 A1")).check()
    place.get_by_label(re.compile("^はじめての旅行英語 A1")).check()
    expect(place.locator(".chosen > li")).to_have_count(1)
    place.get_by_role("button", name="はじめての旅行英語 A1 を外す").click()
    expect(add).to_be_disabled()
    place.get_by_label(re.compile("^はじめての英語 A1")).press("Space")
    add.press("Enter")
    expect(place.get_by_text("Thank you")).to_be_visible()
    (item,) = answer_in(lms)["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
    assert item["custom"] == {"course": "EN-A1-01"}


def test_a_teacher_may_choose_nothing(blocking: Browsing, lms: Lms) -> None:
    place = framed(opened(blocking, lms.address("choice")))
    place.get_by_role("button", name="キャンセル").click()
    expect(place.get_by_text("Thank you")).to_be_visible()
    assert answer_in(lms)["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"] == []


def answer_in(lms: Lms) -> dict[str, Any]:
    """The claims of the last choice that the LMS was told, signed by a key that the tool publishes."""
    token = lms.returned[-1]
    keys = jwt.PyJWKSet.from_dict(httpx2.get(f"{lms.tool}/api/lti/jwks").json())
    key = keys[jwt.get_unverified_header(token)["kid"]].key
    return dict(jwt.decode(token, key, algorithms=["RS256"], audience=lms.origin, issuer=lms.platform.client_id))
