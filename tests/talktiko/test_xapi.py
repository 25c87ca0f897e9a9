"""xAPI endpoints: each parameter of their doors under /api/integrations/xapi-endpoints is heeded."""

from typing import Any

import pytest
from sqlalchemy import select

from db.xapi.tables import xapi_endpoints
from resolvers.sealing import Sealer
from resolvers.xapi.credentials import authorization
from tests.talktiko.asking import NOT_IN_REACH, SUNDAI_OWNER, Api, Case
from tests.talktiko.forwarding import STORE

PATH = "/integrations/xapi-endpoints"
NAMED = {"username": "us", "password": "a password"}
SAYING = (
    Case("url", {"url": f"{STORE}/é"}, f"{STORE}/é"),
    Case("name", {"name": "記録"}, "記録"),
    Case("version", {"version": "2.0.0"}, "2.0.0"),
    Case("verbs", {"verbs": ["passed", "failed", "passed"]}, ["passed", "failed"]),
    Case("verbs", {"verbs": []}, []),
)
# The header that credentials become.
BASIC, OTHER = "Basic dXM6YSBwYXNzd29yZA==", "Basic dXM6b3RoZXI="
AUTHENTICATING = (
    Case("auth_type", {"auth_type": "basic", **NAMED}, BASIC),
    Case("auth_type", {"auth_type": "bearer", "token": "abc"}, "Bearer abc"),
    Case("username", {**NAMED, "username": "them"}, "Basic dGhlbTphIHBhc3N3b3Jk"),
    Case("password", {**NAMED, "password": "other"}, OTHER),
    Case("token", {"token": "abc"}, "Bearer abc"),
)
CREATING = (*SAYING, *AUTHENTICATING)
CHANGING = (
    *(Case("id", {"id": 1}, 1), *SAYING, *AUTHENTICATING),
    *(Case("is_active", {"is_active": False}, False), Case("is_active", {"is_active": True}, True)),
)
REMOVING = (Case("id", {"id": 1}),)
HEADERS = {case.parameter for case in AUTHENTICATING}


async def created(api: Api, more: dict[str, object]) -> dict[str, Any]:
    """A new endpoint of somebody who has no others."""
    answer = await api.ask("POST", PATH, uid=SUNDAI_OWNER, json={"url": STORE, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]  # type: ignore[no-any-return]  # JSON has no types


async def heeded(api: Api, endpoint: dict[str, Any], case: Case) -> object:
    """What became of a parameter."""
    if case.parameter not in HEADERS:
        return endpoint[case.parameter]
    columns = (xapi_endpoints.c.auth_type, xapi_endpoints.c.credentials)
    ((kind, sealed),) = await api.rows_of(select(*columns).where(xapi_endpoints.c.id == endpoint["id"]))
    sealer = Sealer.of_folder(api.running.settings.data_dir)
    return authorization(str(kind), bytes(sealed), sealer)["Authorization"]


@pytest.mark.parametrize("case", CREATING, ids=str)
async def test_each_parameter_of_a_new_endpoint_is_heeded(own_api: Api, case: Case) -> None:
    made = await created(own_api, dict(case.given))
    assert await heeded(own_api, made, case) == case.expected
    (shown,) = await own_api.rows(PATH, {}, uid=SUNDAI_OWNER)
    assert shown == made


@pytest.mark.parametrize("case", CHANGING, ids=str)
async def test_each_parameter_of_a_change_is_heeded(own_api: Api, case: Case) -> None:
    made = await created(own_api, {"name": "before", "verbs": ["earned"], "token": "before"})
    assert made["id"] == 1
    given = {name: value for name, value in case.given.items() if name != "id"}
    answer = await own_api.ask("PUT", f"{PATH}/1", uid=SUNDAI_OWNER, json=given)
    assert answer.status_code == 200, answer.text
    changed = answer.json()["data"]
    assert await heeded(own_api, changed, case) == case.expected
    beside = {"name", "url", "version", "verbs", "is_active", "has_credentials"} - {case.parameter}
    assert {name: changed[name] for name in beside} == {name: made[name] for name in beside}


@pytest.mark.parametrize("case", REMOVING, ids=str)
async def test_a_removed_endpoint_is_gone(own_api: Api, case: Case) -> None:
    await created(own_api, {})
    address = f"{PATH}/{case.given['id']}"
    gone = await own_api.ask("DELETE", address, uid=SUNDAI_OWNER)
    assert (gone.status_code, gone.content) == (204, b"")
    again = await own_api.ask("DELETE", address, uid=SUNDAI_OWNER)
    assert (again.status_code, again.json()) == (404, NOT_IN_REACH)
