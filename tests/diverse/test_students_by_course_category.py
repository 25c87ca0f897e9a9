"""生徒一覧取得(指定講座カテゴリのみ): GET /students/by_course_category."""

import pytest

from tests.diverse.asking import Api, Case

UENO = {"organization_code": "kakehashi-ueno"}
PACKAGED = {**UENO, "course_category": "packaged"}
# U015 takes a demo course; U013, whose period is over, and U014, who is locked, take packaged courses too.
TAKERS = ["U003", "U004", "U005", "U006", "U007", "U008", "U009", "U010", "U011", "U012", "U015", "U016", "U100"]
BY_KANA = ["U010", "U016", "U003", "U012", "U004", "U005", "U100", "U006", "U007", "U015", "U008", "U011", "U009"]

CASES = (
    Case("organization_code", PACKAGED, TAKERS),
    Case("organization_code", {**PACKAGED, "organization_code": "kakehashi"}, ["HQ001", "HQ002"]),
    Case("course_category", {**UENO, "course_category": "external_app"}, ["U007"]),
    Case("course_category", {**UENO, "course_category": "recommended"}, ["U008"]),
    Case("course_category", {**UENO, "course_category": "atama_plus"}, ["U002", "U100"]),
    Case("course_category", {**UENO, "course_category": "others"}, ["U009"]),
    Case("include_out_of_period", {**PACKAGED, "include_out_of_period": "false"}, TAKERS),
    Case("include_out_of_period", {**PACKAGED, "include_out_of_period": "true"}, [*TAKERS[:10], "U013", *TAKERS[10:]]),
    Case("page", {**PACKAGED, "per": 5, "page": 3}, ["U015", "U016", "U100"][-3:]),
    Case("per", {**PACKAGED, "per": 1}, ["U003"]),
    Case("order_by", {**PACKAGED, "order_by": "code"}, TAKERS),
    Case("order_by", {**PACKAGED, "order_by": "last_name"}, BY_KANA),
    Case(
        *("order_by", {"organization_code": "kakehashi-namba", "course_category": "packaged"}),
        *[["N003", "N004", "N005", "N006", "N007", "N008", "N009", "N010", "N012", "N013", "N016"]],
    ),
    Case(
        "order_by",
        {"organization_code": "kakehashi-namba", "course_category": "packaged", "order_by": "external_id"},
        ["N004", "N005", "N006", "N007", "N008", "N009", "N010", "N012", "N013", "N016", "N003"],
    ),
    Case("order_direction", {**PACKAGED, "order_direction": "desc"}, TAKERS[::-1]),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    assert await api.codes("GET", "/students/by_course_category", case.given) == case.expected


async def test_a_student_is_listed_once_however_many_courses_of_the_category_are_taken(api: Api) -> None:
    codes = await api.codes("GET", "/students/by_course_category", {**PACKAGED, "organization_code": "api_spec"})
    assert codes == ["api_student1"]
