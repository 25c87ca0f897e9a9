"""LTI platforms: each parameter of their doors under /api/integrations/lti-consumers is heeded, for whoever may."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from db.lti.tables import lti_invitations, lti_platforms
from db.organizations import organizations
from tests.talktiko.asking import (
    ADMINISTRATOR,
    COACH,
    INVALID_ABILITY,
    NOT_IN_REACH,
    OWNER,
    STUDENT,
    SUNDAI_OWNER,
    UNAUTHENTICATED,
    UNAUTHORIZED,
    Api,
    Case,
)
from tests.talktiko.consuming import LMS, NEW_PLATFORM, REFUSED_LMS

PATH = "/integrations/lti-consumers"
KEYS = [
    *("id", "name", "issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url", "deployment_ids"),
    *("matching", "creates_accounts", "is_active", "created_at"),
]
TOOL = {
    "login_url": "http://kakehashi.test/api/lti/login",
    "launch_url": "http://kakehashi.test/api/lti/callback",
    "jwks_url": "http://kakehashi.test/api/lti/jwks",
}
SAYING = (
    Case("name", {"name": " 学校の LMS "}, "学校の LMS"),
    Case("issuer", {"issuer": "http://lms.invalid"}, "http://lms.invalid"),
    Case("client_id", {"client_id": " 10000000000001\n"}, "10000000000001"),
    Case("auth_login_url", {"auth_login_url": "https://lms.invalid/é?a=b"}, "https://lms.invalid/é?a=b"),
    Case("auth_token_url", {"auth_token_url": f"{LMS}/other"}, f"{LMS}/other"),
    Case("jwks_url", {"jwks_url": f"{LMS}/other"}, f"{LMS}/other"),
    Case("deployment_ids", {"deployment_ids": ["b", " a ", "b"]}, ["b", "a"]),
    Case("token_audience", {"token_audience": f"{LMS}/audience"}, f"{LMS}/audience"),
    # An empty text counts as not given, so a blank says that there is none.
    Case("token_audience", {"token_audience": " "}, None),
    Case("matching", {"matching": "email"}, "email"),
    Case("matching", {"matching": "external_id"}, "external_id"),
    Case("creates_accounts", {"creates_accounts": True}, True),
    Case("creates_accounts", {"creates_accounts": False, "matching": "email"}, False),
)
REGISTERING = (*SAYING, Case("organization_code", {"organization_code": "kakehashi-ueno"}, "kakehashi-ueno"))
CHANGING = (
    *(Case("id", {"id": 1}, 1), *SAYING),
    *(Case("is_active", {"is_active": False}, False), Case("is_active", {"is_active": True}, True)),
)
REMOVING = (Case("id", {"id": 1}),)
INVITING = (
    Case("matching", {"matching": "email"}, "email"),
    Case("creates_accounts", {"creates_accounts": False, "matching": "email"}, False),
    Case("organization_code", {"organization_code": "kakehashi-ueno"}, "kakehashi-ueno"),
)
# What the list does not show.
HIDDEN = {"token_audience", "organization_code"}
LONG = "a" * 256
WRONG: tuple[tuple[dict[str, object], list[str]], ...] = (
    ({"name": " "}, ["name"]),
    ({"name": "é" * 256}, ["name"]),
    ({"issuer": "moodle"}, ["issuer"]),
    ({"issuer": "ftp://lms.invalid"}, ["issuer"]),
    ({"issuer": f"https://{LONG}"}, ["issuer"]),
    ({"issuer": "https://user:password@lms.invalid"}, ["issuer"]),
    ({"client_id": " "}, ["client_id"]),
    ({"client_id": LONG}, ["client_id"]),
    ({"client_id": "é"}, ["client_id"]),
    ({"auth_login_url": "javascript:alert(1)"}, ["auth_login_url"]),
    ({"auth_login_url": "/auth"}, ["auth_login_url"]),
    ({"auth_token_url": REFUSED_LMS}, ["auth_token_url"]),
    ({"auth_token_url": "http://93.184.216.34/"}, ["auth_token_url"]),
    ({"auth_token_url": "https://nobody.invalid/"}, ["auth_token_url"]),
    ({"jwks_url": REFUSED_LMS}, ["jwks_url"]),
    ({"jwks_url": "https://10.0.0.1/"}, ["jwks_url"]),
    ({"deployment_ids": []}, ["deployment_ids"]),
    ({"deployment_ids": [""]}, ["deployment_ids"]),
    ({"deployment_ids": ["é"]}, ["deployment_ids"]),
    ({"deployment_ids": [LONG]}, ["deployment_ids"]),
    ({"deployment_ids": [str(number) for number in range(101)]}, ["deployment_ids"]),
    ({"deployment_ids": "1"}, ["deployment_ids"]),
    ({"token_audience": LONG}, ["token_audience"]),
    ({"matching": "name"}, ["matching"]),
    ({"creates_accounts": False}, ["creates_accounts"]),
    ({"creates_accounts": "perhaps"}, ["creates_accounts"]),
    ({"name": " ", "client_id": "é", "jwks_url": REFUSED_LMS}, ["name", "client_id", "jwks_url"]),
)


async def registered(api: Api, more: Mapping[str, object], *, uid: str = OWNER) -> dict[str, Any]:
    """A new platform."""
    answer = await api.ask("POST", PATH, uid=uid, json={**NEW_PLATFORM, **more})
    assert answer.status_code == 201, answer.text
    assert answer.json()["tool"] == TOOL
    return answer.json()["data"]  # type: ignore[no-any-return]  # JSON has no types


async def heeded(api: Api, platform: dict[str, Any], case: Case) -> object:
    """What became of a parameter."""
    if case.parameter not in HIDDEN:
        return platform[case.parameter]
    columns = {"token_audience": lti_platforms.c.token_audience, "organization_code": organizations.c.code}
    found = select(columns[case.parameter]).join_from(lti_platforms, organizations)
    ((value,),) = await api.rows_of(found.where(lti_platforms.c.id == platform["id"]))
    return value


async def count(api: Api) -> int:
    """How many platforms there are."""
    ((found,),) = await api.rows_of(select(func.count()).select_from(lti_platforms))
    return int(found)


@pytest.mark.parametrize("case", REGISTERING, ids=str)
async def test_each_parameter_of_a_new_platform_is_heeded(own_api: Api, case: Case) -> None:
    made = await registered(own_api, case.given)
    assert list(made) == KEYS
    assert await heeded(own_api, made, case) == case.expected
    (shown,) = await own_api.rows(PATH, {}, uid=OWNER)
    assert shown == made


async def test_what_nobody_says_is_the_plainest(own_api: Api) -> None:
    made = await registered(own_api, {})
    expected = {**NEW_PLATFORM, "id": 1, "matching": "nothing", "creates_accounts": True, "is_active": True}
    assert made == {**expected, "created_at": made["created_at"]}


@pytest.mark.parametrize("case", CHANGING, ids=str)
async def test_each_parameter_of_a_change_is_heeded(own_api: Api, case: Case) -> None:
    made = await registered(own_api, {"token_audience": "before"})
    assert made["id"] == 1
    given = {name: value for name, value in case.given.items() if name != "id"}
    answer = await own_api.ask("PUT", f"{PATH}/1", uid=OWNER, json=given)
    assert answer.status_code == 200, answer.text
    changed = answer.json()["data"]
    assert list(answer.json()) == ["data"]
    assert list(changed) == KEYS
    assert await heeded(own_api, changed, case) == case.expected
    beside = set(KEYS) - case.given.keys()
    assert {name: changed[name] for name in beside} == {name: made[name] for name in beside}


@pytest.mark.parametrize("case", REMOVING, ids=str)
async def test_a_removed_platform_is_gone(own_api: Api, case: Case) -> None:
    await registered(own_api, {})
    address = f"{PATH}/{case.given['id']}"
    gone = await own_api.ask("DELETE", address, uid=OWNER)
    assert (gone.status_code, gone.content) == (204, b"")
    again = [await own_api.ask("DELETE", address, uid=OWNER), await own_api.ask("PUT", address, uid=OWNER, json={})]
    assert [(answer.status_code, answer.json()) for answer in again] == [(404, NOT_IN_REACH)] * 2


@pytest.mark.parametrize("case", INVITING, ids=str)
async def test_each_parameter_of_an_invitation_is_heeded(own_api: Api, case: Case) -> None:
    answer = await own_api.ask("POST", f"{PATH}/invitations", uid=OWNER, json=case.given)
    assert (answer.status_code, list(answer.json()["data"])) == (201, ["url", "expires_at"])
    assert answer.json()["data"]["url"].startswith("http://kakehashi.test/api/lti/register/")
    columns = (lti_invitations.c.matching, lti_invitations.c.creates_accounts, organizations.c.code)
    ((matching, creates, code),) = await own_api.rows_of(select(*columns).join_from(lti_invitations, organizations))
    kept = {"matching": matching, "creates_accounts": creates, "organization_code": code}
    plainest = {"matching": "nothing", "creates_accounts": True, "organization_code": "kakehashi"}
    assert kept == {**plainest, **case.given}
    assert kept[case.parameter] == case.expected


@pytest.mark.parametrize(("given", "fields"), WRONG, ids=str)
async def test_what_is_wrong_is_named_and_nothing_is_made_or_changed(
    own_api: Api, given: dict[str, object], fields: list[str]
) -> None:
    answer = await own_api.ask("POST", PATH, uid=OWNER, json={**NEW_PLATFORM, **given})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, fields)
    assert await count(own_api) == 0
    made = await registered(own_api, {})
    answer = await own_api.ask("PUT", f"{PATH}/{made['id']}", uid=OWNER, json=given)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, fields)
    assert await own_api.rows(PATH, {}, uid=OWNER) == [made]


async def test_a_platform_needs_everything_that_launches_need(own_api: Api) -> None:
    answer = await own_api.ask("POST", PATH, uid=OWNER, json={})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, list(NEW_PLATFORM))


async def test_issuer_and_client_id_are_together_only_once_whoever_has_them(own_api: Api) -> None:
    theirs = await registered(own_api, {}, uid=SUNDAI_OWNER)
    answer = await own_api.ask("POST", PATH, uid=OWNER, json=NEW_PLATFORM)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["client_id"])
    mine = await registered(own_api, {"client_id": "other"})
    answer = await own_api.ask("PUT", f"{PATH}/{mine['id']}", uid=OWNER, json={"client_id": "new", "name": "x"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["client_id"])
    assert await own_api.rows(PATH, {}, uid=OWNER) == [mine]
    assert await own_api.rows(PATH, {}, uid=SUNDAI_OWNER) == [theirs]


async def test_what_belongs_to_others_is_not_there(own_api: Api) -> None:
    theirs = await registered(own_api, {}, uid=SUNDAI_OWNER)
    assert await own_api.rows(PATH, {}, uid=OWNER) == []
    address = f"{PATH}/{theirs['id']}"
    changed = await own_api.ask("PUT", address, uid=OWNER, json={"is_active": False})
    assert (changed.status_code, changed.json()) == (404, NOT_IN_REACH)
    assert (await own_api.ask("DELETE", address, uid=OWNER)).status_code == 404
    assert await own_api.rows(PATH, {}, uid=ADMINISTRATOR) == [theirs]


@pytest.mark.parametrize("path", [PATH, f"{PATH}/invitations"])
async def test_an_organization_is_named_within_reach_and_by_operators_always(own_api: Api, path: str) -> None:
    for uid, code in ((OWNER, "sundai"), (SUNDAI_OWNER, "kakehashi"), (OWNER, "nowhere"), (ADMINISTRATOR, None)):
        given = {**NEW_PLATFORM, **({} if code is None else {"organization_code": code})}
        answer = await own_api.ask("POST", path, uid=uid, json=given)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["organization_code"]), (uid, code)
    assert await count(own_api) == 0
    named = await own_api.ask("POST", path, uid=ADMINISTRATOR, json={**NEW_PLATFORM, "organization_code": "sundai"})
    assert named.status_code == 201


async def test_who_may_register_platforms(own_api: Api) -> None:
    for uid in (STUDENT, COACH):
        for method, path in (("GET", PATH), ("POST", PATH), ("PUT", f"{PATH}/1"), ("POST", f"{PATH}/invitations")):
            answer = await own_api.ask(method, path, uid=uid, json=None if method == "GET" else NEW_PLATFORM)
            assert (answer.status_code, answer.json()) == (403, UNAUTHORIZED), (uid, method, path)
    nobody = await own_api.nobody("POST", PATH, json=NEW_PLATFORM)
    assert (nobody.status_code, nobody.json()) == (401, UNAUTHENTICATED)
    assert await count(own_api) == 0
    await registered(own_api, {"client_id": "a"}, uid=OWNER)
    await registered(own_api, {"client_id": "b"}, uid=SUNDAI_OWNER)


async def test_a_token_needs_the_ability(own_api: Api) -> None:
    answer = await own_api.ask("POST", PATH, uid=OWNER, abilities=("lti:read",), json=NEW_PLATFORM)
    assert (answer.status_code, answer.json()) == (403, INVALID_ABILITY)
    assert await count(own_api) == 0
    assert (await own_api.ask("GET", PATH, uid=OWNER, abilities=("lti:write",))).status_code == 403


async def test_under_a_key_a_platform_is_registered_once(own_api: Api) -> None:
    key = {"Idempotency-Key": "5f0f2a52-3c4e-4a10-9d6b-6f7a4f3f9e11"}
    first = await own_api.ask("POST", PATH, uid=OWNER, headers=key, json=NEW_PLATFORM)
    again = await own_api.ask("POST", PATH, uid=OWNER, headers=key, json=NEW_PLATFORM)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert await count(own_api) == 1
