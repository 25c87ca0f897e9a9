"""A started server and a platform that launches it: people who come, learn and are graded, as their programs see it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from tests.clients.server import KAKEHASHI, Served, environment, serving_demo
from tests.lti.platforms.browsing import Browser, Page
from tests.lti.platforms.registering import OWNER
from tests.progress.asking import RECORD, answered, completed

T = TypeVar("T")
WITHIN_S = 60.0
# Everything that is asked in the demo's first lesson, by training, with the right answers; what is spoken has a score.
TRAININGS: dict[int, dict[int, Any]] = {
    5010101: {501010101: 2, 501010102: 0, 501010103: "Nice to meet you.", 501010104: "fine"},
    5010102: {501010201: "is", 501010202: 3, 501010203: 1, 501010204: "She is not"},
    5010103: {501010301: 1.0, 501010302: 1.0, 501010303: 1, 501010304: 1.0},
}


@dataclass(frozen=True)
class Session:
    """Somebody who was launched into the server: the launch's number, and the token that the page has."""

    served: Served
    token: str
    launch: int

    def data(self, document: str, **variables: object) -> dict[str, Any]:
        """What the graph answers this person."""
        return asked(self.served, self.token, document, **variables)

    def complete(self, *, right: bool = True) -> None:
        """Learn the demo's first lesson to its end, with all answers right, or those of the first training wrong."""
        events = []
        for training, items in TRAININGS.items():
            for item, answer in items.items():
                given = answer if right or training != 5010101 else 3 if isinstance(answer, int) else "no"
                told = {"score": given} if isinstance(given, float) else {"answer": given}
                events.append(answered(f"{self.launch}-{item}", item, **told))
            events.append(completed(f"{self.launch}-{training}", training))
        assert self.data(RECORD, events=events)["recordProgress"]["userErrors"] == []


def asked(served: Served, token: str, document: str, **variables: object) -> dict[str, Any]:
    """What the graph answers."""
    answer = post(served.graph, token, {"query": document, "variables": variables})
    found: dict[str, Any] = answer.json()
    assert "errors" not in found, found
    data: dict[str, Any] = found["data"]
    return data


def post(url: str, token: str, body: Mapping[str, object]) -> httpx2.Response:
    """What is answered to JSON."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.post(url, json=body, headers=headers, timeout=30, trust_env=False)


def session(served: Served, page: Page) -> Session:
    """The session that a page of a launch changes its code for."""
    assert (page.status, "code" in page.fragment) == (200, True), page.response.text
    answer = httpx2.post(f"{served.url}/api/lti/session", json={"code": page.fragment["code"]}, trust_env=False)
    assert answer.status_code == httpx2.codes.OK, answer.text
    found = answer.json()
    assert str(found["launch"]) == page.asked["launch"]
    return Session(served, found["token"], found["launch"])


def come(served: Served, browser: Browser, url: str) -> Session:
    """Somebody who follows a link of a platform."""
    return session(served, browser.open(url))


def push(served: Served, launch: int, **score: object) -> httpx2.Response:
    """What comes of sending a grade by the REST door, as an administrator does."""
    return post(f"{served.url}/api/lti/grade-passback/{launch}", served.token(OWNER), score)


def rotate_key(served: Served) -> None:
    """Change the key that the tool signs with, at once, as whoever operates it does."""
    settings = served.settings
    variables = {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": str(settings.database_url)}
    subprocess.run([*environment(variables), KAKEHASHI, "lti", "rotate-key", "--at-once"], check=True, timeout=60)


def until(look: Callable[[], T | None]) -> T:
    """What is looked for, as soon as it is there."""
    ends = time.monotonic() + WITHIN_S
    while not (found := look()):
        assert time.monotonic() < ends, "It did not come."
        time.sleep(0.05)
    return found


@contextmanager
def serving(url: str, **more: str) -> Iterator[Served]:
    """A server as newcomers start it, which may reach this machine, on a database that has the demo."""
    with serving_demo(url, EGRESS_ALLOW="127.0.0.0/8", **more) as served:
        yield served
