"""組織情報取得: GET /organizations."""

import pytest

from tests.diverse.asking import COACH_CHILD, OWNER_PARENT, Api, Case

ALL = ["api_spec", "kakehashi", "kakehashi-namba", "kakehashi-ueno", "ochanomizu1", "ochanomizu2", "sundai"]
BY_NAME = ["api_spec", "ochanomizu1", "ochanomizu2", "kakehashi", "kakehashi-ueno", "kakehashi-namba", "sundai"]
BY_ABBREVIATION = ["ochanomizu1", "ochanomizu2", "api_spec", "kakehashi-ueno", "kakehashi", "kakehashi-namba", "sundai"]
OURS = ["kakehashi", "kakehashi-namba", "kakehashi-ueno"]

CASES = (
    Case("code", {"code": "sundai"}, ["sundai"]),
    Case("code", {"code": "sun"}, []),
    Case("id", {"id": 2001}, ["kakehashi"]),
    Case("id", {"id": 2001, "code": "sundai"}, []),
    Case("page", {"per": 3, "page": 2}, ["kakehashi-ueno", "ochanomizu1", "ochanomizu2"]),
    Case("per", {"per": 2}, ["api_spec", "kakehashi"]),
    Case("order_by", {}, ALL),
    Case("order_by", {"order_by": "code"}, ALL),
    Case("order_by", {"order_by": "name"}, BY_NAME),
    Case("order_by", {"order_by": "abbreviation"}, BY_ABBREVIATION),
    Case("order_direction", {"order_direction": "asc"}, ALL),
    Case("order_direction", {"order_direction": "desc"}, ALL[::-1]),
    Case("order_direction", {"order_by": "name", "order_direction": "desc"}, BY_NAME[::-1]),
    Case("like_keyword", {"like_keyword": "hashi-u"}, ["kakehashi-ueno"]),
    Case("like_keyword", {"like_keyword": "お茶の水"}, ["ochanomizu1", "ochanomizu2"]),
    Case("like_keyword", {"like_keyword": "2号館"}, ["ochanomizu2"]),
    Case("like_keyword", {"like_keyword": "ぜみなーる"}, OURS),
    Case("like_keyword", {"like_keyword": "ＡＰＩ＿"}, ["api_spec"]),
    Case("like_keyword", {"like_keyword": "_"}, ["api_spec"]),
    Case("like_keyword", {"like_keyword": "%"}, []),
    Case("like_keyword", {"like_keyword": "\\"}, []),
    Case("like_keyword", {"like_keyword": "hashi-u\\"}, []),
    Case("like_keyword", {"like_keyword": "hashi_u"}, []),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    assert await api.codes("GET", "/organizations", case.given) == case.expected


async def test_a_member_of_a_parent_organization_sees_it_and_its_children(api: Api) -> None:
    assert await api.codes("GET", "/organizations", {}, uid=OWNER_PARENT) == OURS


async def test_a_member_of_a_child_organization_sees_it_alone(api: Api) -> None:
    assert await api.codes("GET", "/organizations", {}, uid=COACH_CHILD) == ["kakehashi-ueno"]


async def test_children_are_listed_below_their_parent_by_code_and_without_children_of_their_own(api: Api) -> None:
    (row,) = await api.rows("GET", "/organizations", {"code": "kakehashi"})
    namba = {"id": 2003, "code": "kakehashi-namba", "name": "架け橋ゼミナール難波校", "abbreviation": "難波校"}
    ueno = {"id": 2002, "code": "kakehashi-ueno", "name": "架け橋ゼミナール上野校", "abbreviation": "上野校"}
    assert row["children"] == [{**namba, "mindless_attractor": True}, {**ueno, "mindless_attractor": False}]
