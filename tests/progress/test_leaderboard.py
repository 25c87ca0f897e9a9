"""Boards of points against plain sums over the events: who is on them, in which rank and by which name."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from resolvers.leaderboard import leaderboard
from tests.progress.asking import (
    ADMINISTRATOR,
    COACH_CHILD,
    DEMO_OWNER,
    OWNER_PARENT,
    STUDENT,
    SUNDAI_OWNER,
    Answer,
    Graph,
    Row,
)
from tests.progress.crowd import JAPAN, LOCKED, REACHED, VIEWERS, Crowd

BOARD = """query($period: LeaderboardPeriod!, $scope: LeaderboardScope!, $page: Int, $per: Int) {
  leaderboard(period: $period, scope: $scope, page: $page, per: $per) {
    totalCount nodes { rank displayName xp isMe } } }"""
PERIODS, SCOPES = ("WEEK", "MONTH", "ALL"), ("INSTITUTION", "PLATFORM")
PSEUDONYM = re.compile(r"Learner [0-9A-F]{8}")


def first_day(period: str, today: date) -> date:
    """The day on which a period began."""
    if period == "ALL":
        return date.min
    return today.replace(day=1) if period == "MONTH" else today - timedelta(days=today.isoweekday() - 1)


def last_day(period: str, today: date) -> date:
    """The day with which it ends."""
    if period == "ALL":
        return date.max
    begun = first_day(period, today)
    following = begun + timedelta(days=7 if period == "WEEK" else 32)
    return (following.replace(day=1) if period == "MONTH" else following) - timedelta(days=1)


def expected(crowd: Crowd, uid: str, period: str, scope: str, today: date) -> list[Row]:
    """The whole board."""
    everyone = {row["id"] for row in crowd.students if row["locked_at"] is None and (uid != DEMO_OWNER or row["demo"])}
    ids = crowd.ids_by(uid) if scope == "INSTITUTION" else everyone
    points = dict.fromkeys(ids, 0)
    for event in crowd.events_of(ids):
        if first_day(period, today) <= event["local_day"] <= last_day(period, today):
            points[event["student_id"]] += event["xp"]
    ranked = sorted((-xp, id_) for id_, xp in points.items() if xp > 0)
    return [
        {"rank": 1 + sum(more > xp for more in points.values()), "xp": xp, "id": id_}
        for xp, id_ in [(-least, id_) for least, id_ in ranked]
    ]


def named(crowd: Crowd, uid: str, line: Row) -> str | None:
    """The name by which a viewer knows somebody; None for who must have a pseudonym."""
    row = next(row for row in crowd.students if row["id"] == line["id"])
    reached = REACHED[uid]
    known = row["uid"] == uid or reached is None or row["organization_id"] in reached
    return f"{row['last_name']} {row['first_name']}" if known else None


def shown(nodes: list[Answer]) -> list[tuple[int, int, str | None, bool]]:
    """The lines of an answer, pseudonyms left out."""
    return [
        (n["rank"], n["xp"], None if PSEUDONYM.fullmatch(n["displayName"]) else n["displayName"], n["isMe"])
        for n in nodes
    ]


async def board(crowd: Crowd, uid: str, period: str, scope: str, **more: int) -> Answer:
    """A page of a board."""
    found: Answer = (await crowd.graph.data(BOARD, {"period": period, "scope": scope, **more}, uid=uid))["leaderboard"]
    return found


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("uid", VIEWERS)
async def test_a_board_ranks_the_points_of_its_period(crowd: Crowd, uid: str, period: str, scope: str) -> None:
    lines = expected(crowd, uid, period, scope, datetime.now(JAPAN).date())
    me = crowd.of(STUDENT)["id"] if uid == STUDENT else None
    found = await board(crowd, uid, period, scope, per=100)
    assert found["totalCount"] == len(lines)
    assert shown(found["nodes"]) == [
        (line["rank"], line["xp"], named(crowd, uid, line), line["id"] == me) for line in lines
    ]


async def test_equals_share_a_rank_and_the_next_rank_counts_them(crowd: Crowd) -> None:
    ranks = [node["rank"] for node in (await board(crowd, ADMINISTRATOR, "ALL", "PLATFORM"))["nodes"]]
    assert len(set(ranks)) < len(ranks) == 20
    assert all(rank == ranks.index(rank) + 1 for rank in ranks)
    demo = await board(crowd, DEMO_OWNER, "ALL", "PLATFORM")
    assert [(node["rank"], node["xp"]) for node in demo["nodes"]] == [(1, 42), (1, 42)]


async def test_who_is_locked_and_who_has_no_points_is_on_no_board(crowd: Crowd) -> None:
    found = await board(crowd, ADMINISTRATOR, "ALL", "PLATFORM", per=100)
    names = {node["displayName"] for node in found["nodes"]}
    for uid in (LOCKED, "auth0|demo-u012"):
        assert f"{crowd.of(uid)['last_name']} {crowd.of(uid)['first_name']}" not in names
    assert found["totalCount"] == len(found["nodes"]) == 20


@pytest.mark.parametrize("per", [1, 3, 7, 20, 100])
async def test_pages_follow_each_other_and_end(crowd: Crowd, per: int) -> None:
    whole = (await board(crowd, OWNER_PARENT, "ALL", "INSTITUTION", per=100))["nodes"]
    pages = -(-len(whole) // per)
    found = [await board(crowd, OWNER_PARENT, "ALL", "INSTITUTION", per=per, page=n + 1) for n in range(pages + 1)]
    assert [node for page in found for node in page["nodes"]] == whole
    assert found[-1]["nodes"] == []
    assert {page["totalCount"] for page in found} == {len(whole)}


@pytest.mark.parametrize("page", [2, 1000, 2**31 - 1])
async def test_past_the_end_the_number_of_learners_is_still_told(crowd: Crowd, page: int) -> None:
    found = await board(crowd, ADMINISTRATOR, "ALL", "PLATFORM", page=page, per=100)
    assert found == {"totalCount": 20, "nodes": []}
    assert await board(crowd, SUNDAI_OWNER, "ALL", "INSTITUTION", page=page) == {"totalCount": 0, "nodes": []}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"page": 0}, "page_number"),
        ({"page": -1}, "page_number"),
        ({"per": 0}, "page_size"),
        ({"per": -1}, "page_size"),
        ({"per": 101}, "page_size"),
    ],
)
async def test_a_page_that_is_none_is_refused(crowd: Crowd, given: dict[str, int], reason: str) -> None:
    asked = {"period": "ALL", "scope": "PLATFORM", **given}
    assert await crowd.graph.refusal(BOARD, asked, uid=OWNER_PARENT) == ("BAD_USER_INPUT", reason)


async def test_a_pseudonym_is_always_the_same_for_a_person_and_tells_nothing(crowd: Crowd) -> None:
    found = {
        uid: [node["displayName"] for node in (await board(crowd, uid, "ALL", "PLATFORM", per=100))["nodes"]]
        for uid in (STUDENT, COACH_CHILD, SUNDAI_OWNER, ADMINISTRATOR)
    }
    assert all(PSEUDONYM.fullmatch(name) for name in found[SUNDAI_OWNER])
    assert len(set(found[SUNDAI_OWNER])) == 20
    assert not any(PSEUDONYM.fullmatch(name) for name in found[ADMINISTRATOR])
    assert found[STUDENT] == found[COACH_CHILD]
    for mine, other, real in zip(found[COACH_CHILD], found[SUNDAI_OWNER], found[ADMINISTRATOR], strict=True):
        assert mine in (other, real)


@pytest.mark.parametrize("period", ["WEEK", "MONTH"])
@pytest.mark.parametrize("back", [1, 2, 3, 5])
@pytest.mark.parametrize("microseconds", [-1, 0, 9 * 3_600_000_000])
async def test_a_period_begins_at_midnight_in_japan(crowd: Crowd, period: str, back: int, microseconds: int) -> None:
    day = first_day(period, datetime.now(JAPAN).date() - timedelta(days=35 * back))
    midnight = datetime(day.year, day.month, day.day, tzinfo=JAPAN)
    now = (midnight + timedelta(microseconds=microseconds)).astimezone(UTC)
    request = await crowd.graph.request(ADMINISTRATOR, now)
    found = await leaderboard(request, period=period.lower(), scope="platform", page=None, per=100)
    today = now.astimezone(JAPAN).date()
    assert today == (day - timedelta(days=1) if microseconds < 0 else day)
    lines = expected(crowd, ADMINISTRATOR, period, "PLATFORM", today)
    assert [(entry.rank, entry.xp) for entry in found.nodes] == [(line["rank"], line["xp"]) for line in lines]
    assert found.total_count == len(lines) > 0


async def test_a_board_takes_one_statement(graph: Graph) -> None:
    assert await graph.statements("{ leaderboard { totalCount nodes { displayName } } }", uid=STUDENT) == 1


async def test_the_board_of_this_week_and_institution_is_the_one_unless_told(crowd: Crowd) -> None:
    document = "{ leaderboard { totalCount nodes { rank displayName xp isMe } } }"
    found = (await crowd.graph.data(document, uid=STUDENT))["leaderboard"]
    assert found == await board(crowd, STUDENT, "WEEK", "INSTITUTION", page=1, per=20)
