"""生徒一覧取得: GET /students."""

import pytest

from tests.diverse.asking import OWNER_PARENT, SAMPLE_STUDENT, Api, Case

UENO, NAMBA = {"organization_code": "kakehashi-ueno"}, {"organization_code": "kakehashi-namba"}
# Not U013, whose period is over, nor U014, who is locked.
LISTED = [*[f"U{number:03}" for number in (*range(1, 13), 15, 16)], "U100"]
# Not N014, whose period has not begun, nor N015, who is on no roster of this year.
LISTED_NAMBA = [f"N{number:03}" for number in (*range(1, 14), 16)]
# U003 and U012 are both サトウ, whether it was typed in hiragana or katakana: then the number decides.
BY_KANA = ["U010", "U001", "U016", "U002", "U003", "U012", "U004", "U005"]
BY_KANA += ["U100", "U006", "U007", "U015", "U008", "U011", "U009"]
KANA_GROUPS = {
    "A": ["U001", "U009", "U016"],
    "K": ["U002"],
    "S": ["U003", "U012"],
    "T": ["U004"],
    "N": ["U005"],
    "H": ["U006", "U100"],
    "M": ["U007", "U015"],
    "Y": ["U008"],
    "R": ["U011"],
    "W": [],
    "OTHER": ["U010"],
}
KANA_GROUPS_NAMBA = {
    "A": ["N001"],
    "K": ["N002", "N012"],
    "S": ["N003"],
    "T": ["N004", "N016"],
    "W": ["N007"],
    "Y": ["N008"],
    "OTHER": ["N010", "N011", "N013"],
}
GRADES = {
    0: ["U011"],
    1: ["U001", "U015"],
    2: ["U002"],
    3: ["U003"],
    4: ["U004", "U005", "U010"],
    5: ["U006", "U007", "U012", "U100"],
    6: ["U008", "U009", "U016"],
}

CASES = (
    Case("organization_code", UENO, LISTED),
    Case("organization_code", NAMBA, LISTED_NAMBA),
    Case("organization_code", {"organization_code": "sundai"}, []),
    Case("organization_id", {**UENO, "organization_id": 2002}, LISTED),
    Case("page", {**UENO, "per": 4, "page": 4}, ["U015", "U016", "U100"][-3:]),
    Case("per", {**UENO, "per": 2}, ["U001", "U002"]),
    Case("order_by", {**UENO, "order_by": "code"}, LISTED),
    Case("order_by", {**UENO, "order_by": "last_name"}, BY_KANA),
    Case(
        *("order_by", {**NAMBA, "order_by": "external_id"}),
        ["N004", *[code for code in LISTED_NAMBA if code not in ("N003", "N004")], "N003"],
    ),
    Case("order_direction", {**UENO, "order_direction": "desc"}, LISTED[::-1]),
    Case("order_direction", {**UENO, "order_by": "last_name", "order_direction": "desc"}, BY_KANA[::-1]),
    Case("like_keyword", {**UENO, "like_keyword": "u01"}, ["U010", "U011", "U012", "U015", "U016"]),
    Case("like_keyword", {**UENO, "like_keyword": "UENO_01"}, ["U010", "U011", "U012", "U015", "U016"]),
    Case("like_keyword", {**UENO, "like_keyword": "山本"}, ["U008"]),
    Case("like_keyword", {**UENO, "like_keyword": "橋本学"}, ["U100"]),
    Case("like_keyword", {**UENO, "like_keyword": "橋本 学"}, ["U100"]),
    Case("like_keyword", {**UENO, "like_keyword": "ヤマモト ミツキ"}, ["U008"]),
    Case("like_keyword", {**UENO, "like_keyword": "やまもとみつき"}, ["U008"]),
    Case("like_keyword", {**UENO, "like_keyword": "サトウ"}, ["U003", "U012"]),
    Case("like_keyword", {**UENO, "like_keyword": "smith"}, ["U010"]),
    Case("like_keyword", {**NAMBA, "like_keyword": "ガモウ"}, ["N002"]),
    Case("like_keyword", {**NAMBA, "like_keyword": "namba_x3"}, ["N003"]),
    Case("like_keyword", {**NAMBA, "like_keyword": "%"}, []),
    Case("like_keyword", {**NAMBA, "like_keyword": "\\"}, []),
    Case("section_code", {**UENO, "section_code": "A02"}, ["U004", "U005", "U006", "U007", "U010"]),
    Case("section_code", {**UENO, "section_code": "HQ"}, []),
    Case("group_code", {**UENO, "group_code": "JH"}, ["U001", "U002", "U003", "U015"]),
    Case("group_code", {**UENO, "group_code": "OL"}, []),
    Case("uids", {**UENO, "uids[]": ["auth0|demo-u002", "auth0|demo-u001", "auth0|demo-n001"]}, ["U001", "U002"]),
    *[
        Case("last_name_kana_prefix_group", {**UENO, "last_name_kana_prefix_group": group}, [*codes])
        for group, codes in KANA_GROUPS.items()
    ],
    *[
        Case("last_name_kana_prefix_group", {**NAMBA, "last_name_kana_prefix_group": group}, [*codes])
        for group, codes in KANA_GROUPS_NAMBA.items()
    ],
    *[Case("school_grade_value", {**UENO, "school_grade_value": value}, [*codes]) for value, codes in GRADES.items()],
    Case("all_year", {**NAMBA, "all_year": "false"}, LISTED_NAMBA),
    Case("all_year", {**NAMBA, "all_year": "true"}, [*LISTED_NAMBA[:-1], "N015", "N016"]),
    Case("all_year", {**NAMBA, "all_year": "1", "school_grade_value": 6}, ["N007", "N009", "N013", "N015"]),
    Case("include_out_of_period", {**UENO, "include_out_of_period": "0"}, LISTED),
    Case("include_out_of_period", {**UENO, "include_out_of_period": "true"}, [*LISTED[:12], "U013", *LISTED[12:]]),
    Case("include_out_of_period", {**NAMBA, "include_out_of_period": "1"}, [*LISTED_NAMBA[:-1], "N014", "N016"]),
    Case("exclude_demo", {**UENO, "exclude_demo": "false"}, LISTED),
    Case("exclude_demo", {**UENO, "exclude_demo": "true"}, [code for code in LISTED if code != "U015"]),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_parameter_filters_or_orders(api: Api, case: Case) -> None:
    assert await api.codes("GET", "/students", case.given) == case.expected


async def test_a_parameter_of_each_kind_at_once_leaves_what_each_leaves(api: Api) -> None:
    given = {**UENO, "section_code": "A01", "school_grade_value": 6, "last_name_kana_prefix_group": "A", "per": 1}
    answer = await api.get("/students", given)
    assert [row["code"] for row in answer.json()["students"]] == ["U009"]
    assert answer.json()["pagination"] == {
        "current_page": 1,
        "next_page": 2,
        "prev_page": None,
        "total_pages": 2,
        "total_count": 2,
    }


async def test_a_locked_student_is_never_listed(api: Api) -> None:
    everyone = {"include_out_of_period": "1", "all_year": "1", "uids": "auth0|demo-u014,auth0|demo-u013"}
    assert await api.codes("GET", "/students", {**UENO, **everyone}) == ["U013"]


async def test_a_student_of_whom_little_is_known_has_nulls_and_empty_lists(api: Api) -> None:
    (row,) = await api.rows("GET", "/students", {**NAMBA, "uids": "auth0|demo-n011"})
    assert (row["last_name_kana"], row["date_of_birth"], row["school"]) == ("", None, None)
    assert (row["sections"], row["groups"], row["last_name_kana_prefix_group"]) == ([], [], "OTHER")
    assert row["school_grade"] == {"name": "その他", "value": 0}


async def test_sections_are_in_the_order_of_their_seq(api: Api) -> None:
    (row,) = await api.rows("GET", "/students", {**UENO, "uids": "auth0|demo-u004"})
    assert [section["code"] for section in row["sections"]] == ["A01", "A02"]
    (row,) = await api.rows("GET", "/students", {**UENO, "uids": "auth0|demo-u007"})
    assert [group["seq"] for group in row["groups"]] == [2, 3]


async def test_a_parents_owner_lists_one_organization_at_a_time(api: Api) -> None:
    given = {"organization_code": "kakehashi"}
    assert await api.codes("GET", "/students", given, uid=OWNER_PARENT) == ["HQ001", "HQ002"]
    assert await api.codes("GET", "/students", UENO, uid=OWNER_PARENT) == LISTED


async def test_a_demo_token_lists_demo_students_only(api: Api) -> None:
    assert await api.codes("GET", "/students", UENO, uid="auth0|demo-demo") == ["U015"]


async def test_a_student_may_not_list_students(api: Api) -> None:
    answer = await api.get("/students", {"organization_code": "api_spec"}, uid=SAMPLE_STUDENT)
    assert (answer.status_code, answer.json()["code"]) == (403, "operation_not_allowed")
