"""Tests that Open edX's own code launches us, is told grades, chooses in our picker and shows its roster."""

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

LAUNCHED = """query ($launch: Int!) {
  ltiLaunch(legacyId: $launch) { course { code } lesson { code } hasGradeService hasRoster contextTitle }
}"""


@dataclass(frozen=True)
class Learning:
    """A server, and an Open edX that it knows."""

    served: Served
    edx: Platform

    def link(self, block: str, username: str = "hanako") -> str:
        """Where the frame of a block begins."""
        return f"{self.edx.url}/launch/{username}/{block}"

    def grade(self, block: str, username: str) -> dict[str, Any] | None:
        """What the gradebook says."""
        found = [row for row in self.edx.gradebook["grades"] if (row["block"], row["username"]) == (block, username)]
        return found[0] if found else None

    def scored(self, block: str, username: str, given: float) -> dict[str, Any]:
        """The score of somebody, as soon as it is this one."""

        def look() -> dict[str, Any] | None:
            book = self.edx.gradebook
            lines = {line["id"] for line in book["lines"] if line["block"] == block}
            rows = (row for row in book["scores"] if row["line_item_id"] in lines)
            return next(
                (r for r in rows if (r["user_id"], r["score_given"]) == (book["people"][username], given)), None
            )

        return until(look)


@pytest.fixture(scope="module")
def learning(filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> Iterator[Learning]:
    """A server, and an Open edX that it knows."""
    with (
        or_skip(),
        copied("sqlite", filled, postgresql_server, data_dir) as url,
        serving(url) as served,
        platform("openedx", f"{served.url}/api/lti") as edx,
    ):
        register(served, edx.registration, "Open edX")
        yield Learning(served, edx)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser."""
    with browsing() as found:
        yield found


def test_a_learner_is_launched_into_a_lesson_and_its_grade_arrives(learning: Learning, browser: Browser) -> None:
    page = browser.open(learning.link("lesson"))
    assert (page.asked["course"], page.asked["lesson"]) == (COURSE, LESSON)
    learner = session(learning.served, page)
    launched = learner.data(LAUNCHED, launch=learner.launch)["ltiLaunch"]
    assert launched == {
        "course": {"code": COURSE},
        "lesson": {"code": LESSON},
        "hasGradeService": True,
        "hasRoster": True,
        "contextTitle": "英語 2026 - Kakehashi",
    }
    learner.complete()
    score = learning.scored("lesson", "hanako", 100.0)
    assert (score["score_maximum"], score["activity_progress"], score["grading_progress"]) == (
        100.0,
        "Completed",
        "FullyGraded",
    )
    # A tenth of it is what the block counts for in the course.
    assert learning.grade("lesson", "hanako") == {
        "block": "lesson",
        "username": "hanako",
        "earned": 10.0,
        "possible": 10.0,
    }


def test_a_line_is_made_where_there_is_none_and_found_by_the_next_learner(learning: Learning) -> None:
    for username, right in (("jiro", True), ("hanako", False)):
        with browsing() as browser:
            learner = come(learning.served, browser, learning.link("made", username))
            learner.complete(right=right)
        until(lambda username=username: learning.grade("made", username))  # type: ignore[misc]  # bound now
    lines = [line for line in learning.edx.gradebook["lines"] if line["block"] == "made"]
    assert [(line["score_maximum"], line["resource_id"], line["tag"]) for line in lines] == [
        (100, LESSON, "completion")
    ]


def test_a_grade_that_is_pushed_arrives_and_replaces_the_last_one(learning: Learning, browser: Browser) -> None:
    learner = come(learning.served, browser, learning.link("lesson", "jiro"))
    first = push(learning.served, learner.launch, score_given=7, score_maximum=10, comment="よくできました")
    assert first.status_code == 202, first.text
    assert learning.scored("lesson", "jiro", 7.0)["comment"] == "よくできました"
    assert push(learning.served, learner.launch, score_given=9, score_maximum=10).status_code == 202
    learning.scored("lesson", "jiro", 9.0)
    assert learning.grade("lesson", "jiro") == {"block": "lesson", "username": "jiro", "earned": 9.0, "possible": 10.0}


def test_grades_go_on_when_the_tool_changes_its_key(learning: Learning, browser: Browser) -> None:
    learner = come(learning.served, browser, learning.link("lesson", "jiro"))
    push(learning.served, learner.launch, score_given=3, score_maximum=10)
    learning.scored("lesson", "jiro", 3.0)
    rotate_key(learning.served)
    push(learning.served, learner.launch, score_given=4, score_maximum=10)
    learning.scored("lesson", "jiro", 4.0)


def test_a_launch_without_grades_offers_none(learning: Learning, browser: Browser) -> None:
    learner = come(learning.served, browser, learning.link("ungraded"))
    assert learner.data(LAUNCHED, launch=learner.launch)["ltiLaunch"] == {
        "course": {"code": COURSE},
        "lesson": None,
        "hasGradeService": False,
        "hasRoster": True,
        "contextTitle": "英語 2026 - Kakehashi",
    }
    assert push(learning.served, learner.launch, score_given=1, score_maximum=1).status_code == 409


def test_what_a_teacher_chooses_is_taken_by_open_edx_and_launched(learning: Learning, browser: Browser) -> None:
    page = browser.open(f"{learning.edx.url}/choose/sensei/chosen")
    assert page.url.startswith(f"{learning.served.url}/api/lti/picker?")
    taken = choose(session(learning.served, page), browser, {"course": COURSE, "lesson": LESSON})
    assert (taken.status, "successfully saved" in taken.response.text) == (200, True), taken.response.text
    (chosen,) = learning.edx.gradebook["chosen"]
    assert (chosen["url"], chosen["custom"]) == (
        f"{learning.served.url}/api/lti/courses/{COURSE}/lessons/{LESSON}",
        {"course": COURSE, "lesson": LESSON},
    )
    with browsing() as other:
        launched = other.open(learning.link("chosen", "jiro"))
    assert (launched.status, launched.asked["course"], launched.asked["lesson"]) == (200, COURSE, LESSON)


def test_what_a_teacher_chooses_again_takes_the_place_of_the_last_choice(learning: Learning, browser: Browser) -> None:
    for items in ([{"course": COURSE}], [{"course": COURSE, "lesson": LESSON}, {"course": "EN-A1-02"}]):
        teacher = come(learning.served, browser, f"{learning.edx.url}/choose/sensei/chosen")
        assert choose(teacher, browser, *items).status == 200
        assert [each["custom"] for each in learning.edx.gradebook["chosen"]] == items


def test_a_section_is_filled_from_the_roster_of_open_edx(learning: Learning, browser: Browser) -> None:
    teacher = come(learning.served, browser, learning.link("lesson", "sensei"))
    filled = fill(learning.served, teacher.launch)
    assert (filled["status"], filled["memberCount"], filled["skippedCount"], filled["error"]) == (
        "COMPLETED",
        2,
        0,
        None,
    )
    assert filled["contextId"] == "course-v1:Kakehashi+Eigo+2026"
    assert {"花子 山田", "次郎 田中"} <= section_of(learning.served)[1]


def test_a_grade_whose_answer_was_lost_is_known_to_have_arrived_when_it_is_sent_again(
    learning: Learning, browser: Browser
) -> None:
    learner = come(learning.served, browser, learning.link("lesson", "jiro"))
    push(learning.served, learner.launch, score_given=5, score_maximum=10)
    learning.scored("lesson", "jiro", 5.0)
    delivered = {"status": "DELIVERED", "scoreGiven": 5.0, "scoreMaximum": 10.0, "error": None}
    assert sent(learning.served, learner.launch) == (1, {**delivered, "responseCode": 201})
    lose_the_answer(learning.served, learner.launch)
    # Others say 409.
    assert sent(learning.served, learner.launch) == (2, {**delivered, "responseCode": 400})
    learning.scored("lesson", "jiro", 5.0)
