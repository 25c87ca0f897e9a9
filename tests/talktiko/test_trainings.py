"""List training blocks: GET /api/trainings."""

import pytest

from tests.talktiko.asking import ADMINISTRATOR, COACH, LIST_KEYS, NO_COURSE, STUDENT, Api, Case
from tests.talktiko.test_lessons import TAUGHT

PATH = "/trainings"
KEYS = ["id", "name", "kind", "seq", "lesson", "updated_at"]
GREETINGS = ["語彙：あいさつ", "文法：be動詞", "スピーキング：自分を紹介する"]
ALL = [
    (training["name"], training["kind"], training["seq"], lesson["name"])
    for course in TAUGHT
    for lesson in course["lessons"]
    for training in lesson["trainings"]
]
PUBLISHED = [
    training["name"]
    for course in TAUGHT
    if course["published"]
    for lesson in course["lessons"]
    for training in lesson["trainings"]
]
OF_FIRST = [training["name"] for lesson in TAUGHT[0]["lessons"] for training in lesson["trainings"]]
CASES = (
    Case("lesson_id", {}, PUBLISHED),
    Case("lesson_id", {"lesson_id": 50101}, GREETINGS),
    Case("lesson_id", {"lesson": 50101}, GREETINGS),
    Case("lesson_id", {"filter[lesson_id]": 50101}, GREETINGS),
    Case("lesson_id", {"filter[lesson]": 50101}, GREETINGS),
    Case("lesson_id", {"lesson_id": 1}, []),
    Case("course_id", {"course_id": 501}, OF_FIRST),
    Case("course_id", {"course_id": "first-steps-a1"}, OF_FIRST),
    Case("course_id", {"course": "EN-A1-01"}, OF_FIRST),
    Case("course_id", {"filter[course_id]": "501"}, OF_FIRST),
    Case("course_id", {"filter[course]": "EN-A1-01"}, OF_FIRST),
    Case("course_id", {"course_id": 501, "lesson_id": 50101}, GREETINGS),
    Case("course_id", {"course_id": 502, "lesson_id": 50101}, []),
    Case("course_id", {"course_id": "110A01"}, []),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_lesson_and_course_may_be_named_in_each_spelling(api: Api, case: Case) -> None:
    rows = await api.rows(PATH, {"per_page": 100, **case.given})
    assert [row["name"] for row in rows] == case.expected


async def test_a_row_has_its_keys_in_order(api: Api) -> None:
    content = (await api.get(PATH)).json()
    assert (list(content), [list(row) for row in content["data"]]) == (LIST_KEYS, [KEYS] * 15)
    assert {tuple(row["lesson"]) for row in content["data"]} == {("id", "name")}
    first = {name: value for name, value in content["data"][0].items() if name != "updated_at"}
    assert first == {
        "id": 5010101,
        "name": "語彙：あいさつ",
        "kind": "vocabulary",
        "seq": 1,
        "lesson": {"id": 50101, "name": "Hello! 自己紹介"},
    }


async def test_trainings_come_lesson_by_lesson_and_in_their_order(api: Api) -> None:
    rows = await api.whole(PATH, uid=ADMINISTRATOR)
    assert [(row["name"], row["kind"], row["seq"], row["lesson"]["name"]) for row in rows] == ALL


@pytest.mark.parametrize("spelling", ["course_id", "course", "filter[course_id]"])
@pytest.mark.parametrize("course", ["nothing", "0", "999", "EN-B2-02", "507"])
async def test_a_course_that_is_not_in_sight_is_not_found(api: Api, spelling: str, course: str) -> None:
    answer = await api.get(PATH, {spelling: course}, uid=STUDENT)
    assert (answer.status_code, answer.json()) == (404, NO_COURSE)


async def test_a_lesson_of_a_draft_shows_its_trainings_to_staff_only(api: Api) -> None:
    assert await api.rows(PATH, {"lesson_id": 50701}, uid=STUDENT) == []
    rows = await api.rows(PATH, {"lesson_id": 50701}, uid=COACH)
    assert [row["id"] for row in rows] == [5070101, 5070102, 5070103]
