"""List training items with type filtering: GET /api/trainingItems."""

from typing import Any

import pytest

from gateway.talktiko.routes import ITEM_TYPES
from tests.talktiko.asking import ADMINISTRATOR, COACH, LIST_KEYS, NOT_FOUND, STUDENT, Api, Case
from tests.talktiko.test_lessons import TAUGHT

PATH = "/trainingItems"
KEYS = ["id", "type", "skill", "seq", "payload", "training", "updated_at"]
GREETINGS = [501010101, 501010102, 501010103, 501010104]
ALL: list[dict[str, Any]] = [
    {
        "id": (((501 + place) * 100 + lesson["seq"]) * 100 + training["seq"]) * 100 + item["seq"],
        **{name: item[name] for name in ("type", "skill", "seq", "payload")},
        "training": {"id": ((501 + place) * 100 + lesson["seq"]) * 100 + training["seq"], "name": training["name"]},
    }
    for place, course in enumerate(TAUGHT)
    for lesson in course["lessons"]
    for training in lesson["trainings"]
    for item in training["items"]
]


def of_type(*types: str) -> list[int]:
    """The numbers of published items of some types."""
    return [item["id"] for item in ALL if item["type"] in types and item["id"] < 507_000_000]


CASES = (
    Case("type", {}, of_type(*ITEM_TYPES)),
    *(Case("type", {"type": type_}, of_type(type_)) for type_ in ITEM_TYPES),
    *(Case("type", {"filter[type]": type_}, of_type(type_)) for type_ in ITEM_TYPES),
    Case("training_id", {"training_id": 5010101}, GREETINGS),
    Case("training_id", {"training": 5010101}, GREETINGS),
    Case("training_id", {"filter[training_id]": 5010101}, GREETINGS),
    Case("training_id", {"filter[training]": 5010101}, GREETINGS),
    Case("training_id", {"training_id": 5010101, "type": "dictation"}, [501010103]),
    Case("training_id", {"filter[training_id]": 5010101, "filter[type]": "reading"}, []),
    Case("training_id", {"training_id": 1}, []),
    Case("training_id", {"training_id": 0}, []),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_type_and_training_may_be_said_in_each_spelling(api: Api, case: Case) -> None:
    rows: list[dict[str, Any]] = []
    for page in (1, 2, 3):
        rows += await api.rows(PATH, {"per_page": 100, "page": page, **case.given})
    assert [row["id"] for row in rows] == case.expected


async def test_every_item_is_as_it_was_written_less_its_solution(api: Api) -> None:
    content = (await api.get(PATH)).json()
    assert (list(content), [list(row) for row in content["data"]]) == (LIST_KEYS, [KEYS] * 15)
    assert {tuple(row["training"]) for row in content["data"]} == {("id", "name")}
    rows = await api.whole(PATH, uid=ADMINISTRATOR)
    assert [{name: value for name, value in row.items() if name != "updated_at"} for row in rows] == ALL


async def test_no_answer_tells_a_solution(api: Api) -> None:
    for page in (1, 2, 3):
        answer = await api.get(PATH, {"per_page": 100, "page": page}, uid=ADMINISTRATOR)
        assert '"solution"' not in answer.text
        assert '"explanation"' not in answer.text


async def test_a_training_of_a_draft_shows_its_items_to_staff_only(api: Api) -> None:
    assert await api.rows(PATH, {"training_id": 5070101}, uid=STUDENT) == []
    rows = await api.rows(PATH, {"training_id": 5070101}, uid=COACH)
    assert [row["id"] for row in rows] == [507010101, 507010102, 507010103]


@pytest.mark.parametrize("path", ["/trainingitems", "/training-items", "/training_items", "/trainingItems/"])
async def test_the_path_is_written_as_documented(api: Api, path: str) -> None:
    answer = await api.get(path)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
