"""Get full course details: GET /api/courses/{id}."""

import pytest

from tests.talktiko.asking import ADMINISTRATOR, COACH, NOT_IN_REACH, STUDENT, Api, Case, with_query
from tests.talktiko.test_public_courses import COURSE_KEYS, FIRST, less_times

PATH = "/courses/{id}"
LESSONS = [
    {"id": 50101, "name": "Hello! 自己紹介", "seq": 1},
    {"id": 50102, "name": "My Family 家族と持ち物", "seq": 2},
    {"id": 50103, "name": "My Day 毎日の生活", "seq": 3},
    {"id": 50104, "name": "I Like It! 好きなもの", "seq": 4},
]
CASES = (
    Case("id", {"id": 501}),
    Case("id", {"id": "EN-A1-01"}),
    Case("id", {"id": "first-steps-a1"}),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_course_is_named_by_number_code_or_slug(api: Api, case: Case) -> None:
    answer = await api.get(PATH, case.given)
    content = answer.json()
    assert answer.status_code == 200
    assert (list(content), list(content["data"])) == (["data"], [*COURSE_KEYS, "lessons"])
    assert [list(row) for row in content["data"]["lessons"]] == [["id", "name", "seq"]] * 4
    assert less_times(content["data"]) == {**FIRST, "lessons": LESSONS}


@pytest.mark.parametrize(
    "id_",
    ["nothing", "1", "110A01", "0", "500", "99999999999999999999", "en-a1-01", "First-Steps-A1", "%20501", "EN-B2-02"],
)
async def test_a_course_that_is_not_in_sight_is_not_found(api: Api, id_: str) -> None:
    answer = await api.get(with_query(PATH, {"id": id_}), uid=STUDENT)
    assert (answer.status_code, answer.json()) == (404, NOT_IN_REACH)


@pytest.mark.parametrize("id_", ["507", "EN-B2-02", "negotiation-english-b2"])
@pytest.mark.parametrize("uid", [COACH, ADMINISTRATOR])
async def test_staff_see_a_course_before_it_is_published(api: Api, uid: str, id_: str) -> None:
    content = (await api.get(f"/courses/{id_}", uid=uid)).json()["data"]
    assert (content["id"], content["published_at"], content["lessons_count"]) == (507, None, 1)
    assert content["lessons"] == [{"id": 50701, "name": "Negotiating Terms 条件を話し合う", "seq": 1}]


async def test_the_lessons_are_as_many_as_the_course_says(api: Api) -> None:
    for number in range(501, 508):
        content = (await api.get(f"/courses/{number}", uid=ADMINISTRATOR)).json()["data"]
        assert len(content["lessons"]) == content["lessons_count"]
        assert [row["seq"] for row in content["lessons"]] == list(range(1, content["lessons_count"] + 1))


async def test_a_demo_person_sees_no_course_that_is_no_demo(api: Api) -> None:
    answer = await api.get("/courses/501", uid="auth0|demo-demo")
    assert (answer.status_code, answer.json()) == (404, NOT_IN_REACH)
