"""ログイン者情報取得: GET /me, whose shape depends on who asks."""

import pytest

from tests.diverse.asking import (
    ADMINISTRATOR,
    COACH_CHILD,
    COACH_PARENT,
    OWNER_CHILD,
    SAMPLE_STUDENT,
    STUDENT,
    Api,
)

PERSON = ["uid", "first_name", "last_name", "first_name_kana", "last_name_kana", "code", "external_id"]
PERSON += ["start_at", "end_at"]
KEYS = {
    STUDENT: [
        *PERSON,
        *("date_of_birth", "privileges", "school_grade", "school", "sections", "groups", "organization"),
    ],
    COACH_CHILD: [*PERSON, "privileges", "sections", "organization"],
    ADMINISTRATOR: [*PERSON, "privileges"],
}
DOCUMENTS = {STUDENT: "me_student", COACH_CHILD: "me_staff", ADMINISTRATOR: "me_administrator"}
UENO = {"code": "kakehashi-ueno", "name": "架け橋ゼミナール上野校", "abbreviation": "上野校"}
NAMBA = {"code": "kakehashi-namba", "name": "架け橋ゼミナール難波校", "abbreviation": "難波校"}


@pytest.mark.parametrize("uid", KEYS)
async def test_each_kind_of_person_has_the_documented_keys_in_their_order(api: Api, uid: str) -> None:
    answer = await api.get("/me", uid=uid)
    assert list(answer.json()) == KEYS[uid]
    assert answer.json()["uid"] == uid
    assert answer.headers["x-graphql-document"] == DOCUMENTS[uid]


async def test_a_coach_is_shown_with_sections_and_organization(api: Api) -> None:
    answer = await api.get("/me", uid=COACH_CHILD)
    content = answer.json()
    assert content["privileges"] == ["homeroom_teacher"]
    assert content["sections"] == [
        {"code": "A01", "name": "上野本館", "abbreviation": "本館"},
        {"code": "A02", "name": "御徒町教室", "abbreviation": "御徒町"},
    ]
    assert content["organization"] == {**UENO, "mindless_attractor": False, "children": []}


async def test_an_organization_with_children_lists_them_by_code(api: Api) -> None:
    organization = (await api.get("/me", uid=COACH_PARENT)).json()["organization"]
    assert organization["code"] == "kakehashi"
    assert organization["children"] == [{**NAMBA, "mindless_attractor": True}, {**UENO, "mindless_attractor": False}]


async def test_who_works_in_no_section_has_an_empty_list_of_them(api: Api) -> None:
    assert (await api.get("/me", uid=OWNER_CHILD)).json()["sections"] == []


async def test_a_student_whose_token_shows_demo_rows_only_is_not_found(api: Api) -> None:
    token = api.running.signed(SAMPLE_STUDENT, ["student"], demo=True)
    answer = await api.running.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_demo")


async def test_parameters_that_nobody_documented_change_nothing(api: Api) -> None:
    plain, decorated = await api.get("/me"), await api.get("/me", "verbose=1&page[]=2&order_by=nothing")
    assert decorated.content == plain.content
