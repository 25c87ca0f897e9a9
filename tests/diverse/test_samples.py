"""The printed samples, key by key and in their order; what they cannot be equal in stands in one table, by name."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.diverse.asking import ADMINISTRATOR, SAMPLE_STUDENT, SUNDAI_OWNER, Api, Given

FOLDER = Path(__file__).with_name("samples")


@dataclass(frozen=True, slots=True)
class Differs:
    """A place where the sample contradicts another sample or its own rows: what it prints, what we say, and why."""

    place: str
    printed: object
    ours: object
    why: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A printed answer and how to ask for it; `by_code` compares rows whose printed order nobody can ask for."""

    name: str
    uid: str
    method: str
    path: str
    given: Given
    differs: tuple[Differs, ...] = ()
    by_code: str = ""

    def __str__(self) -> str:
        return self.name


API_SPEC = {"organization_code": "api_spec"}
DAY = {"created_at_from": "2025-01-01T00:00:00+09:00", "created_at_to": "2025-01-01T23:59:59+09:00"}
ONE_ROW = "one row is printed beside it"

SAMPLES = (
    Sample(
        *("b01_me_student", SAMPLE_STUDENT, "GET", "/me", {}),
        differs=(Differs("organization.mindless_attractor", False, True, "B5, B8 and B9 print true"),),
    ),
    Sample(
        *("b02_organizations", SUNDAI_OWNER, "GET", "/organizations", {}),
        differs=(Differs("pagination.total_count", 4, 3, "three rows on one page are printed beside it"),),
        by_code="organizations",
    ),
    Sample("b03_sections", SUNDAI_OWNER, "GET", "/sections", {"organization_code": "sundai"}),
    Sample("b04_groups", SUNDAI_OWNER, "GET", "/groups", {"organization_code": "sundai"}),
    Sample("b05_students", ADMINISTRATOR, "GET", "/students", API_SPEC),
    Sample(
        *("b06_update_self", SAMPLE_STUDENT, "PATCH", "/students/me"),
        {"school_code": "01091A", "date_of_birth": "2010-06-26"},
    ),
    Sample("b07_lesson_packages", SAMPLE_STUDENT, "POST", "/students/lesson_packages", API_SPEC),
    Sample(
        *("b08_students_by_course_category", ADMINISTRATOR, "GET", "/students/by_course_category"),
        {**API_SPEC, "course_category": "packaged"},
    ),
    Sample(
        *("b09_students_search", ADMINISTRATOR, "POST", "/students/search"),
        {"uids": [SAMPLE_STUDENT], "organization_id": 1015},
    ),
    Sample(
        *("b10_schools", ADMINISTRATOR, "GET", "/schools", {"per": 20}),
        differs=(
            Differs("pagination.total_count", 5094, 30, "only 20 schools are printed; 10 are ours"),
            Differs("pagination.total_pages", 255, 2, "follows from the count"),
        ),
    ),
    Sample(
        *("b11_courses", ADMINISTRATOR, "GET", "/courses", {"subjects[]": "english"}),
        differs=(
            Differs("pagination.total_count", 2, 3, "three rows on one page are printed beside it"),
            Differs("courses.1.name", "入試レベル中級 英語", "入試レベル中級_英語", "B7 prints an underscore"),
        ),
    ),
    Sample("b12_informations", SAMPLE_STUDENT, "GET", "/informations", {**API_SPEC, "system": "lms"}),
    Sample(
        *("b13_progresses", ADMINISTRATOR, "GET", "/progresses"),
        {"page": 1, "per": 100, **DAY, "order_by": "id"},
        differs=(
            Differs("pagination.total_count", 1000, 1, ONE_ROW),
            Differs("pagination.total_pages", 10, 1, ONE_ROW),
        ),
    ),
)


def printed(sample: Sample) -> str:
    """The text of a sample."""
    return FOLDER.joinpath(f"{sample.name}.json").read_text("utf-8")


def in_order(text: str) -> Any:  # noqa: ANN401  # JSON has no types
    """JSON whose objects are lists of pairs, so that the order of keys counts."""
    return json.loads(text, object_pairs_hook=lambda pairs: [list(pair) for pair in pairs])


def slot(content: Any, place: str) -> tuple[Any, Any]:  # noqa: ANN401  # JSON has no types
    """The list and the index under which a place such as courses.1.name is kept in what in_order gives."""
    holder, index = [content], 0
    for step in place.split("."):
        value = holder[index]
        if step.isdecimal():
            holder, index = value, int(step)
        else:
            holder, index = next(pair for pair in value if pair[0] == step), 1
    return holder, index


def compared(text: str, sample: Sample, ours: Iterable[object]) -> Any:  # noqa: ANN401  # JSON has no types
    """What is compared of an answer: `ours` at the places that differ, and rows by code where order is no matter."""
    content = in_order(text)
    for differing, value in zip(sample.differs, ours, strict=True):
        holder, index = slot(content, differing.place)
        holder[index] = value
    if sample.by_code:
        holder, index = slot(content, sample.by_code)
        holder[index] = sorted(holder[index], key=lambda row: str(dict(row)["code"]))
    return content


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
async def test_an_answer_is_the_printed_sample_with_its_keys_in_their_order(api: Api, sample: Sample) -> None:
    answer = await api.ask(sample.method, sample.path, sample.given, uid=sample.uid)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    ours = [differing.ours for differing in sample.differs]
    assert compared(answer.text, sample, ours) == compared(printed(sample), sample, ours)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
async def test_where_an_answer_differs_from_its_sample_both_are_as_the_table_says(api: Api, sample: Sample) -> None:
    answer = await api.ask(sample.method, sample.path, sample.given, uid=sample.uid)
    for differing in sample.differs:
        holder, index = slot(in_order(printed(sample)), differing.place)
        assert holder[index] == differing.printed
        holder, index = slot(in_order(answer.text), differing.place)
        assert holder[index] == differing.ours


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
async def test_the_stepwise_engine_gives_the_same_bytes(api: Api, stepwise_api: Api, sample: Sample) -> None:
    compiled = await api.ask(sample.method, sample.path, sample.given, uid=sample.uid)
    stepwise = await stepwise_api.ask(sample.method, sample.path, sample.given, uid=sample.uid)
    assert stepwise.content == compiled.content


def test_every_printed_answer_is_compared() -> None:
    answers = {path.stem for path in FOLDER.glob("*.json") if not path.stem.endswith("_request")}
    assert {sample.name for sample in SAMPLES} == answers
