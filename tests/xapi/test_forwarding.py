"""What arrives in a store: every statement, in each learner's order, once; whatever the store answers on the way."""

import base64
import itertools
import logging
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.worker import working
from jobs.xapi.sender import DOUBTFUL, MOST_STATEMENTS
from resolvers.xapi.statements import NAMESPACE
from tests.webhooks.hooks import until
from tests.xapi.forwarding import HOME, Forwarding, by_learner, forwarding, job_settings
from tests.xapi.lrs import Lrs


def ids_of(events: list[str], lrs: Lrs) -> list[str]:
    """The ids of the statements that the beginnings of a course become."""
    (course,) = {one["object"]["id"] for one in lrs.stored}
    return [str(uuid.uuid5(NAMESPACE, f"{event} registered {course}")) for event in events]


def told(status: int | None) -> tuple[int, dict[str, str]] | None:
    """Trouble of a kind, or none."""
    return None if status is None else (status, {})


async def test_every_statement_arrives_in_order_and_once(forward: Forwarding, lrs: Lrs) -> None:
    made = await forward.made(lrs)
    events = await forward.happen(await forward.learners(3), 80)
    await forward.finished(made["id"], 240)
    assert lrs.ids == ids_of(events, lrs)
    assert lrs.stored[0]["object"]["id"].startswith(f"{HOME}/xapi/courses/")
    assert set(lrs.statuses) == {200}
    shown = await forward.shown(made["id"])
    assert (shown["lag"], shown["failing"], shown["error"]) == (0, False, None)
    assert shown["last_delivered_at"] is not None


async def test_what_was_left_while_no_worker_was_there_goes_in_batches(idle: Forwarding, lrs: Lrs) -> None:
    made = await idle.made(lrs)
    events = await idle.happen(await idle.learners(5), 50)
    async with working(job_settings(idle), idle.running.database):
        await idle.queued(made["id"], 250)
        rows = await idle.finished(made["id"], 250)
    assert lrs.ids == ids_of(events, lrs)
    assert len(lrs.exchanges) < len(events) / 2
    assert max(count for _, count in lrs.exchanges) <= MOST_STATEMENTS
    assert {(row.status, row.body) for row in rows} == {("delivered", None)}


async def test_a_days_outage_keeps_each_learners_order(url: str, data_dir: Path, lrs: Lrs) -> None:
    """The store is away for a day, in which learners go on and workers come and go; then it flickers at first."""
    async with forwarding(url, data_dir) as forward:
        made = await forward.made(lrs)
        learners = await forward.learners(4)
        events = await forward.happen(learners, 2)
        await forward.finished(made["id"], 8)
        lrs.trouble = lambda: (503, {})
        events += await forward.happen(learners, 15)
        shown = await forward.failing(made["id"], 3)
        assert (shown["failing"], shown["response_code"], shown["error"]) == (True, 503, '"in trouble"')
        await forward.set(made["id"], failing_since=datetime.now(UTC) - timedelta(hours=24))
    async with forwarding(url, data_dir) as forward:
        events += await forward.happen(learners, 15)
        await forward.queued(made["id"], 128)
        shown = await forward.shown(made["id"])
        assert (shown["lag"], shown["is_active"]) == (120, True)
        flickers = iter((500, None, 429, None, 502))
        cuts = itertools.chain([False, True], itertools.repeat(False))
        lrs.trouble, lrs.cuts = lambda: told(next(flickers, None)), lambda: next(cuts)
        await forward.finished(made["id"], 128)
        shown = await forward.shown(made["id"])
    assert (shown["lag"], shown["failing"], shown["failing_since"], shown["next_attempt_at"]) == (0, False, None, None)
    assert lrs.ids == ids_of(events, lrs)
    assert by_learner(lrs.stored) == {uid: ids_of(events[index::4], lrs) for index, (_, uid) in enumerate(learners)}


async def test_a_400_for_a_batch_is_bisected_until_the_bad_statement_is_found(idle: Forwarding, lrs: Lrs) -> None:
    made = await idle.made(lrs)
    learners = await idle.learners(2)
    events = await idle.happen(learners, 25)
    async with working(job_settings(idle), idle.running.database):
        # The first ones prove that the store takes what is right.
        await idle.finished(made["id"], 50)
    bad: set[str] = set()
    lrs.refuses = lambda statement: statement["id"] in bad
    more = await idle.happen(learners, 40)
    bad |= {ids_of(more, lrs)[index] for index in (0, 41, 42, 79)}
    async with working(job_settings(idle), idle.running.database):
        rows = (await idle.finished(made["id"], 130))[50:]
    assert lrs.ids == [id_ for id_ in ids_of(events + more, lrs) if id_ not in bad]
    rejected = [row for row in rows if row.status == "rejected"]
    assert [row.statement_id for row in rejected] == [id_ for id_ in ids_of(more, lrs) if id_ in bad]
    for row in rejected:
        assert (row.response_code, row.error) == (400, f'"statement {row.statement_id} is bad"')
    shown = await idle.shown(made["id"])
    assert (shown["lag"], shown["failing"]) == (0, False)


async def test_409_and_204_are_delivered(idle: Forwarding, lrs: Lrs) -> None:
    """The store takes everything, and that is never heard of: all is sent again, and each statement is there."""
    cuts = itertools.chain([True], itertools.repeat(False))
    lrs.conflicts, lrs.taken_status, lrs.cuts = True, 204, lambda: next(cuts)
    made = await idle.made(lrs)
    learners = await idle.learners(3)
    events = await idle.happen(learners, 6)
    async with working(job_settings(idle), idle.running.database):
        await idle.finished(made["id"], 18)
        events += await idle.happen(learners)
        rows = await idle.finished(made["id"], 21)
    assert lrs.ids == ids_of(events, lrs)
    assert {row.status for row in rows} == {"delivered"}
    # The whole batch, its parts, and each statement by itself are known; then there are new ones.
    assert [one for one in lrs.exchanges if one[1] == 1] == [(409, 1)] * 18
    assert (lrs.statuses[0], lrs.statuses[1], lrs.statuses[-1]) == (204, 409, 204)
    shown = await idle.shown(made["id"])
    assert (shown["lag"], shown["failing"]) == (0, False)


async def test_what_is_known_and_new_in_one_batch_is_told_apart(idle: Forwarding, lrs: Lrs) -> None:
    cuts = itertools.chain([True], itertools.repeat(False))
    lrs.conflicts, lrs.cuts = True, lambda: next(cuts)
    made = await idle.made(lrs)
    learners = await idle.learners(2)
    events = await idle.happen(learners, 5)
    async with working(job_settings(idle, (3600.0,)), idle.running.database):
        await idle.failing(made["id"])
        events += await idle.happen(learners, 5)
        await idle.queued(made["id"], 20)
        await idle.set(made["id"], next_attempt_at=None)
        rows = await idle.finished(made["id"], 20)
    assert lrs.ids == ids_of(events, lrs)
    assert {row.status for row in rows} == {"delivered"}
    assert lrs.exchanges[1] == (409, 20)


async def test_a_store_that_refuses_everything_refuses_us_and_loses_nothing(forward: Forwarding, lrs: Lrs) -> None:
    lrs.versions = ("2.0.0",)
    made = await forward.made(lrs)
    events = await forward.happen(await forward.learners(3), 10)
    await forward.queued(made["id"], 30)
    shown = await forward.failing(made["id"], 2)
    assert (shown["failing"], shown["response_code"], shown["lag"]) == (True, 400, 30)
    assert shown["error"] == '"X-Experience-API-Version is missing, or none of ours"'
    assert {row.status for row in await forward.statements(made["id"])} == {"pending"}
    assert (await forward.put(made["id"], version="2.0.0")).status_code == 200
    await forward.finished(made["id"], 30)
    assert lrs.ids == ids_of(events, lrs)


async def test_a_single_statement_is_not_given_up_before_the_store_took_anything(forward: Forwarding, lrs: Lrs) -> None:
    lrs.refuses = lambda _: True
    made = await forward.made(lrs)
    learners = await forward.learners(1)
    await forward.happen(learners)
    await forward.failing(made["id"], 2)
    assert [row.status for row in await forward.statements(made["id"])] == ["pending"]
    (bad,) = [row.statement_id for row in await forward.statements(made["id"])]
    lrs.refuses = lambda one: one["id"] == bad
    await forward.happen(learners)
    rows = await forward.finished(made["id"], 2)
    assert [row.status for row in rows] == ["rejected", "delivered"]


async def test_a_store_that_begins_to_refuse_everything_is_not_sent_it_all(idle: Forwarding, lrs: Lrs) -> None:
    made = await idle.made(lrs)
    learners = await idle.learners(2)
    await idle.happen(learners)
    async with working(job_settings(idle), idle.running.database):
        await idle.finished(made["id"], 2)
    lrs.refuses = lambda _: True
    await idle.happen(learners, 2 * DOUBTFUL)
    before = len(lrs.exchanges)
    async with working(job_settings(idle, (3600.0,)), idle.running.database):
        shown = await idle.failing(made["id"])
    assert shown["lag"] == 4 * DOUBTFUL
    assert len(lrs.exchanges) - before < 3 * DOUBTFUL


async def test_too_much_at_once_is_parted(idle: Forwarding, lrs: Lrs) -> None:
    lrs.most_statements = 7
    made = await idle.made(lrs)
    events = await idle.happen(await idle.learners(2), 20)
    async with working(job_settings(idle), idle.running.database):
        await idle.finished(made["id"], 40)
    assert lrs.ids == ids_of(events, lrs)
    assert 413 in lrs.statuses


@pytest.mark.parametrize("status", [301, 401, 403, 500])
async def test_whatever_says_nothing_of_statements_is_tried_again(idle: Forwarding, lrs: Lrs, status: int) -> None:
    lrs.trouble = lambda: (status, {"Location": f"{lrs.url}/elsewhere"})
    made = await idle.made(lrs)
    events = await idle.happen(await idle.learners(2), 2)
    async with working(job_settings(idle), idle.running.database):
        shown = await idle.failing(made["id"], 2)
        assert (shown["failing"], shown["response_code"], shown["lag"]) == (True, status, 4)
        assert shown["failing_since"] is not None
        assert shown["next_attempt_at"] is not None
        lrs.trouble = lambda: None
        await idle.finished(made["id"], 4)
    assert lrs.ids == ids_of(events, lrs)


async def test_retry_after_puts_everything_off(idle: Forwarding, lrs: Lrs) -> None:
    lrs.trouble = lambda: (429, {"Retry-After": "1800"})
    made = await idle.made(lrs)
    await idle.happen(await idle.learners(1))
    async with working(job_settings(idle), idle.running.database):
        shown = await idle.failing(made["id"])
    at = datetime.fromisoformat(str(shown["next_attempt_at"]))
    assert timedelta(minutes=25) < at - datetime.now(UTC) <= timedelta(minutes=30)
    assert len(lrs.exchanges) == 1


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({"username": "éva", "password": "p:w"}, f"Basic {base64.b64encode('éva:p:w'.encode()).decode()}"),
        ({"auth_type": "bearer", "token": "abc.def=="}, "Bearer abc.def=="),
        ({"token": "abc"}, "Bearer abc"),
        ({}, None),
    ],
)
async def test_requests_are_authenticated(
    forward: Forwarding, lrs: Lrs, given: dict[str, str], header: str | None
) -> None:
    lrs.authorization = header
    made = await forward.made(lrs, **given)
    await forward.happen(await forward.learners(1))
    await forward.finished(made["id"], 1)
    sent = [line for line in lrs.heads[-1].split("\r\n") if line.lower().startswith("authorization:")]
    assert sent == ([] if header is None else [f"Authorization: {header}"])


async def test_new_credentials_are_tried_at_once(forward: Forwarding, lrs: Lrs) -> None:
    lrs.authorization = "Bearer new"
    made = await forward.made(lrs, token="old")
    events = await forward.happen(await forward.learners(1))
    await forward.failing(made["id"])
    await forward.set(made["id"], next_attempt_at=datetime.now(UTC) + timedelta(hours=1))
    assert (await forward.put(made["id"], token="new")).status_code == 200
    await forward.finished(made["id"], 1)
    assert lrs.ids == ids_of(events, lrs)


async def test_nothing_but_failures_for_five_days_switches_it_off_and_nothing_is_lost(
    forward: Forwarding, lrs: Lrs, caplog: pytest.LogCaptureFixture
) -> None:
    lrs.trouble = lambda: (500, {})
    made = await forward.made(lrs)
    learners = await forward.learners(2)
    events = await forward.happen(learners)
    await forward.failing(made["id"])
    with caplog.at_level(logging.WARNING):
        await forward.set(made["id"], failing_since=datetime.now(UTC) - timedelta(days=5, minutes=1))

        async def is_told() -> bool:
            return f"xAPI endpoint {made['id']} is switched off: failing." in caplog.messages

        await until(is_told)
    shown = await forward.shown(made["id"])
    assert (shown["is_active"], shown["disabled_reason"]) == (False, "failing")
    # What happens meanwhile waits for whoever mends it.
    events += await forward.happen(learners)
    await forward.queued(made["id"], 4)
    lrs.trouble = lambda: None
    sent = len(lrs.exchanges)
    assert (await forward.shown(made["id"]))["lag"] == 4
    assert (await forward.put(made["id"], is_active=True)).status_code == 200
    await forward.finished(made["id"], 4)
    assert len(lrs.exchanges) > sent
    assert lrs.ids == ids_of(events, lrs)


async def test_what_waits_for_one_that_is_switched_off_by_hand_is_given_up(forward: Forwarding, lrs: Lrs) -> None:
    lrs.trouble = lambda: (500, {})
    made = await forward.made(lrs)
    learners = await forward.learners(2)
    await forward.happen(learners)
    await forward.failing(made["id"])
    answer = await forward.put(made["id"], is_active=False)
    assert answer.json()["data"]["disabled_reason"] == "switched_off"
    assert answer.json()["data"]["lag"] == 0
    await forward.happen(learners)
    await forward.read()
    lrs.trouble = lambda: None
    assert (await forward.put(made["id"], is_active=True)).json()["data"]["disabled_reason"] is None
    events = await forward.happen(learners)
    rows = await forward.finished(made["id"], 4)
    assert [row.status for row in rows] == ["skipped", "skipped", "delivered", "delivered"]
    assert lrs.ids == ids_of(events, lrs)


async def test_addresses_are_looked_at_again_before_each_attempt(idle: Forwarding, lrs: Lrs) -> None:
    made = await idle.made(lrs)
    await idle.happen(await idle.learners(1))
    settings = job_settings(idle).model_copy(update={"egress_allow": ()})
    async with working(settings, idle.running.database):
        shown = await idle.failing(made["id"])
    assert (shown["response_code"], shown["lag"]) == (None, 1)
    assert "may not be reached" in shown["error"]
    assert lrs.exchanges == []
