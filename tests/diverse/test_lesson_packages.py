"""生徒の授業パッケージ取得: POST /students/lesson_packages, which only reads."""

import pytest

from tests.diverse.asking import COACH_CHILD, STUDENT, Api, Case

PATH = "/students/lesson_packages"
UENO, NAMBA = {"organization_code": "kakehashi-ueno"}, {"organization_code": "kakehashi-namba"}
# Everyone who may use the service now, with or without courses; N014 may not yet.
BY_CODE = [*[f"U{number:03}" for number in (*range(1, 13), 15, 16)], "U100"]
# auth0|demo-student comes before auth0|demo-u001, and U016's uid begins with auth|.
BY_UID = ["U100", *[code for code in BY_CODE if code not in ("U100", "U016")], "U016"]

CASES = (
    Case("organization_code", UENO, BY_UID),
    Case("organization_code", {"organization_code": "kakehashi"}, ["HQ001", "HQ002"]),
    Case("organization_id", {**UENO, "organization_id": 2002}, BY_UID),
    Case("uids", {**UENO, "uids": ["auth0|demo-u002", "auth0|demo-n001"]}, ["U002"]),
    Case("course_category", {**UENO, "course_category": "atama_plus"}, ["U100", "U002"]),
    Case("course_category", {**UENO, "course_category": "external_app"}, ["U007"]),
    Case("course_category", {**UENO, "course_category": None}, BY_UID),
    Case("page", {**UENO, "per": 7, "page": 3}, ["U016"]),
    Case("per", {**UENO, "per": 2}, ["U100", "U001"]),
    Case("order_by", {**UENO, "order_by": "uid"}, BY_UID),
    Case("order_by", {**UENO, "order_by": "code"}, BY_CODE),
    Case("order_direction", {**UENO, "order_direction": "desc"}, BY_UID[::-1]),
    Case("order_direction", {**UENO, "order_by": "code", "order_direction": "desc"}, BY_CODE[::-1]),
    Case("like_keyword", {**UENO, "like_keyword": "DEMO-U01"}, ["U010", "U011", "U012", "U015"]),
    Case("like_keyword", {**UENO, "like_keyword": "u01"}, ["U010", "U011", "U012", "U015", "U016"]),
    Case("like_keyword", {**UENO, "like_keyword": "山本"}, []),
    Case("like_keyword", {**UENO, "like_keyword": "_"}, []),
    Case("like_keyword", {**UENO, "like_keyword": None}, BY_UID),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    assert await api.codes("POST", PATH, case.given) == case.expected


async def test_with_a_category_only_courses_of_it_are_shown(api: Api) -> None:
    (row,) = await api.rows("POST", PATH, {**UENO, "course_category": "atama_plus", "uids": [STUDENT]})
    assert row == {
        "uid": STUDENT,
        "code": "U100",
        "courses": [
            {
                "code": "Z999Z01",
                "name": "atama+定期対策講座",
                "abbreviation": "atama+講座",
                "seq": 999,
                "lesson_packages": [{"code": "Z999Z01P01", "seq": 1}],
            }
        ],
    }


async def test_without_a_category_who_takes_nothing_is_listed_with_no_courses(api: Api) -> None:
    (row,) = await api.rows("POST", PATH, {**UENO, "uids": ["auth0|demo-u001"]})
    assert row == {"uid": "auth0|demo-u001", "code": "U001", "courses": []}


async def test_courses_are_in_the_order_of_seq_and_a_course_may_have_no_packages(api: Api) -> None:
    (row,) = await api.rows("POST", PATH, {**UENO, "uids": ["auth0|demo-u009"]})
    assert [(course["code"], course["seq"]) for course in row["courses"]] == [("420A01", 420), ("T900A01", 900)]
    assert row["courses"][1]["lesson_packages"] == []


async def test_a_student_sees_the_own_packages_and_nobody_elses(api: Api) -> None:
    assert await api.codes("POST", PATH, UENO, uid=STUDENT) == ["U100"]
    assert await api.codes("POST", PATH, {**UENO, "uids": ["auth0|demo-u002"]}, uid=STUDENT) == []


async def test_locked_students_and_those_out_of_their_period_are_not_listed(api: Api) -> None:
    gone = {"uids": ["auth0|demo-u013", "auth0|demo-u014"]}
    assert await api.codes("POST", PATH, {**UENO, **gone}, uid=COACH_CHILD) == []
    assert await api.codes("POST", PATH, {**NAMBA, "uids": ["auth0|demo-n014"]}) == []
