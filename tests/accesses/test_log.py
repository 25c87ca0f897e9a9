"""How the log is written beside the requests: whole batches, bounded, told where it is lost, and forgotten in time."""

from datetime import UTC, datetime, timedelta

import pytest

from db.connections.database import connect
from jobs.settings import JobSettings
from jobs.timetable import timetable
from resolvers.accesses.log import AccessLog
from resolvers.witness import Access, Manner, Way
from tests.accesses.logged import rows_of, students_of
from tests.accounts.calling import OWNER, by_auth0
from tests.conftest import Running

NOW = datetime.now(UTC)
AWAY = "postgresql://nobody@127.0.0.1:1/nothing"


def access(numbers: str, *, uid: str = OWNER, at: datetime = NOW, own: int | None = None) -> Access:
    """An access that showed the codes of these students."""
    return Access(at, None, uid, None, own, Manner(Way.GRAPHQL, "Page"), ((("Student.code",), numbers),))


async def shown(running: Running) -> list[tuple[str, ...]]:
    """The students of each entry."""
    return [await students_of(running.database, row.id) for row in await rows_of(running.database)]


async def test_what_is_too_much_is_lost_and_counted(own: Running, caplog: pytest.LogCaptureFixture) -> None:
    log = AccessLog(own.database, most=3)
    for numbers in ("14,15", "15,14", "14"):
        log.note(access(numbers))
    assert await log.write()
    assert await shown(own) == [("HQ001", "HQ002"), ("HQ001",)]
    assert [one.getMessage() for one in caplog.records] == ["The access log lost 2 reads of students."]
    # There is room again, and what was lost is said once.
    log.note(access("15"))
    await log.aclose()
    assert await shown(own) == [("HQ001", "HQ002"), ("HQ001",), ("HQ002",)]
    assert len(caplog.records) == 1


async def test_a_database_that_is_away_is_waited_for(own: Running, caplog: pytest.LogCaptureFixture) -> None:
    log = AccessLog(connect(AWAY))
    log.note(access("14"))
    assert not await log.write()
    log.note(access("15"))
    assert await log.write() is False
    log.database = own.database
    assert await log.write()
    assert await shown(own) == [("HQ001",), ("HQ002",)]
    kept = "%d reads of students are not in the access log yet. DatabaseUnavailable"
    assert [one.getMessage() for one in caplog.records] == [kept % 1, kept % 2]


async def test_what_is_still_away_at_the_end_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    log = AccessLog(connect(AWAY))
    log.note(access("14,15"))
    log.start()
    await log.aclose()
    assert caplog.records[-1].getMessage() == "The access log lost 2 reads of students."


async def test_what_cannot_be_written_keeps_nothing_else_from_it(
    own: Running, caplog: pytest.LogCaptureFixture
) -> None:
    log = AccessLog(own.database)
    log.note(access("14", uid=None))  # type: ignore[arg-type]  # the table refuses it
    assert await log.write()
    log.note(access("15"))
    assert await log.write()
    assert await shown(own) == [("HQ002",)]
    said = [one.getMessage() for one in caplog.records]
    assert said == [
        "A batch of the access log could not be written. IntegrityError",
        "The access log lost 1 reads of students.",
    ]


async def test_oneself_and_who_is_gone_are_left_out(own: Running) -> None:
    log = AccessLog(own.database)
    log.note(access("14,15,14,999999", own=15))
    log.note(access("15", own=15))
    log.note(access("999999"))
    assert await log.write()
    assert await shown(own) == [("HQ001",)]


async def test_what_is_read_is_written_at_the_latest_when_the_process_ends(own: Running) -> None:
    await (await by_auth0(own, OWNER)).data('{ students(filter: {keyword: "HQ001"}) { nodes { code } } }')
    assert await shown(own) == []
    await own.app.state.parts.access_log.aclose()
    assert await shown(own) == [("HQ001",)]


async def test_the_same_read_again_is_told_once_until_it_is_written(own: Running) -> None:
    log = AccessLog(own.database)
    for _ in range(3):
        log.note(access("14,15"))
    log.note(access("14"))
    log.note(access("14,15", uid="auth0|demo-administrator"))
    assert await log.write()
    log.note(access("14,15"))
    assert await log.write()
    assert len(await rows_of(own.database)) == 4


async def test_enough_is_written_at_once(own: Running) -> None:
    log = AccessLog(own.database)
    log.note(access("14"))
    assert not log.due.is_set()
    log.note(access(",".join(["14", "15"] * 5_000)))
    assert log.due.is_set()
    assert await log.write()
    assert not log.due.is_set()
    assert await shown(own) == [("HQ001",), ("HQ001", "HQ002")]


async def test_the_log_is_forgotten_after_as_long_as_it_is_kept(own: Running) -> None:
    log = AccessLog(own.database)
    for days, numbers in ((400, "14,15"), (40, "15"), (20, "14")):
        log.note(access(numbers, at=NOW - timedelta(days=days)))
    assert await log.write()
    for days, left in ((365, 2), (30, 1)):
        entries = timetable(JobSettings(data_dir=own.settings.data_dir, access_log_days=days))
        (entry,) = [one for one in entries if one.name == "forget_accesses"]
        assert await entry.work(own.database) == 1
        assert len(await shown(own)) == left
    ((links,),) = await own.database.read("select count(*) from access_students", ())
    assert links == 1
