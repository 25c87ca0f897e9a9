"""List lessons with optional course filter: GET /api/lessons."""

import json
from pathlib import Path

import pytest

import db.demo
from tests.talktiko.asking import ADMINISTRATOR, COACH, LIST_KEYS, NO_COURSE, STUDENT, Api, Case

PATH = "/lessons"
KEYS = ["id", "code", "name", "seq", "course", "updated_at"]
COURSE_KEYS = ["id", "code", "slug", "name"]
TAUGHT = json.loads(Path(db.demo.__file__).with_name("english_courses.json").read_text("utf-8"))
PUBLISHED = [lesson["code"] for course in TAUGHT if course["published"] for lesson in course["lessons"]]
OF_FIRST = [f"EN-A1-01-L0{number}" for number in (1, 2, 3, 4)]
OF_SECOND = [f"EN-A1-02-L0{number}" for number in (1, 2, 3, 4)]
CASES = (
    Case("course_id", {}, PUBLISHED),
    Case("course_id", {"course_id": 501}, OF_FIRST),
    Case("course_id", {"course_id": "EN-A1-01"}, OF_FIRST),
    Case("course_id", {"course_id": "first-steps-a1"}, OF_FIRST),
    Case("course_id", {"course": 502}, OF_SECOND),
    Case("course_id", {"course": "first-trip-a1"}, OF_SECOND),
    Case("course_id", {"filter[course_id]": 502}, OF_SECOND),
    Case("course_id", {"filter[course]": 502}, OF_SECOND),
    Case("course_id", {"filter[course_id]": "EN-A1-02"}, OF_SECOND),
    Case("course_id", {"course_id": "110A01"}, []),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_the_course_may_be_named_in_each_spelling(api: Api, case: Case) -> None:
    rows = await api.rows(PATH, {"per_page": 100, **case.given})
    assert [row["code"] for row in rows] == case.expected


async def test_a_row_has_its_keys_in_order(api: Api) -> None:
    content = (await api.get(PATH)).json()
    assert (list(content), [list(row) for row in content["data"]]) == (LIST_KEYS, [KEYS] * 15)
    assert {tuple(row["course"]) for row in content["data"]} == {tuple(COURSE_KEYS)}
    first = {name: value for name, value in content["data"][0].items() if name != "updated_at"}
    assert first == {
        "id": 50101,
        "code": "EN-A1-01-L01",
        "name": "Hello! 自己紹介",
        "seq": 1,
        "course": {"id": 501, "code": "EN-A1-01", "slug": "first-steps-a1", "name": "はじめての英語 A1"},
    }


async def test_lessons_come_course_by_course_and_in_their_order(api: Api) -> None:
    rows = await api.whole(PATH, uid=ADMINISTRATOR)
    expected = [
        (501 + index, course["slug"], course["name"], lesson["code"], lesson["name"], lesson["seq"])
        for index, course in enumerate(TAUGHT)
        for lesson in course["lessons"]
    ]
    found = [
        (*(row["course"][n] for n in ("id", "slug", "name")), row["code"], row["name"], row["seq"]) for row in rows
    ]
    assert found == expected


@pytest.mark.parametrize("spelling", ["course_id", "course", "filter[course_id]"])
@pytest.mark.parametrize("course", ["nothing", "0", "999", "99999999999999999999", "en-a1-01", "EN-B2-02", "507"])
async def test_a_course_that_is_not_in_sight_is_not_found(api: Api, spelling: str, course: str) -> None:
    answer = await api.get(PATH, {spelling: course}, uid=STUDENT)
    assert (answer.status_code, answer.json()) == (404, NO_COURSE)


async def test_staff_see_lessons_of_a_course_that_is_not_published(api: Api) -> None:
    for uid in (COACH, ADMINISTRATOR):
        assert [row["id"] for row in await api.rows(PATH, {"course": "EN-B2-02"}, uid=uid)] == [50701]
        assert len(await api.whole(PATH, uid=uid)) == 28


async def test_a_demo_person_sees_no_lesson_of_a_course_that_is_no_demo(api: Api) -> None:
    assert await api.rows(PATH, uid="auth0|demo-demo") == []
    answer = await api.get(PATH, {"course_id": 501}, uid="auth0|demo-demo")
    assert (answer.status_code, answer.json()) == (404, NO_COURSE)


async def test_two_spellings_at_once_are_refused(api: Api) -> None:
    answer = await api.get(PATH, {"course_id": 501, "course": 501})
    assert (answer.status_code, answer.json()["errors"]) == (422, {"course_id": ["course_id is invalid"]})
