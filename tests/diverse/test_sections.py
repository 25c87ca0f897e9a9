"""所属情報取得: GET /sections."""

import pytest

from tests.diverse.asking import STUDENT, Api, Case

UENO, NAMBA = {"organization_code": "kakehashi-ueno"}, {"organization_code": "kakehashi-namba"}

CASES = (
    Case("organization_code", UENO, ["A01", "A02", "A03"]),
    Case("organization_code", {"organization_code": "sundai"}, ["K001", "K002"]),
    Case("organization_code", {"organization_code": "ochanomizu1"}, []),
    Case("organization_id", {**UENO, "organization_id": 2002}, ["A01", "A02", "A03"]),
    Case("page", {**UENO, "per": 2, "page": 2}, ["A03"]),
    Case("per", {**UENO, "per": 2}, ["A01", "A02"]),
    Case("order_by", {**NAMBA, "order_by": "seq"}, ["A01", "A02", "A03"]),
    Case("order_by", {**NAMBA, "order_by": "code"}, ["A01", "A02", "A03"]),
    Case("order_by", {**NAMBA, "order_by": "name"}, ["A03", "A02", "A01"]),
    Case("order_by", {**UENO, "order_by": "abbreviation"}, ["A02", "A01", "A03"]),
    Case("order_direction", {**UENO, "order_direction": "desc"}, ["A03", "A02", "A01"]),
    Case("order_direction", {**UENO, "order_by": "abbreviation", "order_direction": "desc"}, ["A03", "A01", "A02"]),
    Case("like_keyword", {**UENO, "like_keyword": "教室"}, ["A02", "A03"]),
    Case("like_keyword", {**UENO, "like_keyword": "a01"}, ["A01"]),
    Case("like_keyword", {**UENO, "like_keyword": "%"}, []),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    assert await api.codes("GET", "/sections", case.given) == case.expected


async def test_a_student_sees_the_sections_of_the_own_organization(api: Api) -> None:
    assert await api.codes("GET", "/sections", UENO, uid=STUDENT) == ["A01", "A02", "A03"]


async def test_the_id_of_another_organization_than_the_code_names_is_refused(api: Api) -> None:
    answer = await api.get("/sections", {**UENO, "organization_id": 2003})
    message = "organization_code and organization_id name different organizations"
    assert (answer.status_code, answer.json()) == (422, {"message": message, "code": "organization_mismatch"})
