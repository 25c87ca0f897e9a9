"""Plans and the free trial: GET /api/subscription-plans and GET /api/trial/status."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from db.organizations import organizations
from tests.talktiko.asking import ADMINISTRATOR, COACH, FREE, NAMBA, OWNER, STUDENT, SUNDAI_OWNER, Api
from tests.talktiko.learning import at, printed

PLANS, TRIAL = "/subscription-plans", "/trial/status"
PLAN_KEYS = ["code", "name", "price", "currency", "interval", "rate_limit_per_minute"]
TRIAL_KEYS = ["active", "started_at", "ends_at", "days_left"]
NO_TRIAL = {"active": False, "started_at": None, "ends_at": None, "days_left": 0}
ONE_DAY = timedelta(days=1)


async def test_the_plans_are_shown_to_everyone_the_smallest_first(api: Api) -> None:
    answer = await api.nobody("GET", PLANS)
    content = answer.json()
    rows = [
        ("free", "Free", 0, "JPY", "month", 100),
        ("pro", "Pro", 9800, "JPY", "month", 1000),
        ("enterprise", "Enterprise", None, "JPY", "year", None),
    ]
    assert answer.status_code == 200
    assert content == {"data": [dict(zip(PLAN_KEYS, row, strict=True)) for row in rows]}
    assert (list(content), [list(row) for row in content["data"]]) == (["data"], [PLAN_KEYS] * 3)


@pytest.mark.parametrize("uid", [STUDENT, COACH, OWNER, NAMBA])
async def test_people_of_an_organization_on_trial_see_how_long_it_lasts(api: Api, uid: str) -> None:
    answer = await api.get(TRIAL, uid=uid)
    content = answer.json()
    running = {"started_at": printed(at(5, "00:00", 0)), "ends_at": printed(at(-25, "00:00", 0))}
    assert (answer.status_code, list(content), list(content["data"])) == (200, ["data"], TRIAL_KEYS)
    assert content == {"data": {"active": True, **running, "days_left": 25}}


@pytest.mark.parametrize("uid", [FREE, SUNDAI_OWNER, ADMINISTRATOR])
async def test_who_has_no_trial_sees_that_there_is_none(api: Api, uid: str) -> None:
    answer = await api.get(TRIAL, uid=uid)
    assert (answer.status_code, answer.json()) == (200, {"data": NO_TRIAL})


@pytest.mark.parametrize(
    ("started", "ends", "active", "left"),
    [
        (-10 * ONE_DAY, ONE_DAY / 2, True, 1),
        (-10 * ONE_DAY, 2 * ONE_DAY + ONE_DAY / 2, True, 3),
        (-10 * ONE_DAY, -ONE_DAY / 2, False, 0),
        (-40 * ONE_DAY, -10 * ONE_DAY, False, 0),
        (ONE_DAY / 2, 10 * ONE_DAY, False, 0),
    ],
    ids=["last day", "two and a half days", "just over", "long over", "not begun"],
)
async def test_a_trial_is_active_from_its_beginning_to_its_end(
    own_api: Api, started: timedelta, ends: timedelta, active: bool, left: int
) -> None:
    now = datetime.now(UTC)
    period = {"trial_started_at": now + started, "trial_ends_at": now + ends}
    async with own_api.running.database.writing() as transaction:
        await transaction.execute(update(organizations).where(organizations.c.id == 2001).values(period))
    content = (await own_api.get(TRIAL)).json()["data"]
    assert content == {
        "active": active,
        "started_at": printed(now + started),
        "ends_at": printed(now + ends),
        "days_left": left,
    }
    me = (await own_api.get("/auth/me")).json()["data"]
    assert me["trial_ends_at"] == content["ends_at"]
