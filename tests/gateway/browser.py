"""Opens a page of a local server in headless Chromium, with every other address cut off and written down."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from playwright.sync_api import ConsoleMessage, Page, Route, WebError, sync_playwright
from starlette.types import ASGIApp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
COLLECT_VIOLATIONS = """
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
        window.violations.push(`${event.effectiveDirective}: ${event.blockedURI}`));
"""


@dataclass
class Visit:
    """One opened page, with what went wrong on it: console errors, and addresses outside the local server."""

    page: Page
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """What the Content-Security-Policy refused on the page, as `directive: address`."""
        found: list[str] = self.page.evaluate("window.violations")
        return found


def chromium_path() -> str | None:
    """The Chromium or Chrome of this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serves `app` on a free port of 127.0.0.1 from a thread; gives its address without a slash at the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        time.sleep(0.01)
    assert server.started, "The local server did not start; its log says why."
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def visiting(server: str, chromium: str) -> Iterator[Visit]:
    """An empty page that may reach `server` only. Open something with `visit.page.goto(…)`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="ja-JP", timezone_id="Asia/Tokyo")
        visit = Visit(context.new_page())

        def pass_or_cut(route: Route) -> None:
            if route.request.url.startswith(f"{server}/"):
                route.continue_()
            else:
                visit.outside.append(route.request.url)
                route.abort()

        def note_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                visit.errors.append(f"{message.type}: {message.text}")

        def note_error(error: WebError) -> None:
            visit.errors.append(f"uncaught: {error.error}")

        context.route("**/*", pass_or_cut)
        context.on("console", note_console)
        context.on("weberror", note_error)
        context.add_init_script(COLLECT_VIOLATIONS)
        try:
            yield visit
        finally:
            browser.close()
