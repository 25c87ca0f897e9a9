"""What every operation makes of its parameters: wrong values, missing ones, and the spellings of lists and flags."""

from collections.abc import Mapping

import pytest

from gateway.diverse.routes import DOORS
from gateway.doors.door import Door
from gateway.doors.parameters import Parameter
from tests.diverse import (
    test_courses,
    test_groups,
    test_informations,
    test_lesson_packages,
    test_organizations,
    test_progresses,
    test_schools,
    test_sections,
    test_students,
    test_students_by_course_category,
    test_students_search,
    test_update_self,
)
from tests.diverse.asking import SAMPLE_STUDENT, Api, Case

UENO: dict[str, object] = {"organization_code": "kakehashi-ueno"}
# What each operation needs to be asked at all.
NEEDED: dict[str, dict[str, object]] = {
    "/me": {},
    "/organizations": {},
    "/sections": UENO,
    "/groups": UENO,
    "/students": UENO,
    "/students/me": {"school_code": "01091A", "date_of_birth": "2010-06-26"},
    "/students/lesson_packages": UENO,
    "/students/by_course_category": {**UENO, "course_category": "packaged"},
    "/students/search": {"uids": [SAMPLE_STUDENT]},
    "/schools": {},
    "/courses": {},
    "/informations": {**UENO, "system": "lms"},
    "/progresses": test_progresses.FEED,
}
CASES: dict[str, tuple[Case, ...]] = {
    "/me": (),
    "/organizations": test_organizations.CASES,
    "/sections": test_sections.CASES,
    "/groups": test_groups.CASES,
    "/students": test_students.CASES,
    "/students/me": test_update_self.CASES,
    "/students/lesson_packages": test_lesson_packages.CASES,
    "/students/by_course_category": test_students_by_course_category.CASES,
    "/students/search": test_students_search.CASES,
    "/schools": test_schools.CASES,
    "/courses": test_courses.CASES,
    "/informations": test_informations.CASES,
    "/progresses": test_progresses.CASES,
}
NUL = "a\x00b"
DAYS = ("2026-02-30", "2026-2-3", "20260203", "0000-01-01", "10000-01-01", "2026-01-01T00:00:00Z", "tomorrow")
MOMENTS = (
    *("2025-01-01", "2025-01-01T00:00:00", "2025-01-01 00:00:00+09:00", "2025-02-30T00:00:00Z"),
    *("2025-01-01T24:30:00Z", "2025-01-01T00:00:00+25:00", "0001-01-01T00:00:00+09:00", "1735657200", "now"),
)
FLAGS = ("yes", "TRUE", "2", "on", "null")
# Of page and per nothing is wrong: see test_paging.
WRONG: Mapping[str, tuple[object, ...]] = {
    "all_year": FLAGS,
    "categories": ("packed", "PACKAGED", "packaged,packed"),
    "code": (NUL,),
    "course_category": ("packed", "PACKAGED", "packaged,others"),
    "created_at_from": MOMENTS,
    "created_at_to": MOMENTS,
    "date_of_birth": DAYS,
    "exclude_demo": FLAGS,
    "group_code": (NUL,),
    "id": ("abc", "1.5", "1e3", "2147483648", "-2147483649", "9" * 30, "9" * 2000, "１"),
    "include_out_of_period": FLAGS,
    "last_name_kana_prefix_group": ("B", "a", "ア", "A,K"),
    "levels": ("expert", "other,expert"),
    "like_keyword": (NUL,),
    "name": (NUL,),
    "order_by": ("password", "CODE", "code desc", "code,name", "id;drop"),
    "order_direction": ("up", "ASC", "asc nulls first"),
    "organization_code": (NUL,),
    "organization_id": ("abc", "2147483648", "-2147483649", "1.5"),
    "prefecture_code": (NUL,),
    "school_code": (NUL,),
    "school_grade_value": ("7", "-1", "1.0", "中1", "99999999999999999999"),
    "section_code": (NUL,),
    "subjects": ("latin", "english,latin", "english, mathematics"),
    "system": ("crm", "LMS"),
    "tags": ("entrance_exam_info", "material,news"),
    "uids": (NUL,),
}
# Wrong in JSON only, where values have types.
WRONG_IN_JSON: Mapping[str, tuple[object, ...]] = {
    "course_category": (1, ["packaged"], {"is": "packaged"}, True),
    "date_of_birth": (20100626, ["2010-06-26"]),
    "like_keyword": (5, ["a"], False),
    "order_by": (["uid"], 0),
    "order_direction": ({}, False),
    "organization_code": (1015, ["api_spec"], {}),
    "organization_id": (1.5, 1e30, True, [1015], 2**31),
    "school_code": (1091, ["01091A"]),
    "uids": (SAMPLE_STUDENT, {"0": SAMPLE_STUDENT}, [1], [[SAMPLE_STUDENT]], [None], 5),
}
PAGING = ("page", "per")


def wrong() -> list[tuple[Door, str, object]]:
    """Every parameter of every operation with each value that is none of its kind."""
    found: list[tuple[Door, str, object]] = []
    for door in DOORS:
        for name in (parameter.name for parameter in door.parameters if parameter.name not in PAGING):
            in_body = door.methods != ("GET",)
            values = (*listed(name, WRONG[name], in_body=in_body), *(WRONG_IN_JSON[name] if in_body else ()))
            found += [(door, name, value) for value in values]
    return found


def listed(name: str, values: tuple[object, ...], *, in_body: bool) -> list[object]:
    """The values as a body says them, where uids are always several."""
    return [[value] if in_body and name == "uids" else value for value in values]


@pytest.mark.parametrize(
    ("door", "name", "value"), [pytest.param(*case, id=f"{case[0].path} {case[1]} {case[2]!r:.32}") for case in wrong()]
)
async def test_a_value_that_is_none_of_its_kind_is_refused_by_the_name_of_its_parameter(
    api: Api, door: Door, name: str, value: object
) -> None:
    answer = await api.ask(door.methods[0], door.path, {**NEEDED[door.path], name: value})
    assert (answer.status_code, answer.json()) == (400, {"message": f"{name} is invalid"})


REQUIRED = [
    (door, parameter.name) for door in DOORS for parameter in door.parameters if parameter.name in NEEDED[door.path]
]


@pytest.mark.parametrize(("door", "name"), [pytest.param(*case, id=f"{case[0].path} {case[1]}") for case in REQUIRED])
@pytest.mark.parametrize("blank", [None, ""])
async def test_a_required_parameter_that_is_missing_or_empty_is_named(
    api: Api, door: Door, name: str, blank: str | None
) -> None:
    given = {key: value for key, value in NEEDED[door.path].items() if key != name}
    answer = await api.ask(door.methods[0], door.path, given if blank is None else {**given, name: blank})
    assert (answer.status_code, answer.json()) == (400, {"message": f"{name} is missing"})


def test_what_the_doors_require_is_what_the_description_calls_required() -> None:
    required = {door.path: {p.name for p in door.parameters if p.required} for door in DOORS}
    assert required == {path: set(given) for path, given in NEEDED.items()}


def test_every_parameter_of_every_operation_is_shown_at_work() -> None:
    shown = {path: {case.parameter for case in cases} for path, cases in CASES.items()}
    assert shown == {door.path: {parameter.name for parameter in door.parameters} for door in DOORS}


def test_the_parameters_are_the_documented_ones_in_their_order() -> None:
    paged, ordered = ["page", "per"], ["order_by", "order_direction"]
    organization = ["organization_code", "organization_id"]
    unit = [*organization, *paged, *ordered, "like_keyword"]
    students = [*unit, "section_code", "group_code", "uids", "last_name_kana_prefix_group", "school_grade_value"]
    documented = {
        "/me": [],
        "/organizations": ["code", "id", *paged, *ordered, "like_keyword"],
        "/sections": unit,
        "/groups": unit,
        "/students": [*students, "all_year", "include_out_of_period", "exclude_demo"],
        "/students/me": ["school_code", "date_of_birth"],
        "/students/lesson_packages": [*organization, "uids", "course_category", *paged, *ordered, "like_keyword"],
        "/students/by_course_category": [
            *("organization_code", "course_category", "include_out_of_period"),
            *(*paged, *ordered),
        ],
        "/students/search": ["uids", "organization_id", *paged, *ordered],
        "/schools": ["name", *paged, *ordered, "prefecture_code"],
        "/courses": [*paged, *ordered, "like_keyword", "categories", "subjects", "levels", "exclude_demo"],
        "/informations": ["system", "organization_code", "tags", *paged],
        "/progresses": [*paged, "created_at_from", "created_at_to", "order_by"],
    }
    assert {door.path: [parameter.name for parameter in door.parameters] for door in DOORS} == documented


@pytest.mark.parametrize(
    "spelling",
    [
        "uids[]=auth0|demo-u001&uids[]=auth0|demo-u003",
        "uids%5B%5D=auth0%7Cdemo-u001&uids%5B%5D=auth0%7Cdemo-u003",
        "uids=auth0|demo-u001&uids=auth0|demo-u003",
        "uids=auth0|demo-u001,auth0|demo-u003",
        "uids=auth0%7Cdemo-u001%2Cauth0%7Cdemo-u003",
        "uids=auth0|demo-u001,&uids[]=auth0|demo-u003&uids[]=",
    ],
)
async def test_a_list_is_read_in_each_of_its_spellings(api: Api, spelling: str) -> None:
    answer = await api.get("/students", f"organization_code=kakehashi-ueno&{spelling}")
    assert [row["code"] for row in answer.json()["students"]] == ["U001", "U003"]


@pytest.mark.parametrize("spelling", ["categories[]=packaged&categories[]=others", "categories=packaged,others"])
async def test_lists_of_words_have_the_same_spellings(api: Api, spelling: str) -> None:
    answer = await api.get("/courses", f"{spelling}&exclude_demo=1")
    assert [row["code"] for row in answer.json()["courses"]] == ["110A01", "310A01", "332A01", "420A01", "T900A01"]


async def test_a_comma_between_brackets_spelt_values_is_part_of_the_value(api: Api) -> None:
    answer = await api.get("/students", "organization_code=kakehashi-ueno&uids[]=auth0|demo-u001,auth0|demo-u003")
    assert answer.json()["students"] == []


@pytest.mark.parametrize("empty", ["uids[]=", "uids=", "uids=,", "order_by=", "like_keyword=", "all_year=", "page="])
async def test_an_empty_value_counts_as_not_given(api: Api, empty: str) -> None:
    answer = await api.get("/students", f"organization_code=kakehashi-ueno&{empty}")
    assert [row["code"] for row in answer.json()["students"]] == test_students.LISTED


@pytest.mark.parametrize("spelling", ["code[]=sundai", "code=sundai&code=kakehashi", "code[eq]=sundai", "code[][]=a"])
async def test_a_list_where_one_value_belongs_is_refused(api: Api, spelling: str) -> None:
    answer = await api.get("/organizations", spelling)
    assert (answer.status_code, answer.json()) == (400, {"message": "code is invalid"})


@pytest.mark.parametrize("spelling", ["uids[0]=auth0|demo-u001", "uids[a][]=auth0|demo-u001", "uids[=x"])
async def test_a_spelling_of_a_list_that_is_none_is_refused_and_not_overlooked(api: Api, spelling: str) -> None:
    answer = await api.get("/students", f"organization_code=kakehashi-ueno&{spelling}")
    assert (answer.status_code, answer.json()) == (400, {"message": "uids is invalid"})


async def test_a_keyword_has_at_most_200_characters(api: Api) -> None:
    assert await api.codes("GET", "/organizations", {"like_keyword": "か" * 200}) == []
    answer = await api.get("/organizations", {"like_keyword": "か" * 201})
    assert (answer.status_code, answer.json()["code"]) == (400, "keyword_length")


async def test_a_thousand_and_one_uids_are_too_many_in_a_query_too(api: Api) -> None:
    answer = await api.get("/students", f"organization_code=kakehashi-ueno&uids={','.join('a' * 1001)}")
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_values")


async def test_a_query_that_is_not_utf_8_is_refused(api: Api) -> None:
    answer = await api.get("/organizations", "code=%ff")
    assert (answer.status_code, answer.json()) == (400, {"message": "The query string is not UTF-8."})


async def test_an_integer_in_a_body_may_be_written_as_text(api: Api) -> None:
    body = {"uids": [SAMPLE_STUDENT], "organization_id": "1015", "page": "1", "per": "10"}
    assert await api.codes("POST", "/students/search", body) == ["api_student1"]


def test_no_parameter_is_declared_twice_in_one_door() -> None:
    for door in DOORS:
        names = [parameter.name for parameter in door.parameters]
        assert len(set(names)) == len(names)
        assert all(isinstance(parameter, Parameter) for parameter in door.parameters)
