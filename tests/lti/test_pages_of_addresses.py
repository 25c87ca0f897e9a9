"""Pages of addresses: what is pasted into each LMS, what Canvas fetches, and where platforms are registered."""

import asyncio
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Page

from gateway.app import make_app
from gateway.lti.platforms_page import FILE
from gateway.lti.static import FOLDER
from gateway.lti.systems import FIELDS, SYSTEMS
from gateway.settings import Settings
from tests.accounts.calling import OWNER
from tests.conftest import Running, running
from tests.gateway.browser import Visit, chromium_path, serving, visiting
from tests.talktiko.asking import Api

BASE = "http://kakehashi.test/api/lti"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
LMS = "https://93.184.216.34"
GIVEN = {
    "name": "Moodle",
    "issuer": "https://moodle.example.jp",
    "client_id": "abc",
    "auth_login_url": "https://moodle.example.jp/auth",
    "auth_token_url": f"{LMS}/token",
    "jwks_url": f"{LMS}/certs",
    "deployment_ids": "1\n 2 \n",
}


@pytest.fixture
def served(url: str, data_dir: Path) -> Iterator[str]:
    """The app on a port of this machine."""
    with serving(make_app(Settings(database_url=url, data_dir=data_dir))) as address:
        yield address


@pytest.fixture
def visit(served: str) -> Iterator[Visit]:
    """An empty page of a browser that reaches nothing but the server."""
    chromium = chromium_path()
    if chromium is None:
        pytest.skip("There is no Chromium on this machine (Debian: apt-get install chromium).")
    with visiting(served, chromium) as opened:
        yield opened


@pytest.fixture
def token(url: str, data_dir: Path) -> str:
    """An API token of an owner, as somebody made it before."""

    async def new() -> str:
        async with running(Settings(database_url=url, data_dir=data_dir)) as app:
            return (await Api(app).token(OWNER, ("lti:read", "lti:write"))).plain_text

    return asyncio.run(new())


def rows(html: str, caption: str) -> list[tuple[str, str]]:
    """The fields and values of a table with this caption."""
    (table,) = re.findall(rf"<table><caption>[^/]*{caption}.*?</table>", html, re.DOTALL)
    cells = re.findall(r'<th scope="row">(.*?)</th><td>[^<]*<code>(.*?)</code></td>', table)
    return [(unescape(name), unescape(value)) for name, value in cells]


async def test_each_lms_is_told_the_addresses_by_its_own_names(shared: Running) -> None:
    page = await shared.client.get("/api/lti")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "script-src" not in page.headers["Content-Security-Policy"]
    _, *sections = page.text.split("<section>")
    assert len(sections) == len(SYSTEMS)
    pasted = {system.name: dict(rows(html, "Paste there")) for system, html in zip(SYSTEMS, sections, strict=True)}
    assert pasted["Canvas"]["JSON URL"] == f"{BASE}/canvas.json"
    assert pasted["Canvas"]["OpenID Connect Initiation URL"] == f"{BASE}/login"
    assert pasted["Moodle"]["Initiate login URL"] == f"{BASE}/login"
    assert pasted["Moodle"]["Public keyset"] == f"{BASE}/jwks"
    assert pasted["Blackboard"]["Tool Redirect URL(s)"] == f"{BASE}/callback"
    assert pasted["Open edX"]["Tool Keyset URL"] == f"{BASE}/jwks"
    assert pasted["Schoology"]["OIDC Login Init URL"] == f"{BASE}/login"
    for system, html in zip(SYSTEMS, sections, strict=True):
        # Nobody can register a platform of which one of these is missing.
        copied = {value for _, value in rows(html, "Copy from there")}
        expected = {"issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url", "deployment_ids"}
        assert copied == expected, system.name
        # The page of platforms calls each of them the same.
        assert [label for label in FIELDS.values() if label not in FILE.read_text("utf-8")] == []
        assert [label for label in FIELDS.values() if f"<td>{label} <code>" not in html] == []


@pytest.mark.parametrize(
    ("query", "privacy"), [("", "name_only"), ("?matching=email", "public"), ("?matching=external_id", "public")]
)
async def test_canvas_fetches_a_whole_configuration(shared: Running, query: str, privacy: str) -> None:
    answer = await shared.client.get(f"/api/lti/canvas.json{query}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    found = answer.json()
    launch = {"message_type": "LtiDeepLinkingRequest", "target_link_uri": f"{BASE}/callback", "text": "Kakehashi"}
    placements = [{"placement": name, **launch, "enabled": True} for name in ("assignment_selection", "link_selection")]
    ags = "https://purl.imsglobal.org/spec/lti-ags/scope"
    assert found == {
        "title": "Kakehashi",
        "description": found["description"],
        "oidc_initiation_url": f"{BASE}/login",
        "target_link_uri": f"{BASE}/callback",
        "redirect_uris": [f"{BASE}/callback"],
        "public_jwk_url": f"{BASE}/jwks",
        "scopes": [
            f"{ags}/lineitem",
            f"{ags}/score",
            f"{ags}/result.readonly",
            "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
        ],
        "custom_fields": {},
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": "kakehashi.test",
                "privacy_level": privacy,
                "settings": {"text": "Kakehashi", "placements": placements},
            }
        ],
    }


async def test_addresses_are_below_the_public_one_and_never_chosen_by_who_asks(url: str, data_dir: Path) -> None:
    settings = Settings(database_url=url, data_dir=data_dir, public_url="https://learn.example.jp/school/")
    async with running(settings) as app:
        answer = await app.client.get("/api/lti/canvas.json", headers={"Host": "evil.example"})
        assert answer.json()["oidc_initiation_url"] == "https://learn.example.jp/school/api/lti/login"
        assert answer.json()["extensions"][0]["domain"] == "learn.example.jp"
        assert "evil.example" not in (await app.client.get("/api/lti", headers={"Host": "evil.example"})).text


async def test_an_address_with_markup_in_it_is_escaped(shared: Running) -> None:
    page = await shared.client.get("/api/lti", headers={"Host": "<script>alert(1)</script>"})
    assert "<script>" not in page.text


async def test_the_page_of_platforms_runs_its_own_script_and_is_framed_by_nobody(shared: Running) -> None:
    page = await shared.client.get("/api/lti/platforms")
    assert (page.status_code, page.content) == (200, FILE.read_bytes())
    assert page.headers["Content-Security-Policy"] == POLICY
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert re.findall(r"<script[^>]*>[^<]", page.text) == []
    assert re.findall(r"\son[a-z]+=|style=", page.text) == []
    # Whatever is filled in has a name for who cannot see it, and a place for its mistake.
    for field in re.findall(r'<(?:input|select|textarea) id="([^"]+)"', page.text):
        assert f'<label for="{field}"' in page.text, field
        assert field == "token" or f'id="{field}-error"' in page.text, field
    for name in re.findall(r'(?:src|href)="static/([^"]+)"', page.text):
        answer = await shared.client.get(f"/api/lti/static/{name}")
        assert (answer.status_code, answer.content) == (200, (FOLDER / name).read_bytes())
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["nothing.js", "..%2fgraphiql%2findex.html", "%2e%2e%2fsettings.py", ".", "page.css/"])
async def test_no_other_file_is_served(shared: Running, path: str) -> None:
    assert (await shared.client.get(f"/api/lti/static/{path}")).status_code == 404


def entered(page: Page, served: str, token: str) -> None:
    """Open the page and give a token."""
    page.goto(f"{served}/api/lti/platforms")
    assert page.locator("#platform").is_hidden()
    page.fill("#token", token)
    page.click("#entrance button")


def filled_in(page: Page, **changes: str) -> None:
    """Describe a platform, and save."""
    for name, value in {**GIVEN, **changes}.items():
        page.fill(f"#{name}", value)
    page.click("#save")


def test_an_owner_reads_mistakes_beside_the_fields(token: str, served: str, visit: Visit) -> None:
    page = visit.page
    entered(page, served, token)
    page.locator("#status", has_text="0 registered").wait_for()
    filled_in(page, client_id="é", jwks_url="https://10.0.0.1/")
    page.locator("#client_id-error", has_text="ASCII").wait_for()
    assert "may not be reached" in page.inner_text("#jwks_url-error")
    assert page.get_attribute("#client_id", "aria-invalid") == "true"
    assert page.evaluate("document.activeElement.id") == "client_id"
    assert page.inner_text("#name-error") == ""
    page.uncheck("#invited-creates_accounts")
    page.click("#invitation button")
    page.locator("#invited-creates_accounts-error", has_text="nobody could come in").wait_for()
    assert page.inner_text("#invited") == ""
    filled_in(page)
    page.locator("#status", has_text="1 registered").wait_for()
    assert page.locator("#platform [aria-invalid]").count() == 0


def test_an_owner_registers_changes_invites_and_removes(token: str, served: str, visit: Visit) -> None:
    page = visit.page
    entered(page, served, token)
    page.locator("#status", has_text="0 registered").wait_for()
    filled_in(page)
    page.locator("#status", has_text="1 registered").wait_for()
    assert page.inner_text("#told-login_url") == f"{served}/api/lti/login"
    cells = page.locator("#rows tr").first.locator("th, td").all_inner_texts()
    assert cells[:5] == ["Moodle", GIVEN["issuer"], "abc", "1\n2", "on / 有効"]
    page.click("#rows button:has-text('Edit')")
    page.fill("#deployment_ids", "3")
    page.click("#save")
    page.locator("#rows td", has_text=re.compile("^3$")).wait_for()
    page.click("#rows button:has-text('Switch off')")
    page.locator("#rows td", has_text="off / 無効").wait_for()
    page.click("#invitation button")
    page.locator("#invited", has_text=f"{served}/api/lti/register/").wait_for()
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#rows button:has-text('Remove')")
    page.locator("#status", has_text="0 registered").wait_for()
    # The token stays in the page alone.
    kept = "[localStorage.length, sessionStorage.length, document.cookie, location.search]"
    assert page.evaluate(kept) == [0, 0, "", ""]
    assert (visit.violations(), visit.outside, visit.errors) == ([], [], [])


def test_a_wrong_token_is_told_and_shows_nothing(served: str, visit: Visit) -> None:
    page = visit.page
    entered(page, served, "1|kakehashi_wrong")
    page.locator("#status", has_text="Unauthenticated.").wait_for()
    assert [page.locator(f"#{name}").is_hidden() for name in ("listed", "platform", "invitation")] == [True] * 3
