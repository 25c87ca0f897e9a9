"""The best hand-written statement for each question, over the product's tables; its answer equals the product's."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bench.documents import Variables
from db.japan import academic_year

FOLDER = Path(__file__).with_name("sql")
Bind = Callable[[Variables, datetime], tuple[object, ...]]


def page_of(size: int) -> Bind:
    """The values of a statement that shows a page of an organization's students."""

    def bind(variables: Variables, now: datetime) -> tuple[object, ...]:
        skipped = (int(str(variables["page"])) - 1) * size
        return variables["organization"], skipped, academic_year(now), now

    return bind


def student(variables: Variables, now: datetime) -> tuple[object, ...]:
    """The values of the statement that shows one student."""
    return variables["uid"], academic_year(now)


BINDS: dict[str, Bind] = {"Q1": page_of(50), "Q2": page_of(20), "Q3": student, "Q4": lambda _variables, _now: ()}


def statement(name: str) -> str:
    """The SQL of a question, whose one value is the finished body as UTF-8."""
    text = (FOLDER / f"{name.lower()}.sql").read_text()
    return f"select convert_to(answer.body, 'UTF8') from (\n{text}) as answer (body)"
