"""Webhooks: each parameter of their doors under /api/integrations/webhooks is heeded."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from db.webhooks import deliveries, webhook_secrets
from tests.talktiko.asking import NOT_IN_REACH, OWNER, SUNDAI_OWNER, Api, Case
from tests.talktiko.telling import (
    BEGINNING,
    DAY,
    DOCUMENT,
    FIRST_REPLAYED,
    FIRST_SEQ,
    FIRST_SHOWN,
    FIRST_USED,
    QUIET,
    REPLAYED,
    SHOWN,
    URL,
    USED,
)

PATH = "/integrations/webhooks"
GOOD: dict[str, object] = {"url": URL, "events": []}
SECRET = "a-secret-of-our-own"
DELIVERING = (
    Case("document", {"document": DOCUMENT}, DOCUMENT),
    Case("ordered", {"ordered": True}, True),
    Case("ordered", {"ordered": False}, False),
    Case("schedule", {"schedule": "long"}, "long"),
    Case("schedule", {"schedule": "short"}, "short"),
)
TELLING = (
    Case("url", {"url": f"{URL}/é?a=1"}, f"{URL}/é?a=1"),
    Case("events", {"events": ["lesson.*", "student.updated", "lesson.*"]}, ["lesson.*", "student.updated"]),
    Case("events", {"events": []}, []),
)
CREATING = (*TELLING, *DELIVERING, Case("secret", {"secret": SECRET}, SECRET))
ONE = (Case("id", {"id": SHOWN}, SHOWN),)
# The first webhook of a database.
CHANGING = (
    *(Case("id", {"id": 1}, 1), *TELLING, *DELIVERING),
    *(Case("is_active", {"is_active": False}, False), Case("is_active", {"is_active": True}, True)),
)
REMOVING = (Case("id", {"id": 1}),)
PINGING = (Case("id", {"id": USED}),)
# The secret that is shown, and how long both sign.
ROTATING = (
    Case("id", {"id": 1}, (None, 24)),
    Case("secret", {"secret": SECRET}, (SECRET, 24)),
    Case("overlap_hours", {"overlap_hours": 0}, (None, 0)),
    Case("overlap_hours", {"overlap_hours": "168"}, (None, 168)),
)
# The days of what is shown, the newest first; and of how much is told again.
HISTORY = (
    Case("id", {"id": SHOWN}, [6, 5, 4, 3, 2, 1, 0]),
    Case("status", {"status": "dead"}, [4, 1]),
    Case("status", {"status": "pending"}, [6]),
    Case("event", {"event": "ping"}, [5, 2]),
    Case("event", {"event": "lesson.*"}, []),
    Case("from", {"from": "2026-11-06T00:00:00Z"}, [6, 5]),
    Case("from", {"from": "2026-11-06T09:00:00.000001+09:00"}, [6]),
    Case("to", {"to": "2026-11-02T00:00:00Z"}, [1, 0]),
)
REPLAYING = (
    Case("id", {"id": REPLAYED}, 3),
    Case("from", {"from": "2026-11-03T00:00:00Z"}, 2),
    Case("to", {"to": "2026-11-03T00:00:00Z"}, 2),
    Case("from_seq", {"from_seq": str(FIRST_SEQ + 4)}, 1),
    Case("only_failed", {"only_failed": False}, 5),
    Case("only_failed", {"only_failed": True}, 3),
    Case("to_url", {"to_url": f"{URL}/again"}, 3),
)
RETRYING = (Case("id", {"id": USED}), Case("delivery", {"delivery": FIRST_USED}))


async def created(api: Api, more: dict[str, object], *, uid: str = SUNDAI_OWNER) -> dict[str, Any]:
    """A new webhook of somebody who has no others."""
    answer = await api.ask("POST", PATH, uid=uid, json={**GOOD, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]  # type: ignore[no-any-return]  # JSON has no types


@pytest.mark.parametrize("case", CREATING, ids=str)
async def test_each_parameter_of_a_new_webhook_is_heeded(api: Api, case: Case) -> None:
    made = await created(api, dict(case.given))
    assert made[case.parameter] == case.expected
    shown = (await api.get(f"{PATH}/{made['id']}", uid=SUNDAI_OWNER)).json()["data"]
    assert shown == {name: value for name, value in made.items() if name != "secret"}


@pytest.mark.parametrize("case", ONE, ids=str)
async def test_a_webhook_is_named_by_its_number(api: Api, case: Case) -> None:
    answer = await api.get(f"{PATH}/{case.given['id']}", uid=OWNER)
    assert (answer.status_code, answer.json()["data"]["id"]) == (200, case.expected)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("case", CHANGING, ids=str)
async def test_each_parameter_of_a_change_is_heeded(own_api: Api, case: Case, method: str) -> None:
    made = await created(own_api, {"document": DOCUMENT, "ordered": True, "schedule": "long"})
    assert made["id"] == 1
    given = {**(GOOD if method == "PUT" else {}), **{name: value for name, value in case.given.items() if name != "id"}}
    answer = await own_api.ask(method, f"{PATH}/1", uid=SUNDAI_OWNER, json=given)
    changed = answer.json()["data"]
    assert (answer.status_code, changed[case.parameter]) == (200, case.expected)
    beside = {"url", "events", "document", "ordered", "schedule", "is_active"} - {case.parameter}
    assert {name: changed[name] for name in beside} == {name: made[name] for name in beside}


@pytest.mark.parametrize("case", REMOVING, ids=str)
async def test_a_removed_webhook_is_gone(own_api: Api, case: Case) -> None:
    await created(own_api, {})
    address = f"{PATH}/{case.given['id']}"
    gone = await own_api.ask("DELETE", address, uid=SUNDAI_OWNER)
    assert (gone.status_code, gone.content) == (204, b"")
    again = await own_api.ask("DELETE", address, uid=SUNDAI_OWNER)
    assert (again.status_code, again.json()) == (404, NOT_IN_REACH)


@pytest.mark.parametrize("case", PINGING, ids=str)
async def test_a_ping_goes_to_the_webhook_with_the_number(api: Api, case: Case) -> None:
    answer = await api.ask("POST", f"{PATH}/{case.given['id']}/test", uid=OWNER, json={})
    assert answer.status_code == 202
    (row,) = await queued(api, answer)
    assert row[:2] == (case.given["id"], "ping")


async def queued(api: Api, answer: httpx2.Response) -> list[Any]:
    """The delivery that was queued: its webhook, its type, and which one it repeats."""
    columns = (deliveries.c.webhook_id, deliveries.c.event_type, deliveries.c.replay_of)
    number = answer.json()["data"]["delivery_id"]
    return [tuple(row) for row in await api.rows_of(select(*columns).where(deliveries.c.id == number))]


@pytest.mark.parametrize("case", ROTATING, ids=str)
async def test_each_parameter_of_a_new_secret_is_heeded(own_api: Api, case: Case) -> None:
    assert isinstance(case.expected, tuple)
    secret, hours = case.expected
    first = (await created(own_api, {}))["secret"]
    given = {name: value for name, value in case.given.items() if name != "id"}
    answer = await own_api.ask("POST", f"{PATH}/1/rotate-secret", uid=SUNDAI_OWNER, json=given)
    shown = answer.json()["data"]["secret"]
    assert (answer.status_code, shown == first) == (200, False)
    assert shown == secret or (secret is None and shown.startswith("whsec_"))
    columns = webhook_secrets.c
    ((ends, begins),) = await own_api.rows_of(
        select(columns.ends_at, select(func.max(columns.created_at)).scalar_subquery()).where(columns.id == 1)
    )
    assert ends - begins == timedelta(hours=hours)


@pytest.mark.parametrize("case", HISTORY, ids=str)
async def test_each_parameter_of_the_history_is_heeded(api: Api, case: Case) -> None:
    rows = await api.rows(f"{PATH}/{{id}}/deliveries", {"id": SHOWN, **case.given}, uid=OWNER)
    assert [row["id"] - FIRST_SHOWN for row in rows] == case.expected


@pytest.mark.parametrize("case", REPLAYING, ids=str)
async def test_each_parameter_of_a_replay_is_heeded(api: Api, case: Case) -> None:
    given = {name: value for name, value in case.given.items() if name != "id"}
    answer = await api.ask("POST", f"{PATH}/{REPLAYED}/replay", uid=OWNER, json=given)
    content = answer.json()["data"]
    assert (answer.status_code, content["count"]) == (202, case.expected)
    columns = (deliveries.c.url, deliveries.c.replay_of)
    newest = select(*columns).where(deliveries.c.webhook_id == REPLAYED, deliveries.c.replay_of.is_not(None))
    rows = await api.rows_of(newest.order_by(deliveries.c.id.desc()).limit(content["count"]))
    assert {row[0] for row in rows} == {case.given.get("to_url")}
    assert all(row[1] in range(FIRST_REPLAYED, FIRST_REPLAYED + 5) for row in rows)
    (last,) = await api.rows_of(select(func.max(deliveries.c.id)).where(deliveries.c.webhook_id == REPLAYED))
    assert content["last_delivery_id"] == last[0]


@pytest.mark.parametrize("case", RETRYING, ids=str)
async def test_a_delivery_is_sent_again_by_the_numbers_of_both(api: Api, case: Case) -> None:
    numbers: dict[str, object] = {"id": USED, "delivery": FIRST_USED, **case.given}
    path = f"{PATH}/{numbers['id']}/deliveries/{numbers['delivery']}/retry"
    answer = await api.ask("POST", path, uid=OWNER, json={})
    assert answer.status_code == 202
    assert await queued(api, answer) == [(USED, "lesson.completed", FIRST_USED)]


async def test_a_delivery_of_another_webhook_is_not_there(api: Api) -> None:
    answer = await api.ask("POST", f"{PATH}/{QUIET}/deliveries/{FIRST_USED}/retry", uid=OWNER, json={})
    assert (answer.status_code, answer.json()) == (404, NOT_IN_REACH)


async def test_a_history_says_when_each_thing_was_queued_and_is_tried_next(api: Api) -> None:
    rows = await api.rows(f"{PATH}/{SHOWN}/deliveries", uid=OWNER)
    days = [(BEGINNING + day * DAY).strftime("%Y-%m-%dT%H:%M:%S.000000Z") for day in range(6, -1, -1)]
    assert [row["created_at"] for row in rows] == days
    assert [row["next_retry_at"] for row in rows] == [*days[:2], None, None, None, None, None]
