"""REST doors that are measured, each beside the very document that it runs, over GraphQL: that is all it may cost."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench.documents import BODIES, PAGES, REACHED, SEED, STUDENTS, Variables

GATEWAY = Path(__file__).parents[1] / "gateway"
# Every how many-th student of the fixture learns, and every how many-th is locked.
LEARNER_EACH, LOCKED_EACH = 20, 101
FIRST_COURSE, FIRST_STUDENT = 9500, 1_000_000


@dataclass(frozen=True, slots=True)
class DoorQuestion:
    """A measured door: its path, the file of its document, and what one request asks for, in both spellings."""

    name: str
    title: str
    path: Callable[[Variables], str]
    file: str
    fixed: Variables
    draw: Callable[[random.Random, tuple[int, ...]], Variables]

    @property
    def document(self) -> str:
        """The door's document."""
        return (GATEWAY / self.file).read_text("utf-8")

    @property
    def operation(self) -> str:
        """The name of its operation."""
        return Path(self.file).stem

    def variables(self, uid: str, *, bodies: int = BODIES) -> list[Variables]:
        """The variables of all requests for this person, the same in every run."""
        source = random.Random(SEED)
        return [self.draw(source, REACHED[uid]) for _ in range(bodies)]

    def body(self, variables: Variables) -> str:
        """The body of the same question over GraphQL."""
        asked = {"query": self.document, "operationName": self.operation, "variables": {**self.fixed, **variables}}
        return json.dumps(asked)


def query(path: str, variables: Variables) -> str:
    """A path with a query string."""
    return f"{path}?{urlencode(variables)}"


def lesson_progress_path(variables: Variables) -> str:
    """The door of lesson progress, whose course stands in the path."""
    asked = {name: value for name, value in variables.items() if name != "course"}
    return query(f"/api/courses/{variables['course']}/lesson-progress", asked)


def a_page_of_courses(source: random.Random, _organizations: tuple[int, ...]) -> Variables:
    """One of the first pages of courses."""
    return {"page": source.randint(1, 2), "per_page": 15}


def a_learner(source: random.Random, _organizations: tuple[int, ...]) -> Variables:
    """A learner, all of whom are in the first organization, and the course that they take; some others are locked."""
    number = source.randrange(LEARNER_EACH, STUDENTS, LEARNER_EACH)
    number += LEARNER_EACH if number % LOCKED_EACH == 0 else 0
    return {"page": 1, "per_page": 15, "course": str(FIRST_COURSE + 1), "user_id": FIRST_STUDENT + number}


def a_roster_page(source: random.Random, organizations: tuple[int, ...]) -> Variables:
    """A page of the roster of an organization in reach."""
    organization = f"org{source.choice(organizations)}"
    return {"organization_code": organization, "page": source.randint(1, PAGES), "per": 50}


DOORS = {
    "T8": DoorQuestion(
        "T8",
        "GET /api/courses",
        lambda variables: query("/api/courses", variables),
        "talktiko/documents/courses.graphql",
        {"sort": {"field": "SEQ", "direction": "ASC"}},
        a_page_of_courses,
    ),
    "T14": DoorQuestion(
        "T14",
        "GET /api/courses/{course}/lesson-progress",
        lesson_progress_path,
        "talktiko/documents/lesson_progress.graphql",
        {},
        a_learner,
    ),
    "B5": DoorQuestion(
        "B5",
        "GET /api/v1/students",
        lambda variables: query("/api/v1/students", variables),
        "diverse/documents/students.graphql",
        {
            "order_by": "CODE",
            "order_direction": "ASC",
            "all_year": False,
            "include_out_of_period": False,
            "exclude_demo": False,
        },
        a_roster_page,
    ),
}
