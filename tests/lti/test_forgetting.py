"""Tests that what launches leave behind is forgotten in time, and nothing else."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select, update

from db.accounts import api_tokens
from db.lti.tables import lti_launches, lti_logins, lti_scores
from jobs.lti.forgetting import forget_launches, forget_logins
from jobs.settings import JobSettings
from jobs.timetable import timetable
from tests.accounts.calling import count, new_token, number_of
from tests.conftest import SEALING_KEY
from tests.lti.visiting import Browser, Visit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def test_logins_are_forgotten_an_hour_after_they_expired(visit: Visit, browser: Browser) -> None:
    now = datetime.now(UTC)
    for _ in range(3):
        await browser.login(visit.platform)
    ids = [one.id for one in await visit.logins()]
    ends = (now - HOUR - timedelta(seconds=30), now - HOUR + timedelta(seconds=30), now + HOUR)
    async with visit.database.writing() as transaction:
        for id_, ended in zip(ids, ends, strict=True):
            one = update(lti_logins).where(lti_logins.c.id == id_)
            await transaction.execute(one.values(expires_at=ended))
    assert await forget_logins(visit.database) == 1
    assert [one.id for one in await visit.logins()] == ids[1:]
    assert await forget_logins(visit.database) == 0


async def test_tokens_of_launches_are_forgotten_a_day_after_they_ended(visit: Visit, browser: Browser) -> None:
    now = datetime.now(UTC)
    other = number_of(await new_token(visit.running, "auth0|demo-owner-parent"))
    tokens = [number_of((await browser.session(await browser.come(visit.platform))).json()["token"]) for _ in range(3)]
    ends = (now - DAY - HOUR, now - DAY + HOUR, now + HOUR)
    async with visit.database.writing() as transaction:
        for id_, ended in zip([*tokens, other], [*ends, now - 2 * DAY], strict=True):
            one = update(api_tokens).where(api_tokens.c.id == id_)
            await transaction.execute(one.values(expires_at=ended))
    before = await count(visit.database)
    assert await forget_launches(visit.database) == 1
    assert await count(visit.database) == before - 1
    assert [launch.token_id for launch in await visit.launches()] == [None, *tokens[1:]]
    async with visit.database.engine.connect() as connection:
        assert (await connection.execute(select(api_tokens.c.id).where(api_tokens.c.id == other))).one()


async def test_launches_of_long_ago_are_forgotten_unless_a_grade_belongs_to_them(
    visit: Visit, browser: Browser
) -> None:
    now = datetime.now(UTC)
    for _ in range(3):
        await browser.come(visit.platform)
    graded, old, young = await visit.launches()
    async with visit.database.writing() as transaction:
        ages = {graded.id: 500, old.id: 401, young.id: 399}
        for id_, days in ages.items():
            one = update(lti_launches).where(lti_launches.c.id == id_)
            await transaction.execute(one.values(launched_at=now - timedelta(days=days)))
        score = {
            **{name: getattr(graded, name) for name in ("platform_id", "organization_id", "student_id", "subject")},
            "launch_id": graded.id,
            "line": "https://lms.example.jp/lines/5",
            "activity_progress": "Completed",
            "grading_progress": "FullyGraded",
            "scored_at": now,
            "source": "completion",
            "status": "delivered",
            "created_at": now,
            "finished_at": now,
        }
        await transaction.execute(insert(lti_scores).values(**score))
    assert await forget_launches(visit.database) == 1
    assert [one.id for one in await visit.launches()] == [graded.id, young.id]
    assert await count(visit.database, lti_scores) == 1


def test_it_is_done_each_hour() -> None:
    work = {entry.name: entry.work for entry in timetable(JobSettings(sealing_keys=(SEALING_KEY,)))}
    assert (work["forget_lti_logins"], work["forget_lti_launches"]) == (forget_logins, forget_launches)
