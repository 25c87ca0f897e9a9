"""A browser as far as launches need one: it keeps cookies, follows redirects, and submits what submits itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

MOST_STEPS = 12


@dataclass
class Form:
    """A form: where it goes, how, and what it says."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Reading(HTMLParser):
    """Takes forms and scripts out of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a form, what stands in it, and that there are scripts."""
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(told.get("action", ""), told.get("method", "get").lower()))
        elif tag == "input" and self.forms and "name" in told and told.get("type") not in ("checkbox", "radio"):
            self.forms[-1].fields[told["name"]] = told.get("value", "")
        elif tag == "script":
            self.scripts += 1


@dataclass(frozen=True)
class Page:
    """What a browser shows in the end."""

    url: str
    response: httpx2.Response
    forms: list[Form]
    scripts: int

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.response.status_code

    @property
    def asked(self) -> dict[str, str]:
        """The parameters in the page's address."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.url).query).items()}

    @property
    def fragment(self) -> dict[str, str]:
        """What stands behind the # of the page's address."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.url).fragment).items()}

    @property
    def submits_itself(self) -> bool:
        """Whether a script submits the page's one form: all launches are made of such pages."""
        return len(self.forms) == 1 and self.scripts > 0 and ".submit()" in self.response.text


class Browser:
    """Somebody's browser. `steps` are the addresses that it went through, with their methods."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client = client
        self.steps: list[tuple[str, str]] = []

    def open(self, url: str) -> Page:
        """Go to an address, and wherever that leads."""
        return self.arrived(self.client.build_request("GET", url))

    def submit(self, page: Page, **more: str) -> Page:
        """Submit the page's form, and go wherever that leads."""
        return self.arrived(self.submitted(page, more))

    def post(self, url: str, **fields: str) -> Page:
        """Submit a form that a script has made."""
        return self.arrived(self.client.build_request("POST", url, data=fields))

    def submitted(self, page: Page, more: dict[str, str]) -> httpx2.Request:
        """The request that a form becomes."""
        (form,) = page.forms
        target, told = urljoin(page.url, form.action), {**form.fields, **more}
        if form.method == "get":
            return self.client.build_request("GET", target, params=told)
        return self.client.build_request(
            "POST", target, data=told, headers={"Origin": origin(page.url), "Referer": page.url}
        )

    def arrived(self, request: httpx2.Request) -> Page:
        """Where a request ends."""
        url = str(request.url)
        for _ in range(MOST_STEPS):
            self.steps.append((request.method, url))
            response = self.client.send(request)
            if response.is_redirect:
                # The fragment is kept by the browser and never sent.
                url = urljoin(url, response.headers["Location"])
                request = self.client.build_request("GET", url)
                continue
            page = read(url, response)
            if not page.submits_itself:
                return page
            request = self.submitted(page, {})
            url = str(request.url)
        raise AssertionError(f"The browser is sent around without an end: {self.steps}")


def read(url: str, response: httpx2.Response) -> Page:
    """A page, with its forms."""
    reading = Reading()
    if "html" in response.headers.get("Content-Type", ""):
        reading.feed(response.text)
    return Page(url, response, reading.forms, reading.scripts)


def origin(url: str) -> str:
    """The origin of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def browsing() -> Iterator[Browser]:
    """A new browser. As browsers do on the loopback, it takes cookies that are secure without TLS."""
    jar = CookieJar(DefaultCookiePolicy(secure_protocols=("https", "http")))
    with httpx2.Client(cookies=jar, timeout=30, trust_env=False) as client:
        yield Browser(client)
