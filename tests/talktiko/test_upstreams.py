"""Upstreams: each parameter of their doors under /api/integrations is heeded."""

import pytest
from sqlalchemy import select

from db.upstreams import upstream_feeds
from tests.talktiko.asking import ADMINISTRATOR, NOT_IN_REACH, Api, Case
from tests.talktiko.telling import SHOWN_UPSTREAM, SOURCE, URL

PATH, COLLECTED = "/integrations/upstreams", "/integrations/collected-usage"
CREATING = (
    Case("name", {"name": "a.b-c_1"}, "a.b-c_1"),
    Case("url", {"url": f"{URL}?tenant=1"}, f"{URL}?tenant=1"),
    Case("credential", {"credential": "1|kakehashi_token"}, "1|kakehashi_token"),
)
ONE = (Case("id", {"id": SHOWN_UPSTREAM}, SHOWN_UPSTREAM),)
# The first upstream of a database.
CHANGING = (
    *(Case("id", {"id": 1}, 1), Case("url", {"url": f"{URL}/2"}, f"{URL}/2")),
    *(Case("is_active", {"is_active": False}, False), Case("is_active", {"is_active": True}, True)),
    *(Case("credential", {"credential": "another"}, "another"), Case("credential", {"credential": "token"}, "token")),
)
REMOVING = (Case("id", {"id": 1}),)
# The days of what is shown.
COLLECTING = (
    Case("source", {"source": SOURCE}, [0, 1, 2, 3, 4]),
    Case("source", {"source": "used"}, []),
    Case("user_id", {"user_id": "auth0|u1"}, [1, 3]),
    Case("from", {"from": "2026-11-04T00:00:00Z"}, [3, 4]),
    Case("from", {"from": "2026-11-04T09:00:00.000001+09:00"}, [4]),
    Case("to", {"to": "2026-11-02T00:00:00Z"}, [0, 1]),
)


async def kept(api: Api, number: object) -> str | None:
    """The credential of an upstream, opened."""
    (row,) = await api.rows_of(select(upstream_feeds.c.sealed_credential).where(upstream_feeds.c.id == number))
    return None if row[0] is None else api.running.settings.sealer().opened(row[0])


@pytest.mark.parametrize("case", CREATING, ids=str)
async def test_each_parameter_of_a_new_upstream_is_heeded(api: Api, case: Case) -> None:
    given = {"name": f"made-{case.parameter}", "url": URL, **case.given}
    answer = await api.ask("POST", PATH, uid=ADMINISTRATOR, json=given)
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]
    assert (made["name"], made["url"], made["is_active"]) == (given["name"], given["url"], True)
    assert await kept(api, made["id"]) == given.get("credential")
    assert (await api.get(f"{PATH}/{made['id']}", uid=ADMINISTRATOR)).json()["data"] == made


@pytest.mark.parametrize("case", ONE, ids=str)
async def test_an_upstream_is_named_by_its_number(api: Api, case: Case) -> None:
    answer = await api.get(f"{PATH}/{case.given['id']}", uid=ADMINISTRATOR)
    assert (answer.status_code, answer.json()["data"]["id"]) == (200, case.expected)


@pytest.mark.parametrize("case", CHANGING, ids=str)
async def test_each_parameter_of_a_change_is_heeded(own_api: Api, case: Case) -> None:
    new = {"name": "new", "url": URL, "credential": "token"}
    made = (await own_api.ask("POST", PATH, uid=ADMINISTRATOR, json=new)).json()["data"]
    assert made["id"] == 1
    given = {name: value for name, value in case.given.items() if name != "id"}
    answer = await own_api.ask("PATCH", f"{PATH}/1", uid=ADMINISTRATOR, json=given)
    changed = {**answer.json()["data"], "credential": await kept(own_api, 1)}
    assert (answer.status_code, changed[case.parameter]) == (200, case.expected)
    before = {**made, "credential": "token"}
    beside = {"name", "url", "is_active", "credential"} - {case.parameter}
    assert {name: changed[name] for name in beside} == {name: before[name] for name in beside}


@pytest.mark.parametrize("case", REMOVING, ids=str)
async def test_a_removed_upstream_is_gone(own_api: Api, case: Case) -> None:
    await own_api.ask("POST", PATH, uid=ADMINISTRATOR, json={"name": "new", "url": URL})
    address = f"{PATH}/{case.given['id']}"
    gone = await own_api.ask("DELETE", address, uid=ADMINISTRATOR)
    assert (gone.status_code, gone.content) == (204, b"")
    again = await own_api.ask("DELETE", address, uid=ADMINISTRATOR)
    assert (again.status_code, again.json()) == (404, NOT_IN_REACH)


@pytest.mark.parametrize("case", COLLECTING, ids=str)
async def test_each_parameter_of_what_was_collected_is_heeded(api: Api, case: Case) -> None:
    rows = await api.rows(COLLECTED, case.given, uid=ADMINISTRATOR)
    assert [int(row["external_id"]) for row in rows] == case.expected
