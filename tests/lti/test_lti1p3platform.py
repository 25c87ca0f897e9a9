"""Tests that a platform built with lti1p3platform launches us and is told grades, in whatever way it places a link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import or_skip
from tests.clients.server import Served
from tests.conftest import copied
from tests.lti.platforms.browsing import Browser, browsing
from tests.lti.platforms.learning import (
    choose,
    come,
    fill,
    lose_the_answer,
    push,
    rotate_key,
    section_of,
    sent,
    serving,
    session,
    until,
)
from tests.lti.platforms.registering import register
from tests.lti.platforms.running import COURSE, LESSON, Platform, platform
from tests.services.postgresql import Server

NAMES = ({"AoiKato", "KatoAoi"}, {"RenIto", "ItoRen"}, {"SoraAbe", "AbeSora"}, {"MeiOno", "OnoMei"})
DATA = {"course": 7, "back": "to the unit"}
LTI, CHOICE = "https://purl.imsglobal.org/spec/lti/claim/", "https://purl.imsglobal.org/spec/lti-dl/claim/"


@dataclass(frozen=True)
class Learning:
    """A server, and a platform that it knows."""

    served: Served
    platform: Platform

    def link(self, person: str, name: str, query: str = "") -> str:
        """Where a launch begins."""
        return f"{self.platform.url}/launch/{person}/{name}{query}"

    def told(self, person: str, given: float) -> dict[str, Any]:
        """What the gradebook was told of a person, as soon as it was told this."""
        return until(lambda: next((s for s in self.all_told(person) if s["scoreGiven"] == given), None))

    def all_told(self, person: str) -> list[dict[str, Any]]:
        """Everything that the gradebook was told of a person, in order."""
        return [score for score in self.platform.gradebook["told"] if score["userId"] == person]

    def line_of(self, link: str) -> dict[str, Any]:
        """The one line of a link that is about the lesson, or about nothing of ours."""
        lines = (line for line in self.platform.gradebook["lines"] if line.get("resourceLinkId") == link)
        (found,) = (line for line in lines if line.get("resourceId") in (None, LESSON))
        return dict(found)


@pytest.fixture(scope="module")
def learning(filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[Learning]:
    """A server, and a platform that it knows."""
    with (
        or_skip(),
        copied("sqlite", filled, postgresql_server, data_dir) as url,
        serving(url) as served,
        platform("lti1p3", f"{served.url}/api/lti") as started,
    ):
        register(served, started.registration, "lti1p3platform")
        yield Learning(served, started)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser."""
    with browsing() as found:
        yield found


@pytest.mark.parametrize("query", ["", "?by=post"])
def test_a_login_begins_by_get_or_by_post(learning: Learning, browser: Browser, query: str) -> None:
    page = browser.open(learning.link("u1", "own", query))
    assert (page.asked["course"], page.asked["lesson"]) == (COURSE, LESSON)
    began, *_ = (method for method, url in browser.steps if url.partition("?")[0].endswith("/api/lti/login"))
    assert began == ("POST" if query else "GET")
    assert session(learning.served, page).data("{ viewer { roles } }") == {"viewer": {"roles": ["STUDENT"]}}


def test_a_grade_arrives_at_the_line_that_a_link_has(learning: Learning, browser: Browser) -> None:
    learner = come(learning.served, browser, learning.link("u1", "own"))
    learner.complete()
    told = learning.told("u1", 100)
    assert (told["scoreMaximum"], told["activityProgress"], told["gradingProgress"], told["answered"]) == (
        100,
        "Completed",
        "FullyGraded",
        "taken",
    )
    assert learning.line_of("own")["id"] == f"{learning.platform.url}/lines/{told['line']}"


def test_a_line_is_made_for_a_link_that_has_none(learning: Learning, browser: Browser) -> None:
    learner = come(learning.served, browser, learning.link("u2", "make"))
    learner.complete(right=False)
    told = until(lambda: learning.all_told("u2"))[0]
    line = learning.line_of("make")
    assert line == {
        "id": f"{learning.platform.url}/lines/{told['line']}",
        "scoreMaximum": 100,
        "label": "Hello! 自己紹介",
        "resourceId": LESSON,
        "resourceLinkId": "make",
        "tag": "completion",
    }
    assert 0 < told["scoreGiven"] < 100


def test_a_line_is_found_on_the_third_page(learning: Learning, browser: Browser) -> None:
    before = learning.platform.gradebook["lines"]
    learner = come(learning.served, browser, learning.link("u4", "paged"))
    push(learning.served, learner.launch, score_given=1, score_maximum=2)
    assert learning.told("u4", 1)["line"] == "5"
    assert [line for line in learning.platform.gradebook["lines"] if line.get("resourceLinkId") == "paged"] == [
        line for line in before if line.get("resourceLinkId") == "paged"
    ]


def test_a_grade_arrives_where_scores_are_all_that_may_be_sent(learning: Learning, browser: Browser) -> None:
    learner = come(learning.served, browser, learning.link("u5", "scores"))
    assert push(learning.served, learner.launch, score_given=2.5, score_maximum=4).status_code == 202
    assert learning.told("u5", 2.5)["scoreMaximum"] == 4


def test_grades_of_one_moment_all_arrive_and_the_last_one_stays(learning: Learning, browser: Browser) -> None:
    learner = come(learning.served, browser, learning.link("u5", "own"))
    for given in (11, 12, 13):
        push(learning.served, learner.launch, score_given=given, score_maximum=20)
        learning.told("u5", given)
    told = [score for score in learning.all_told("u5") if score["scoreMaximum"] == 20]
    assert [(score["scoreGiven"], score["answered"]) for score in told] == [(11, "taken"), (12, "taken"), (13, "taken")]


def test_a_grade_whose_answer_was_lost_is_known_to_have_arrived_when_it_is_sent_again(
    learning: Learning, browser: Browser
) -> None:
    learner = come(learning.served, browser, learning.link("u4", "own"))
    push(learning.served, learner.launch, score_given=3, score_maximum=30)
    delivered = {"status": "DELIVERED", "scoreGiven": 3.0, "scoreMaximum": 30.0, "error": None}
    assert sent(learning.served, learner.launch) == (1, {**delivered, "responseCode": 201})
    lose_the_answer(learning.served, learner.launch)
    assert sent(learning.served, learner.launch) == (2, {**delivered, "responseCode": 409})


def test_grades_go_on_when_the_tool_changes_its_key(learning: Learning, browser: Browser) -> None:
    learner = come(learning.served, browser, learning.link("u2", "own"))
    push(learning.served, learner.launch, score_given=21, score_maximum=40)
    learning.told("u2", 21)
    rotate_key(learning.served)
    push(learning.served, learner.launch, score_given=22, score_maximum=40)
    learning.told("u2", 22)


def test_what_a_teacher_chooses_is_accepted_with_the_data_and_launched(learning: Learning, browser: Browser) -> None:
    teacher = come(learning.served, browser, learning.link("u3", "choose"))
    taken = choose(teacher, browser, {"course": COURSE, "lesson": LESSON}, {"course": "EN-A1-02"})
    assert taken.status == 200, taken.response.text
    said = taken.response.json()
    assert (said[f"{LTI}deployment_id"], said[f"{CHOICE}data"], said["aud"]) == (
        "deployment-1",
        DATA,
        [learning.platform.url],
    )
    chosen = learning.platform.gradebook["chosen"]
    assert [item["custom"] for item in chosen] == [{"course": COURSE, "lesson": LESSON}, {"course": "EN-A1-02"}]
    with browsing() as other:
        launched = [other.open(learning.link("u1", f"chosen-{place}")).asked for place in (0, 1)]
    assert [{name: asked[name] for name in ("course", "lesson") if name in asked} for asked in launched] == [
        {"course": COURSE, "lesson": LESSON},
        {"course": "EN-A1-02"},
    ]


def test_a_section_is_filled_from_all_pages_of_the_roster(learning: Learning, browser: Browser) -> None:
    teacher = come(learning.served, browser, learning.link("u3", "own"))
    _, before = section_of(learning.served)
    filled = fill(learning.served, teacher.launch)
    assert {name: filled[name] for name in ("status", "memberCount", "skippedCount", "error", "contextId")} == {
        "status": "COMPLETED",
        "memberCount": 4,
        "skippedCount": 0,
        "error": None,
        "contextId": "course-7",
    }
    # Who was launched before has the one name that a launch told; who was not has both.
    added = {name.replace(" ", "") for name in section_of(learning.served)[1] - before}
    assert [len(added & names) for names in NAMES] == [1, 1, 1, 1]
    assert len(added) == 4
