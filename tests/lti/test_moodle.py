"""Tests that Moodle's ways, as its source says them, are understood: its login, tokens, keys and services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.server import Served
from tests.conftest import copied
from tests.lti.platforms.browsing import Browser, Page, browsing
from tests.lti.platforms.learning import (
    Session,
    choose,
    fill,
    lose_the_answer,
    push,
    section_of,
    sent,
    serving,
    session,
    until,
)
from tests.lti.platforms.moodle import Moodle, moodle
from tests.lti.platforms.registering import register
from tests.lti.platforms.running import COURSE, LESSON
from tests.services.postgresql import Server

ROLES = "https://purl.imsglobal.org/spec/lti/claim/roles"
SCORES = "/mod/lti/services.php/2/lineitems/5/lineitem/scores?type_id=2"


@dataclass(frozen=True)
class Learning:
    """A server, and a Moodle that it knows."""

    served: Served
    moodle: Moodle

    def launched(self, browser: Browser) -> Page:
        """Where a launch leads."""
        return browser.open(f"{self.moodle.url}/launch")

    def come(self, browser: Browser) -> Session:
        """The session of a launch."""
        return session(self.served, self.launched(browser))


@pytest.fixture(scope="module")
def served(filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[Served]:
    """A server."""
    with copied("sqlite", filled, postgresql_server, data_dir) as url, serving(url) as started:
        yield started


@pytest.fixture
def learning(served: Served) -> Iterator[Learning]:
    """A server, and a new Moodle that it knows."""
    with moodle(f"{served.url}/api/lti") as played:
        register(served, played.registration, "Moodle")
        yield Learning(served, played)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser."""
    with browsing() as found:
        yield found


def test_a_login_is_posted_and_a_short_token_without_azp_is_accepted(learning: Learning, browser: Browser) -> None:
    page = learning.launched(browser)
    assert (page.status, page.asked["course"], page.asked["lesson"]) == (200, COURSE, LESSON)
    assert ("POST", f"{learning.served.url}/api/lti/login") in browser.steps
    assert session(learning.served, page).data("{ viewer { roles } }") == {"viewer": {"roles": ["STUDENT"]}}


def test_a_teacher_is_one_by_the_role_in_the_course_alone(learning: Learning, browser: Browser) -> None:
    learning.moodle.role = "teacher"
    assert learning.come(browser).data("{ viewer { roles } }") == {"viewer": {"roles": ["COACH"]}}


def test_an_error_that_moodle_posts_in_place_of_a_token_is_shown(learning: Learning, browser: Browser) -> None:
    learning.moodle.error = "access_denied"
    page = learning.launched(browser)
    assert (page.status, "access_denied" in page.response.text) == (400, True)


def test_a_score_is_posted_before_the_query_of_its_line(learning: Learning, browser: Browser) -> None:
    learner = learning.come(browser)
    learner.complete()
    (status, score) = until(lambda: learning.moodle.told)[0]
    assert (status, score["userId"], score["scoreGiven"], score["scoreMaximum"]) == (200, "4", 100, 100)
    assert ("POST", SCORES, "application/vnd.ims.lis.v1.score+json") in learning.moodle.asked


def test_grades_of_one_second_are_of_several_so_that_none_is_refused(learning: Learning, browser: Browser) -> None:
    learner = learning.come(browser)
    for given in (1, 2, 3):
        push(learning.served, learner.launch, score_given=given, score_maximum=3)
        until(lambda given=given: learning.moodle.told[given - 1 :])  # type: ignore[misc]  # bound now
    assert [(status, score["scoreGiven"]) for status, score in learning.moodle.told] == [(200, 1), (200, 2), (200, 3)]


def test_a_grade_whose_answer_was_lost_is_known_to_have_arrived_when_it_is_sent_again(
    learning: Learning, browser: Browser
) -> None:
    learner = learning.come(browser)
    push(learning.served, learner.launch, score_given=1, score_maximum=2)
    delivered = {"status": "DELIVERED", "scoreGiven": 1.0, "scoreMaximum": 2.0, "error": None}
    assert sent(learning.served, learner.launch) == (1, {**delivered, "responseCode": 200})
    lose_the_answer(learning.served, learner.launch)
    assert sent(learning.served, learner.launch) == (2, {**delivered, "responseCode": 409})


def test_a_line_is_made_for_a_link_that_has_none(learning: Learning, browser: Browser) -> None:
    learning.moodle.has_line = False
    learner = learning.come(browser)
    push(learning.served, learner.launch, score_given=1, score_maximum=2)
    until(lambda: learning.moodle.told)
    lines = "/mod/lti/services.php/2/lineitems?type_id=2"
    assert [(method, target) for method, target, _ in learning.moodle.asked if "/lineitems" in target] == [
        ("GET", f"{lines}&resource_link_id=3&resource_id={LESSON}"),
        ("POST", lines),
        ("POST", SCORES),
    ]


def test_several_may_be_chosen_where_a_yes_is_a_text(learning: Learning, browser: Browser) -> None:
    learning.moodle.chooses, learning.moodle.role = True, "teacher"
    items = [{"course": COURSE, "lesson": LESSON}, {"course": "EN-A1-02"}]
    assert choose(learning.come(browser), browser, *items).status == 200
    assert [item["custom"] for item in learning.moodle.chosen] == items


@pytest.mark.parametrize("page", [None, 1])
def test_a_section_is_filled_with_those_whose_short_role_says_learner(
    learning: Learning, browser: Browser, page: int | None
) -> None:
    learning.moodle.page, learning.moodle.role = page, "teacher"
    _, before = section_of(learning.served)
    filled = fill(learning.served, learning.come(browser).launch)
    assert (filled["status"], filled["memberCount"], filled["error"]) == ("COMPLETED", 2, None)
    assert section_of(learning.served)[1] - before <= {"加藤葵", "伊藤蓮"}
    assert {"加藤葵", "伊藤蓮"} <= section_of(learning.served)[1]
