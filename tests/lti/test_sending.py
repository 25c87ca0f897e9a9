"""What arrives in a gradebook: every grade, once, the newest last; whatever the platform answers on the way."""

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from resolvers.lti.ags import written
from resolvers.webhooks.retries import MOST_PUT_OFF_S
from tests.lti.gradebook import SCORE, Edx, Gradebook, Moodle, grading_at
from tests.lti.grading import RIGHT, WRONG, Grading, at_work, grading
from tests.webhooks.hooks import until


def trouble(*answers: tuple[int, dict[str, str]] | None) -> Any:  # noqa: ANN401  # a function
    """What comes in place of the answers to scores: each once, and then nothing."""
    left = list(answers)

    def told(request: str) -> tuple[int, dict[str, str], object] | None:
        found = left.pop(0) if left and "/scores" in request else None
        return None if found is None else (*found, {"error": "in trouble"})

    return told


def grades_in(gradebook: Gradebook) -> dict[str, float | None]:
    """What stands in the gradebook, by line and subject."""
    return {f"{line} {subject}": grade.score for (line, subject), grade in gradebook.grades.items()}


async def test_a_grade_arrives_as_the_standard_has_it(graded: Grading, gradebook: Gradebook) -> None:
    student, _ = await graded.learner()
    await graded.launched(line_item_url=gradebook.made())
    await graded.complete(RIGHT, WRONG)
    (row,) = await graded.finished()
    assert (row.status, row.response_code, row.error, row.attempt_count) == ("delivered", 204, None, 1)
    assert (row.next_attempt_at, row.lease_token, row.lease_until) == (None, None, None)
    assert gradebook.taken == [
        (
            1,
            {
                "timestamp": written(row.scored_at),
                "scoreGiven": 50,
                "scoreMaximum": 100,
                "activityProgress": "Completed",
                "gradingProgress": "FullyGraded",
                "userId": f"u{student}",
            },
        )
    ]
    assert [form["scope"] for form in gradebook.forms] == [SCORE]
    assert gradebook.exchanges == [("POST /token", 200), ("POST /lines/1/scores", 204)]


@pytest.mark.parametrize(("kind", "status"), [(Moodle, 200), (Edx, 201)])
async def test_what_moodle_and_open_edx_do_otherwise_is_understood(
    url: str, data_dir: Path, kind: type[Gradebook], status: int
) -> None:
    async with grading_at(kind()) as gradebook, grading(url, data_dir, gradebook) as graded:
        await graded.launched(line_item_url=gradebook.made())
        await graded.complete(RIGHT, WRONG)
        await graded.finished()
        # At once, so that whole seconds do not part the two.
        await graded.complete(RIGHT, RIGHT, name="b")
        rows = await graded.finished(2)
        assert [(row.status, row.response_code) for row in rows] == [("delivered", status)] * 2
        assert [one["scoreGiven"] for _, one in gradebook.taken] == [50, 100]
        assert gradebook.early == []


@pytest.mark.parametrize("status", [400, 404, 410, 422])
async def test_what_would_be_answered_the_same_again_fails_at_once_and_is_told_once(
    graded: Grading, gradebook: Gradebook, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    gradebook.trouble = trouble((status, {}))
    launch = await graded.launched(line_item_url=gradebook.made())
    with caplog.at_level(logging.WARNING):
        await graded.complete(RIGHT, RIGHT)
        (row,) = await graded.finished()
    assert (row.status, row.response_code, row.attempt_count) == ("failed", status, 1)
    assert json.loads(row.error) == {"error": "in trouble"}
    (event,) = await graded.given_up()
    assert (event.subject_type, event.subject_id, event.organization_id) == (
        *("Student", row.student_id),
        row.organization_id,
    )
    assert event.body == {"score": row.id, "launch": launch}
    assert f"Grade {row.id} did not reach LTI platform {graded.platform}, and is given up." in caplog.messages
    assert gradebook.grades == {}


@pytest.mark.parametrize("status", [301, 401, 403, 429, 500, 503])
async def test_everything_else_is_tried_again(graded: Grading, gradebook: Gradebook, status: int) -> None:
    # 401 comes twice, since a new token is tried at once.
    gradebook.trouble = trouble(*[(status, {})] * (4 if status == 401 else 2))
    await graded.launched(line_item_url=gradebook.made())
    await graded.complete(RIGHT, WRONG)
    (row,) = await graded.finished()
    assert (row.status, row.response_code, row.attempt_count) == ("delivered", 204, 3)
    assert gradebook.posted()[-1] == 204
    assert len(gradebook.taken) == 1
    assert await graded.given_up() == []


async def test_what_is_never_taken_is_given_up_and_told_once(graded: Grading, gradebook: Gradebook) -> None:
    gradebook.trouble = lambda request: (503, {}, "busy") if "/scores" in request else None
    await graded.launched(line_item_url=gradebook.made())
    await graded.complete(RIGHT, WRONG)
    (row,) = await graded.finished()
    # Three delays, and so four tries.
    assert (row.status, row.response_code, row.attempt_count, row.error) == ("failed", 503, 4, '"busy"')
    assert gradebook.posted() == [503] * 4
    assert [event.body["score"] for event in await graded.given_up()] == [row.id]


@pytest.mark.parametrize(("given", "least_s", "most_s"), [("1800", 1700, 1800), ("86400", 3500, MOST_PUT_OFF_S)])
async def test_retry_after_puts_a_grade_off_by_an_hour_at_most(
    graded: Grading, gradebook: Gradebook, given: str, least_s: float, most_s: float
) -> None:
    gradebook.trouble = trouble((429, {"Retry-After": given}))
    await graded.launched(line_item_url=gradebook.made())
    await graded.complete(RIGHT, WRONG)
    (row,) = await graded.tried()
    assert timedelta(seconds=least_s) < row.next_attempt_at - datetime.now(UTC) <= timedelta(seconds=most_s)
    assert (row.status, row.response_code, gradebook.posted()) == ("pending", 429, [429])


async def test_409_is_delivered(graded: Grading, gradebook: Gradebook) -> None:
    gradebook.trouble = trouble((409, {}))
    await graded.launched(line_item_url=gradebook.made())
    await graded.complete(RIGHT, WRONG)
    (row,) = await graded.finished()
    assert (row.status, row.response_code, row.error) == ("delivered", 409, None)
    assert await graded.given_up() == []


async def test_an_lms_that_is_down_for_a_while_is_told_later_and_once(
    url: str, data_dir: Path, gradebook: Gradebook
) -> None:
    async with grading(url, data_dir, gradebook) as graded:
        await graded.launched(line_item_url=gradebook.made())
        gradebook.trouble = lambda _request: (503, {}, "down")
        await graded.complete(RIGHT, WRONG)
        (row,) = await graded.tried(2)
        assert row.error == 'No access token: the platform answered 503. "down"'
        await graded.set(row.id, attempt_count=1, next_attempt_at=datetime.now(UTC) + timedelta(hours=1))
    gradebook.trouble = lambda _request: None
    async with grading_again(url, data_dir, gradebook) as graded:
        assert gradebook.grades == {}
        await graded.set(row.id, next_attempt_at=datetime.now(UTC))
        (row,) = await graded.finished()
    assert row.status == "delivered"
    assert len(gradebook.sent) == 1
    assert grades_in(gradebook) == {f"1 {row.subject}": 50}


def grading_again(url: str, data_dir: Path, gradebook: Gradebook) -> Any:  # noqa: ANN401  # a context manager
    """The app, started once more on a database that has everything by now."""
    return grading(url, data_dir, gradebook, fills=False)


async def test_a_token_that_ends_on_the_way_is_got_anew_and_others_are_kept(
    graded: Grading, gradebook: Gradebook
) -> None:
    await graded.launched(line_item_url=gradebook.made())
    await graded.complete(RIGHT, WRONG)
    await graded.finished()
    gradebook.tokens.clear()
    await graded.complete(RIGHT, RIGHT, name="b")
    rows = await graded.finished(2)
    assert [(row.status, row.attempt_count) for row in rows] == [("delivered", 1)] * 2
    assert gradebook.posted() == [204, 401, 204]
    assert len(gradebook.forms) == 2
    # Each assertion is another one.
    assert len({form["client_assertion"] for form in gradebook.forms}) == 2


async def test_a_score_that_is_not_heard_of_is_sent_again_with_its_instant_and_stands_once(
    graded: Grading, gradebook: Gradebook
) -> None:
    cuts = iter([True])
    gradebook.cuts = lambda request: "/scores" in request and next(cuts, False)
    await graded.launched(line_item_url=gradebook.made())
    await graded.complete(RIGHT, WRONG)
    (row,) = await graded.finished()
    assert (row.status, row.response_code, row.attempt_count) == ("delivered", 409, 2)
    assert gradebook.sent[0] == gradebook.sent[1]
    assert len(gradebook.taken) == 1


async def test_open_edx_says_400_to_a_score_that_it_has_and_that_has_arrived(url: str, data_dir: Path) -> None:
    async with grading_at(Edx()) as gradebook, grading(url, data_dir, gradebook) as graded:
        cuts = iter([True])
        gradebook.cuts = lambda request: "/scores" in request and next(cuts, False)
        await graded.launched(line_item_url=gradebook.made())
        await graded.complete(RIGHT, WRONG)
        (row,) = await graded.finished()
    assert (row.status, row.response_code, row.attempt_count) == ("delivered", 400, 2)
    assert (len(gradebook.sent), len(gradebook.taken)) == (2, 1)


async def test_grades_for_a_platform_that_is_switched_off_fail_with_the_reason(
    idle: Grading, gradebook: Gradebook
) -> None:
    await idle.launched(line_item_url=gradebook.made())
    await idle.complete(RIGHT, WRONG)
    async with at_work(idle, delays=(3600.0,)):
        gradebook.trouble = trouble((503, {}))
        (row,) = await idle.tried()
        await idle.set_platform(is_active=False)
        await idle.set(row.id, next_attempt_at=datetime.now(UTC))
        (row,) = await idle.finished()
    assert (row.status, row.error, row.response_code) == ("failed", "The platform is switched off.", None)
    assert gradebook.posted() == [503]
    assert [event.body["score"] for event in await idle.given_up()] == [row.id]


@pytest.mark.parametrize("address", ["http://10.0.0.1/lines/1", "https://169.254.169.254/l", "file:///etc/passwd"])
async def test_addresses_of_platforms_are_held_to_the_rules_of_all_requests(
    idle: Grading, gradebook: Gradebook, address: str
) -> None:
    await idle.launched(line_item_url=address)
    await idle.complete(RIGHT, WRONG)
    async with at_work(idle, delays=(3600.0,)):
        (row,) = await idle.tried()
    assert (row.status, row.response_code, row.attempt_count) == ("pending", None, 1)
    assert row.error
    assert gradebook.sent == []


async def test_what_is_under_way_is_not_overtaken(idle: Grading, gradebook: Gradebook) -> None:
    """A better score comes while the first one is on its way: it waits for that, and stands in the end."""
    await idle.launched(line_item_url=gradebook.made())
    await idle.complete(RIGHT, WRONG)
    arrived, may_go_on = Signal(), Signal()

    async def wait(request: str) -> None:
        if "/scores" in request and not arrived.is_set:
            arrived.set()
            await may_go_on.wait()

    gradebook.gate = wait
    async with at_work(idle):
        await arrived.wait()
        await idle.complete(RIGHT, RIGHT, name="b")
        rows = await idle.queued(2)
        # Nothing is superseded that may be there already, and nothing goes beside it.
        await idle.read()
        assert [row.status for row in rows] == ["pending", "pending"]
        assert gradebook.sent == []
        may_go_on.set()
        rows = await idle.finished(2)
    assert [row.status for row in rows] == ["delivered", "delivered"]
    assert [one["scoreGiven"] for one in gradebook.sent] == [50, 100]


async def test_what_fails_while_a_newer_one_waits_is_superseded(idle: Grading, gradebook: Gradebook) -> None:
    await idle.launched(line_item_url=gradebook.made())
    await idle.complete(RIGHT, WRONG)
    arrived, may_go_on = Signal(), Signal()

    async def wait(request: str) -> None:
        if "/scores" in request and not arrived.is_set:
            arrived.set()
            await may_go_on.wait()

    gradebook.gate, gradebook.trouble = wait, trouble((400, {}))
    async with at_work(idle):
        await arrived.wait()
        await idle.complete(RIGHT, RIGHT, name="b")
        await idle.queued(2)
        may_go_on.set()
        rows = await idle.finished(2)
    assert [row.status for row in rows] == ["superseded", "delivered"]
    assert [one["scoreGiven"] for one in gradebook.sent] == [100]
    assert await idle.given_up() == []


class Signal:
    """Something that happens once."""

    def __init__(self) -> None:
        self.is_set = False

    def set(self) -> None:
        """It has happened."""
        self.is_set = True

    async def wait(self) -> None:
        """Until it has."""

        async def look() -> bool:
            return self.is_set

        await until(look)
