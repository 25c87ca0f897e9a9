"""Institutions: each parameter of their doors under /api/institutions is heeded."""

import pytest
from sqlalchemy import select

from db.institutions import organization_domains
from db.organizations import organizations
from tests.talktiko.asking import ADMINISTRATOR, NOT_IN_REACH, OWNER, Api, Case
from tests.talktiko.doors import KAKEHASHI

PATH, UENO, NAMBA = "/institutions", 2002, 2003
LISTING = (
    Case("search", {"search": "うえの"}, []),
    Case("search", {"search": "上野"}, ["kakehashi-ueno"]),
    Case("search", {"filter[search]": "NAMBA"}, ["kakehashi-namba"]),
)
CREATING = (
    Case("name", {"name": "新しい学校"}),
    Case("code", {"code": "New_school-1.a"}),
    Case("parent_id", {"parent_id": 1}),
    Case("plan", {"plan": "enterprise"}),
    Case("domains", {"domains": ["B.Example.", "学校.example", "b.example"]}, ["b.example", "xn--48s290a.example"]),
)
ONE = (Case("id", {"id": UENO}, "kakehashi-ueno"),)
MEMBERS = (
    Case("id", {"id": NAMBA}, {"student"}),
    Case("role", {"role": "student"}, {"student"}),
    Case("role", {"role": "homeroom_teacher"}, {"homeroom_teacher"}),
    Case("role", {"role": "cram_school_clerk"}, {"cram_school_clerk"}),
    Case("role", {"role": "cram_school_owner"}, {"cram_school_owner"}),
    Case("status", {"status": "active"}, {"active"}),
    Case("status", {"status": "ended"}, {"ended"}),
    Case("status", {"status": "locked"}, {"locked"}),
    Case("status", {"status": "upcoming"}, set()),
    Case("search", {"search": "nobody"}, set()),
    Case("search", {"filter[search]": "nobody"}, set()),
)
ANALYTICS = (
    Case("id", {"id": NAMBA}, (NAMBA, "2026-11-02", 1)),
    Case("from", {"from": "2026-10-31"}, (UENO, "2026-10-31", 3)),
    Case("to", {"to": "2026-11-05"}, (UENO, "2026-11-02", 4)),
    Case("granularity", {"granularity": "month"}, (UENO, "2026-11-01", 1)),
    Case("granularity", {"granularity": "week", "to": "2026-11-09"}, (UENO, "2026-11-02", 2)),
)


@pytest.mark.parametrize("case", LISTING, ids=str)
async def test_institutions_are_searched(api: Api, case: Case) -> None:
    assert [row["code"] for row in await api.rows(PATH, case.given, uid=OWNER)] == case.expected


@pytest.mark.parametrize("case", CREATING, ids=str)
async def test_each_parameter_of_a_new_institution_is_heeded(own_api: Api, case: Case) -> None:
    given = {"name": "new", "code": "new", **case.given}
    answer = await own_api.ask("POST", PATH, uid=ADMINISTRATOR, json=given)
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]
    wanted = {"parent_id": None, "plan": None, **given, "domains": case.expected or []}
    assert {name: made[name] for name in wanted} == wanted
    assert (made["abbreviation"], made["branding"]["display_name"]) == (given["name"], given["name"])
    (row,) = await own_api.rows_of(select(organizations.c.code).where(organizations.c.id == made["id"]))
    assert row[0] == given["code"]
    kept = await own_api.rows_of(select(organization_domains.c.domain).order_by(organization_domains.c.domain))
    assert [row[0] for row in kept] == wanted["domains"]


@pytest.mark.parametrize("case", ONE, ids=str)
async def test_an_institution_is_named_by_its_number(api: Api, case: Case) -> None:
    answer = await api.get(f"{PATH}/{case.given['id']}", uid=OWNER)
    found = answer.json()["data"]
    assert (answer.status_code, found["code"], found["parent_id"]) == (200, case.expected, KAKEHASHI)


@pytest.mark.parametrize("case", MEMBERS, ids=str)
async def test_each_filter_of_members_is_heeded(api: Api, case: Case) -> None:
    rows = await api.rows(f"{PATH}/{{id}}/members", {"id": UENO, "per_page": 100, **case.given}, uid=OWNER)
    name = "status" if case.parameter == "status" else "role"
    assert {row[name] for row in rows} == case.expected


@pytest.mark.parametrize("case", ANALYTICS, ids=str)
async def test_each_parameter_of_analytics_is_heeded(api: Api, case: Case) -> None:
    given = {"id": UENO, "from": "2026-11-02", "to": "2026-11-02", **case.given}
    answer = await api.get(f"{PATH}/{{id}}/analytics", given, uid=OWNER)
    found = answer.json()["data"]
    assert (found["institution"]["id"], found["from"], len(found["series"])) == case.expected


@pytest.mark.parametrize("below", ["", "/members", "/analytics"])
async def test_an_institution_out_of_reach_is_as_unknown_as_one_that_is_not_there(api: Api, below: str) -> None:
    for number in (1, 999_999):
        answer = await api.get(f"{PATH}/{number}{below}", uid=OWNER)
        assert (answer.status_code, answer.json()) == (404, NOT_IN_REACH)
