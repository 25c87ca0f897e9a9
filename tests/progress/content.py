"""Small courses beside those of the demo, so that a test can complete one: rows to be inserted, and their numbers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from db.connections.database import Database
from db.courses import courses
from db.demo.content import read
from db.lessons import lessons, training_items, trainings

# A lesson with two trainings (a choice and a gap; a text to read, and one to say), and a lesson without any.
TINY, TALK, ALONE = 901, 90101, 90102
FIRST, SECOND = 9010101, 9010102
CHOICE, GAP = 901010101, 901010102
TEXT, SAY = 901010201, 901010202
# Two lessons of one training each, at level A2.
PLAIN = 902
PLAIN_TRAININGS = {9020101: (902010101, 902010102), 9020201: (902020101,)}
# A draft, and a course that is published tomorrow.
DRAFT, DRAFT_LESSON, DRAFT_TRAINING, DRAFT_ITEM = 903, 90301, 9030101, 903010101
LATER, LATER_ITEM = 904, 904010101

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
CHOOSE = {"type": "multiple_choice", "solution": {"choice": 1, "explanation": "Because."}}
SOLUTIONS: dict[int, dict[str, Any]] = {
    CHOICE: CHOOSE | {"skill": "vocabulary"},
    GAP: {"type": "gap_fill", "skill": "grammar", "solution": {"text": "went", "accept": ["had gone"]}},
    TEXT: {"type": "reading", "skill": "reading", "solution": {"choices": [0, 1, 2]}},
    SAY: {"type": "speaking", "skill": "speaking", "solution": {"text": "Hello."}},
    902010101: CHOOSE | {"skill": "vocabulary"},
    902010102: CHOOSE | {"skill": "grammar"},
    902020101: CHOOSE | {"skill": "vocabulary"},
    DRAFT_ITEM: CHOOSE | {"skill": "vocabulary"},
    LATER_ITEM: CHOOSE | {"skill": "vocabulary"},
}


def course(id_: int, level: str, published_at: datetime | None, now: datetime) -> dict[str, Any]:
    """One course."""
    named = {"code": f"T{id_}", "slug": f"t-{id_}", "name": f"T{id_}", "abbreviation": "T", "search_key": "t"}
    kept = {"seq": id_, "origin": "talktiko", "cefr_level": level, "language": "en", "updated_at": now}
    return {**named, **kept, "id": id_, "published_at": published_at}


async def add_content(database: Database, now: datetime) -> None:
    """Write the courses and what they consist of, which their numbers tell."""
    found = [course(TINY, "B1", LONG_AGO, now), course(PLAIN, "A2", LONG_AGO, now)]
    found += [course(DRAFT, "A1", None, now), course(LATER, "A1", now + timedelta(days=1), now)]
    ids = {number // 100 for number in SOLUTIONS}
    lesson_ids = sorted({id_ // 100 for id_ in ids} | {ALONE})
    async with database.writing() as transaction:
        await transaction.execute(insert(courses), found)
        await transaction.execute(
            insert(lessons),
            [
                {"id": id_, "course_id": id_ // 100, "code": f"L{id_}", "name": "", "seq": id_ % 100, "updated_at": now}
                for id_ in lesson_ids
            ],
        )
        same = {"name": "", "kind": "mixed", "updated_at": now}
        await transaction.execute(
            insert(trainings),
            [
                {"id": id_, "course_id": id_ // 10_000, "lesson_id": id_ // 100, "seq": id_ % 100, **same}
                for id_ in sorted(ids)
            ],
        )
        await transaction.execute(insert(training_items), [item_row(id_, item, now) for id_, item in SOLUTIONS.items()])


def item_row(id_: int, item: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The row of one item."""
    belongs = {"course_id": id_ // 10**6, "lesson_id": id_ // 10**4, "training_id": id_ // 100, "seq": id_ % 100}
    return {**item, **belongs, "id": id_, "payload": {}, "updated_at": now}


def demo_items() -> dict[int, dict[str, Any]]:
    """Every item of the demo's English courses by its number, drafts too."""
    return {
        (((500 + row["seq"]) * 100 + lesson["seq"]) * 100 + training["seq"]) * 100 + item["seq"]: item
        for row in read("english_courses")
        for lesson in row["lessons"]
        for training in lesson["trainings"]
        for item in training["items"]
    }
