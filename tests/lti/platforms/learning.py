"""A started server and a platform that launches it: people who come, learn and are graded, as their programs see it."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from tests.clients.server import KAKEHASHI, Served, environment, serving_demo
from tests.lti.platforms.browsing import Browser, Page
from tests.lti.platforms.registering import OWNER
from tests.progress.asking import RECORD, answered, completed

T = TypeVar("T")
ANSWER = """mutation ($launch: Int!, $items: [DeepLinkItem!]!) {
  answerDeepLinking(launchLegacyId: $launch, items: $items) { returnUrl jwt userErrors { code } }
}"""
FILL = """mutation ($launch: Int!, $section: Int!) {
  fillSectionFromLti(launchLegacyId: $launch, sectionLegacyId: $section) { roster { legacyId } userErrors { code } }
}"""
# Of the demo: the one section of the organization whose people come from platforms here.
SECTIONS = """{ sections(organizationCode: "kakehashi", first: 1) { nodes {
  legacyId students(first: 100) { nodes { lastName firstName } }
} } }"""
SENT = """query ($launch: Int!) {
  ltiLaunch(legacyId: $launch) {
    scores(first: 1) { nodes { status scoreGiven scoreMaximum attemptCount responseCode error } }
  }
}"""
FILLED = """query ($section: Int!) {
  ltiRosters(sectionLegacyId: $section) { nodes {
    platform { legacyId } status memberCount createdCount skippedCount removedCount error contextId contextTitle
  } }
}"""
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


def choose(teacher: Session, browser: Browser, *items: Mapping[str, str]) -> Page:
    """Where a teacher arrives who has chosen, in a picker that was opened in this browser."""
    answer = teacher.data(ANSWER, launch=teacher.launch, items=list(items))["answerDeepLinking"]
    assert answer["userErrors"] == []
    return browser.post(answer["returnUrl"], JWT=answer["jwt"])


def section_of(served: Served) -> tuple[int, set[str]]:
    """The number of the section that is filled, and the names of the students in it."""
    (found,) = asked(served, served.token(OWNER), SECTIONS)["sections"]["nodes"]
    return found["legacyId"], {one["lastName"] + one["firstName"] for one in found["students"]["nodes"]}


def fill(served: Served, launch: int) -> dict[str, Any]:
    """Have the section filled from the roster of a launch's course: how that went."""
    owner, (section, _) = served.token(OWNER), section_of(served)
    made = asked(served, owner, FILL, launch=launch, section=section)["fillSectionFromLti"]
    assert made["userErrors"] == []

    def look() -> dict[str, Any] | None:
        rows = asked(served, owner, FILLED, section=section)["ltiRosters"]["nodes"]
        return next((row for row in rows if row["status"] == "COMPLETED" or row["error"]), None)

    return until(look)


def lose_the_answer(served: Served, launch: int) -> None:
    """Have the last grade of a launch be as it was when the sender died: sent, and not known to have arrived."""
    with closing(sqlite3.connect(str(served.settings.database_url).removeprefix("sqlite:///"), timeout=30)) as database:
        last = "id = (select max(id) from lti_scores where launch_id = ?)"
        lost = "status = 'pending', finished_at = null, response_code = null, next_attempt_at = created_at"
        changed = database.execute(f"update lti_scores set {lost} where {last} and status = 'delivered'", (launch,))
        assert changed.rowcount == 1
        database.commit()


def sent(served: Served, launch: int) -> tuple[int, dict[str, Any]]:
    """How often the last grade of a launch was sent, and what became of it, as soon as something did."""

    def look() -> dict[str, Any] | None:
        (score,) = asked(served, served.token(OWNER), SENT, launch=launch)["ltiLaunch"]["scores"]["nodes"]
        return score if score["status"] in ("DELIVERED", "FAILED") else None

    found = until(look)
    return found.pop("attemptCount"), found


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
def serving(url: str) -> Iterator[Served]:
    """A server as newcomers start it, which may reach this machine, on a database that has the demo."""
    with serving_demo(url, EGRESS_ALLOW="127.0.0.0/8") as served:
        yield served
