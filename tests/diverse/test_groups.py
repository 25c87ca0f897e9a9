"""グループ情報取得: GET /groups."""

import pytest

from tests.diverse.asking import OWNER_PARENT, Api, Case

UENO = {"organization_code": "kakehashi-ueno"}

CASES = (
    Case("organization_code", UENO, ["JH", "HS", "HB"]),
    Case("organization_code", {"organization_code": "kakehashi"}, ["OL"]),
    Case("organization_id", {**UENO, "organization_id": 2002}, ["JH", "HS", "HB"]),
    Case("page", {**UENO, "per": 1, "page": 3}, ["HB"]),
    Case("per", {**UENO, "per": 1}, ["JH"]),
    Case("order_by", {**UENO, "order_by": "seq"}, ["JH", "HS", "HB"]),
    Case("order_by", {**UENO, "order_by": "code"}, ["HB", "HS", "JH"]),
    Case("order_by", {**UENO, "order_by": "name"}, ["JH", "HB", "HS"]),
    Case("order_by", {**UENO, "order_by": "abbreviation"}, ["JH", "HB", "HS"]),
    Case("order_direction", {**UENO, "order_direction": "desc"}, ["HB", "HS", "JH"]),
    Case("order_direction", {**UENO, "order_by": "name", "order_direction": "desc"}, ["HS", "HB", "JH"]),
    Case("like_keyword", {**UENO, "like_keyword": "高校"}, ["HS", "HB"]),
    Case("like_keyword", {**UENO, "like_keyword": "ｈｓ"}, ["HS"]),
    Case("like_keyword", {**UENO, "like_keyword": "高文"}, ["HB"]),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    assert await api.codes("GET", "/groups", case.given) == case.expected


async def test_a_parents_owner_sees_the_groups_of_a_child(api: Api) -> None:
    assert await api.codes("GET", "/groups", UENO, uid=OWNER_PARENT) == ["JH", "HS", "HB"]


async def test_the_id_of_another_organization_than_the_code_names_is_refused(api: Api) -> None:
    assert (await api.get("/groups", {**UENO, "organization_id": 2003})).status_code == 422
