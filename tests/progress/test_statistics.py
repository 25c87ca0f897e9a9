"""Statistics over the learners in someone's reach, against plain sums over the rows; each in one statement."""

from datetime import UTC, datetime, timedelta

import pytest

from resolvers.statistics import statistics
from tests.progress.asking import ADMINISTRATOR, DEMO_OWNER, OWNER_PARENT, STUDENT, SUNDAI_OWNER, Graph, Row
from tests.progress.crowd import JAPAN, VIEWERS, Crowd

DOCUMENT = "{ statistics { learners courses lessons completions minutes active } }"


def expected(crowd: Crowd, uid: str, now: datetime) -> Row:
    """The numbers, counted one by one."""
    ids = {crowd.of(uid)["id"]} if uid == STUDENT else crowd.ids_by(uid)
    events = crowd.events_of(ids)
    published = {
        row["id"]
        for row in crowd.courses
        if row["origin"] == "talktiko" and row["published_at"] is not None and row["published_at"] <= now
        if uid != DEMO_OWNER or row["is_demo"]
    }
    ends = [event for event in events if event["verb"] == "completed" and event["training_id"] is None]
    since = now.astimezone(JAPAN).date() - timedelta(days=29)
    return {
        "learners": len(ids),
        "courses": len(published),
        "lessons": sum(row["course_id"] in published for row in crowd.lessons),
        "completions": sum(end["lesson_id"] is not None for end in ends),
        "minutes": sum(event["duration_ms"] for event in events) // 60_000,
        "active": len({event["student_id"] for event in events if event["local_day"] >= since}),
    }


@pytest.mark.parametrize("uid", VIEWERS)
async def test_statistics_are_sums_over_the_viewers_reach(crowd: Crowd, uid: str) -> None:
    found = (await crowd.graph.data(DOCUMENT, uid=uid))["statistics"]
    assert found == expected(crowd, uid, datetime.now(UTC))


async def test_the_reaches_differ(crowd: Crowd) -> None:
    shown = {uid: (await crowd.graph.data(DOCUMENT, uid=uid))["statistics"]["learners"] for uid in VIEWERS}
    assert shown[STUDENT] == 1
    assert shown[ADMINISTRATOR] == shown[OWNER_PARENT] + 1 == len(crowd.students) - 1
    assert (shown[DEMO_OWNER], shown[SUNDAI_OWNER]) == (2, 0)


async def test_a_reach_without_learners_has_noughts_and_no_nulls(crowd: Crowd) -> None:
    found = (await crowd.graph.data(DOCUMENT, uid=SUNDAI_OWNER))["statistics"]
    assert found == {"learners": 0, "courses": 6, "lessons": 27, "completions": 0, "minutes": 0, "active": 0}


@pytest.mark.parametrize("hour", [0, 12, 23])
async def test_who_is_active_is_decided_by_the_day_in_japan(crowd: Crowd, hour: int) -> None:
    day = datetime.now(JAPAN).replace(hour=hour, minute=59, second=59) - timedelta(days=100)
    for now in (day, day + timedelta(seconds=1)):
        found = await statistics(await crowd.graph.request(OWNER_PARENT, now))
        assert found._asdict() == expected(crowd, OWNER_PARENT, now)


async def test_statistics_take_one_statement(graph: Graph) -> None:
    assert await graph.statements(DOCUMENT, uid=OWNER_PARENT) == 1
