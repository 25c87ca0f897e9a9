"""An LMS whose pages frame the tool, and real browsers that block as much as a test wants them to.

The LMS is at http://localhost and the tool at http://127.0.0.1: to a browser these are two sites, and both are
trustworthy, so that cookies are Secure, SameSite=None and Partitioned there as they are over TLS.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.gateway.browser import ARGUMENTS, COLLECT_VIOLATIONS
from tests.lti.platform import LEARNER, Platform

NAMES = "EXCLUDE 127.0.0.1"
RESOLVING = tuple(f"{one}, EXCLUDE localhost" if NAMES in one else one for one in ARGUMENTS)
# Frames of another site stay in the page's process: where they move into one of their own, Playwright sometimes loses
# sight of what is in them, and then waits without end, whatever time it was given. Pages do not notice.
ONE_PROCESS = "--disable-site-isolation-trials"
ALLOWING = {"cookie_controls_mode": 0, "block_third_party_cookies": False}
BLOCKING = {"cookie_controls_mode": 1, "block_third_party_cookies": True}
BLOCK = 2
# How long something may take to be seen, in milliseconds: machines on which tests run have much else to do.
PATIENCE, USUAL = 20_000, 5_000
FRAME = "tool"

# What a platform answers of LTI postMessage Storage 1.0, and of lti.frameResize; what it is told stays in `heard`.
KEEPER = """
const kept = {};
window.heard = [];
window.addEventListener('message', ({ data, origin, source }) => {
  const { subject, message_id, key, value, height } = data;
  window.heard.push({ subject, origin, key });
  if (subject === 'lti.frameResize') document.getElementById('tool').style.height = `${height}px`;
  if (origin !== TOOL || !['lti.put_data', 'lti.get_data'].includes(subject)) return;
  if (subject === 'lti.put_data') kept[key] = value;
  source.postMessage({ subject: `${subject}.response`, message_id, key, value: kept[key] }, origin);
});
"""


@dataclass(eq=False)
class Lms:
    """A platform with pages; `tool` is the origin of the tool, `returned` what was posted to where choices go.

    Each activity is one launch: `claims` by the name that it has as lti_message_hint.
    """

    platform: Platform
    tool: str = ""
    claims: dict[str, Mapping[str, object]] = field(default_factory=dict)
    returned: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Where its pages are."""
        return f"http://localhost:{self.platform.port}"

    def app(self) -> Starlette:
        """Its pages."""
        return Starlette(
            routes=[
                Route("/activity/{name}", self.activity),
                Route("/keeper", self.keeper),
                Route("/auth", self.auth),
                Route("/jwks", self.jwks),
                Route("/return", self.choose, methods=["POST"]),
                Route("/favicon.ico", no_icon),
            ]
        )

    def address(self, name: str, storage: str = "") -> str:
        """The page of an activity; `storage` is the frame that keeps things for tools."""
        return f"{self.origin}/activity/{name}?{urlencode({'storage': storage})}"

    async def activity(self, request: Request) -> Response:
        """A page that frames the tool."""
        name, storage = request.path_params["name"], request.query_params["storage"]
        asked = {
            "iss": self.platform.issuer,
            "client_id": self.platform.client_id,
            "login_hint": "hint",
            "lti_message_hint": name,
            "target_link_uri": f"{self.tool}/api/lti/courses",
            **({"lti_storage_target": storage} if storage else {}),
        }
        begin = escape(f"{self.tool}/api/lti/login?{urlencode(asked)}")
        frame = f'<iframe id="tool" name="{FRAME}" width="800" src="{begin}"></iframe>'
        beside = "" if storage in ("", "_parent", "silent") else f'<iframe name="{storage}" src="/keeper"></iframe>'
        return HTMLResponse(f"{beside}{self.script(answers=storage == '_parent')}{frame}")

    async def keeper(self, _request: Request) -> Response:
        """A frame that keeps things for tools."""
        return HTMLResponse(self.script(answers=True))

    def script(self, *, answers: bool) -> str:
        """What answers messages, where something does."""
        text = KEEPER.replace("TOOL", json.dumps(self.tool))
        return f"<script>{text}</script>" if answers else "<script>window.heard = [];</script>"

    async def auth(self, request: Request) -> Response:
        """Whoever is sent here is sent back by a form, with an id_token; the button is pressed at once, or by hand."""
        asked = request.query_params
        assert asked["redirect_uri"] == f"{self.tool}/api/lti/callback"
        claims = dict(self.claims[asked["lti_message_hint"]])
        by_hand = claims.pop("by_hand", False)
        told = {"state": asked["state"], "id_token": self.id_token(asked["nonce"], claims)}
        fields = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in told.items())
        submit = "" if by_hand else "<script>document.forms[0].submit()</script>"
        action = escape(asked["redirect_uri"])
        return HTMLResponse(f'<form method="post" action="{action}">{fields}<button>Go on</button></form>{submit}')

    def id_token(self, nonce: str, claims: Mapping[str, object]) -> str:
        """Who comes, and for what."""
        below = {"target_link_uri": f"{self.tool}/api/lti/courses", "roles": [LEARNER], **claims}
        if "deep_linking_settings" in claims:
            return self.platform.choice(nonce, **claims)
        return self.platform.id_token(nonce, **below)

    async def jwks(self, _request: Request) -> Response:
        """Its keys."""
        return Response(self.platform.jwks(), media_type="application/json")

    async def choose(self, request: Request) -> Response:
        """Where choices go."""
        ((name, token),) = parse_qsl((await request.body()).decode("ascii"))
        assert name == "JWT"
        self.returned.append(token)
        return HTMLResponse("<p>Thank you</p>")


async def no_icon(_request: Request) -> Response:
    """Browsers ask each site for an icon."""
    return Response(status_code=204)


@dataclass
class Browsing:
    """A browser, with what went wrong on its pages, and the hosts that they asked."""

    context: BrowserContext
    errors: list[str] = field(default_factory=list)
    hosts: set[str | None] = field(default_factory=set)

    def violations(self) -> list[str]:
        """What Content-Security-Policies refused on the pages and in the frames that are open."""
        frames = [frame for page in self.context.pages for frame in page.frames if frame.url.startswith("http")]
        return [violation for frame in frames for violation in frame.evaluate("window.violations")]


@contextmanager
def browsing(
    chromium: str, cookies: Mapping[str, object] = BLOCKING, *, never: str = "", locale: str = "ja-JP"
) -> Iterator[Browsing]:
    """A browser with these settings of cookies, and none at all for `never`, which is `origin,origin around it`."""
    exceptions = {"content_settings": {"exceptions": {"cookies": {never: {"setting": BLOCK}}}}} if never else {}
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        preferences = Path(folder) / "Default" / "Preferences"
        preferences.parent.mkdir()
        preferences.write_text(json.dumps({"profile": {**cookies, **exceptions}}))
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=chromium, args=(*RESOLVING, ONE_PROCESS), locale=locale, timezone_id="Asia/Tokyo"
        )
        found = Browsing(context)

        def note_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                found.errors.append(f"{message.type}: {message.text}")

        def note_error(error: WebError) -> None:
            found.errors.append(f"uncaught: {error.error}")

        context.on("console", note_console)
        context.on("weberror", note_error)
        context.on("request", lambda request: found.hosts.add(urlsplit(request.url).hostname))
        context.add_init_script(COLLECT_VIOLATIONS)
        expect.set_options(timeout=PATIENCE)
        try:
            yield found
        finally:
            expect.set_options(timeout=USUAL)
            context.close()
