"""Analytics over generated institutions, against plain loops; and that nobody can be singled out by them."""

from datetime import date, timedelta
from typing import Any

import pytest

from resolvers.institutions.analytics import begin_of, end_of, next_of
from tests.institutions.conftest import Region
from tests.institutions.schools import BEGIN, END, ENOUGH, FIRST, PARENTS, SCHOOLS, Told
from tests.progress.asking import ADMINISTRATOR, DEMO_OWNER, OWNER_PARENT, STUDENT, Graph

GRANULARITIES = ("day", "week", "month")
AMOUNTS = "learners activeLearners lessonsCompleted coursesCompleted minutes"
SERIES = "period activeLearners lessonsCompleted coursesCompleted minutes"
DOCUMENT = f"""query ($id: Int!, $since: Date, $until: Date, $granularity: Granularity!) {{
  organizationAnalytics(legacyId: $id, since: $since, until: $until, granularity: $granularity) {{
    {AMOUNTS} cefrDistribution {{ levelCode learners }} series {{ {SERIES} }} children {{ legacyId name {AMOUNTS} }}
  }}
}}"""


async def asked(
    region: Region, id_: int, granularity: str, since: date = BEGIN, until: date = END, uid: str = ADMINISTRATOR
) -> Any:  # noqa: ANN401  # JSON has no types
    """What analytics tell of an institution."""
    days = {"since": since.isoformat(), "until": until.isoformat()}
    given = {"id": id_, "granularity": granularity.upper(), **days}
    return (await region.graph.data(DOCUMENT, given, uid=uid))["organizationAnalytics"]


async def test_a_hundred_institutions_are_told_as_plain_loops_count_them_each_in_one_statement(region: Region) -> None:
    told, nothing = 0, 0
    await asked(region, FIRST, "day")
    before, asks = region.graph.database.statements, 0
    for number in range(SCHOOLS):
        for granularity in GRANULARITIES if number < PARENTS else (GRANULARITIES[number % 3],):
            found, asks = await asked(region, FIRST + number, granularity), asks + 1
            assert found == Told(region.schools, granularity).whole(FIRST + number), (number, granularity)
            told += sum(point["minutes"] is not None for point in found["series"])
            nothing += sum(point["minutes"] is None for point in found["series"])
    # One lets the viewer in, and one counts.
    assert region.graph.database.statements - before == 2 * asks
    assert min(told, nothing) > 500


async def test_no_number_can_be_had_by_taking_others_from_it(region: Region) -> None:
    kept_back = 0
    for parent in range(FIRST, FIRST + PARENTS):
        for granularity in GRANULARITIES:
            whole = await asked(region, parent, granularity)
            children = [await asked(region, child["legacyId"], granularity) for child in whole["children"]]
            for place, point in enumerate(whole["series"]):
                parts = [child["series"][place]["activeLearners"] or 0 for child in children]
                if point["activeLearners"] is not None:
                    assert point["activeLearners"] - sum(parts) not in (1, 2, 3, 4)
                kept_back += point["activeLearners"] is None and sum(parts) >= ENOUGH
            for answer in (whole, *children):
                check_levels(answer)
    assert kept_back > 10


def check_levels(answer: Any) -> None:  # noqa: ANN401  # JSON has no types
    """What is left of all learners is nobody, or enough of them at several levels."""
    shown = [level["learners"] for level in answer["cefrDistribution"]]
    assert all(n is None or n >= ENOUGH for n in shown)
    if answer["learners"] is None:
        assert set(shown) == {None}
        return
    left = answer["learners"] - sum(n or 0 for n in shown)
    assert left == 0 or (left >= ENOUGH and shown.count(None) > 1)


async def test_one_day_more_adds_what_is_told_of_that_day_and_nothing_else(region: Region) -> None:
    added = set()
    for parent in range(FIRST, FIRST + 4):
        found = await asked(region, parent, "day")
        for point in found["series"][-4:]:
            day = date.fromisoformat(point["period"])
            longer, shorter = [
                await asked(region, parent, "day", until=until) for until in (day, day - timedelta(days=1))
            ]
            difference = (longer["lessonsCompleted"] or 0) - (shorter["lessonsCompleted"] or 0)
            assert difference == (point["lessonsCompleted"] or 0)
            added.add(difference > 0)
    assert added == {True, False}


async def test_periods_are_told_as_a_whole_and_days_are_bounded(region: Region) -> None:
    week = await asked(region, FIRST, "week", date(2026, 9, 3), date(2026, 9, 8))
    assert [point["period"] for point in week["series"]] == ["2026-08-31", "2026-09-07"]
    year = await asked(region, FIRST, "month", date(2025, 12, 31), date(2027, 2, 3))
    assert (len(year["series"]), year["series"][0]["period"]) == (15, "2025-12-01")
    for since, until in (("2025-01-01", "2026-02-05"), ("2026-01-02", "2026-01-01"), ("2026-01-01", "9999-01-01")):
        given = {"id": FIRST, "granularity": "DAY", "since": since, "until": until}
        assert await region.graph.refusal(DOCUMENT, given, uid=ADMINISTRATOR) == ("BAD_USER_INPUT", "days")


@pytest.mark.parametrize(
    ("granularity", "day", "begin", "end"),
    [
        ("day", date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 1)),
        ("week", date(2027, 1, 3), date(2026, 12, 28), date(2027, 1, 3)),
        ("month", date(2024, 2, 29), date(2024, 2, 1), date(2024, 2, 29)),
        ("month", date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_goes_from_its_first_day_to_its_last(granularity: str, day: date, begin: date, end: date) -> None:
    found = begin_of(day, granularity)
    assert (found, end_of(found, granularity)) == (begin, end)
    assert next_of(found, granularity) == end + timedelta(days=1)


async def test_unless_told_they_are_the_last_thirty_days(region: Region) -> None:
    answer = await region.graph.data(
        "{ organizationAnalytics(legacyId: 2001) { since until granularity granularityCode series { period } } }",
        uid=OWNER_PARENT,
    )
    found = answer["organizationAnalytics"]
    first, last = date.fromisoformat(found["since"]), date.fromisoformat(found["until"])
    assert ((last - first).days, len(found["series"]), found["granularityCode"]) == (29, 30, "day")


async def test_a_demo_token_is_told_of_demo_people_alone(region: Region) -> None:
    graph: Graph = region.graph
    token = graph.running.signed(ADMINISTRATOR, ["administrator"], demo=True)
    graph.known["demo administrator"] = {"Authorization": f"Bearer {token}"}
    differ = 0
    for school in (FIRST, FIRST + 1, FIRST + 2):
        found = await asked(region, school, "month", uid="demo administrator")
        assert found == Told(region.schools, "month", demo=True).whole(school)
        differ += found != await asked(region, school, "month")
    assert differ == 3


async def test_an_institution_out_of_reach_is_not_there(region: Region) -> None:
    for uid, number in ((OWNER_PARENT, FIRST), (OWNER_PARENT, 1), (DEMO_OWNER, FIRST), (ADMINISTRATOR, 999_999)):
        assert await asked(region, number, "day", uid=uid) is None
    given = {"id": 2002, "granularity": "DAY"}
    assert await region.graph.refusal(DOCUMENT, given, uid=STUDENT) == ("FORBIDDEN", "operation_not_allowed")
