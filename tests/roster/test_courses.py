"""A course becomes published by an edit or because its day comes: told once for each publication, to everybody."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, delete, insert, select, update

from db.connections.database import connect
from db.courses import course_publications, courses
from db.operations import outbox
from db.organizations import named
from tests.accounts.calling import SUNDAI_OWNER, by_auth0
from tests.egress.receiver import receiving
from tests.roster.telling import NOW, executed, follows, newest, published, settled, told, working_on
from tests.webhooks.hooks import Hooks, at, bodies, hooking, until

DRAFT, OUT = 507, 501
DAY = timedelta(days=1)


def given(id_: int = DRAFT, **values: object) -> Executable:
    """An edit of a course."""
    return update(courses).where(courses.c.id == id_).values(**values)


def new_course(id_: int, **values: object) -> Executable:
    """A course that is not there yet."""
    row = {"id": id_, "seq": id_, "origin": "talktiko", "updated_at": NOW, **values}
    return insert(courses).values(**row, **named(code=f"k{id_}", name="n", abbreviation="a"))


def now() -> datetime:
    """The time of the clock."""
    return datetime.now(UTC)


async def test_each_edit_that_publishes_is_told_and_no_other(url: str, data_dir: Path) -> None:
    async with working_on(url, data_dir) as database:
        await settled(database)
        assert await follows(database, given(description="d"), given(OUT, published_at=now() - DAY)) == []
        assert await follows(database, given(published_at=now() + DAY)) == []
        assert await follows(database, given(published_at=now() - 30 * DAY)) == [published(DRAFT)]
        assert await follows(database, given(published_at=now() - DAY), given(description="e")) == []
        # Taken back, put off, published once more: a publication of its own.
        assert await follows(database, given(published_at=None)) == []
        assert await follows(database, given(published_at=now() + DAY)) == []
        assert await follows(database, given(published_at=now())) == [published(DRAFT)]
        assert await follows(database, new_course(900, published_at=now() - DAY)) == [published(900)]
        assert await follows(database, new_course(901)) == []
        # Diverse's courses have no day of publication.
        assert await follows(database, new_course(902, published_at=now() - DAY, origin="diverse")) == []
        assert await follows(database, given(902, origin="talktiko")) == [published(902)]
        # One that is gone, and another of its number.
        assert await follows(database, delete(courses).where(courses.c.id == 900)) == []
        assert await follows(database, new_course(900, published_at=now())) == [published(900)]
        demo = new_course(903, published_at=now(), is_demo=True)
        assert await follows(database, demo) == [published(903, demo=True)]


async def test_a_day_that_comes_is_told_once_however_late_it_was_set_and_changed(url: str, data_dir: Path) -> None:
    async with working_on(url, data_dir) as first, working_on(url, data_dir):
        await settled(first)
        soon = now() + timedelta(seconds=2)
        await executed(first, given(published_at=soon + timedelta(seconds=0.4)))
        await asyncio.sleep(1.5)
        assert await told(first) == []
        # Edits around the very moment.
        for _ in range(20):
            await executed(first, given(description=str(now())))
            await asyncio.sleep(0.1)
        await executed(first, given(published_at=soon))

        async def is_told() -> bool:
            return bool(await told(first))

        await until(is_told)
        await asyncio.sleep(1.5)
        await settled(first)
        assert await told(first) == [published(DRAFT)]
        async with first.writing() as transaction:
            (at_,) = (await transaction.scalars(select(outbox.c.occurred_at))).all()
        assert soon <= at_ <= now()


async def test_what_comes_while_nobody_works_is_told_by_the_next(url: str, data_dir: Path) -> None:
    async with working_on(url, data_dir) as database:
        await settled(database)
    database = connect(url)
    await database.open()
    day = now() + timedelta(seconds=0.2)
    await executed(
        database, given(published_at=day), given(OUT, published_at=None), new_course(900, published_at=now())
    )
    # What was published before, and is again, is not new to anybody.
    await executed(database, given(OUT, published_at=now()))
    await database.close()
    await asyncio.sleep(0.3)
    async with working_on(url, data_dir) as first, working_on(url, data_dir):
        await settled(first)
        assert sorted(await told(first)) == sorted([published(DRAFT), published(900)])
        async with first.writing() as transaction:
            found = select(outbox.c.occurred_at).where(outbox.c.subject_id == DRAFT)
            # It is told as of its day, so a webhook that was made later hears nothing of it.
            assert await transaction.scalar(found) == day
            kept = (await transaction.scalars(select(course_publications.c.course_id))).all()
            assert {DRAFT, OUT, 900} <= set(kept)
    async with working_on(url, data_dir) as database:
        await settled(database)
        assert len(await told(database)) == 2


async def test_webhooks_of_every_organization_hear_of_it(url: str, data_dir: Path) -> None:
    async with receiving() as here, receiving() as there, hooking(url, data_dir) as hooks:
        database = hooks.running.database
        other = Hooks(hooks.running, await by_auth0(hooks.running, SUNDAI_OWNER))
        await settled(database)
        await hooks.made(at(here), ["course.*"])
        await other.made(at(there), ["course.published"], document=DOCUMENT)
        before = await newest(database)
        assert await follows(database, given(published_at=now())) == [published(DRAFT)]
        assert await newest(database) == before + 1
    plain: dict[str, Any] = {"organization_id": None, "subject": {"type": "Course", "id": DRAFT}}
    assert [(one["type"], one["data"]) for one in bodies(here)] == [("course.published", plain)]
    shaped = {"typeCode": "course.published", "type": "COURSE_PUBLISHED", "subjectLegacyId": DRAFT, "student": None}
    assert [one["data"] for one in bodies(there)] == [shaped]


DOCUMENT = "subscription { eventStream { typeCode type subjectLegacyId student { code } } }"
