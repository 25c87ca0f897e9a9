"""The orders of the lists of the graph."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.engine.asked import Asked
from tests.engine.rows import Row
from tests.engine.rules import folded

ORDERS: dict[str, Callable[[Row], Any]] = {
    "LAST_NAME": lambda row: folded(row["last_name_kana"]),
    "FULL_NAME": lambda row: folded(f"{row['last_name_kana']} {row['first_name_kana']}"),
    "OPEN_AT": lambda row: row["open_at"],
    "COURSE_SEQ": lambda row: (row["course_id"], row["seq"]),
    "LESSON_SEQ": lambda row: (row["lesson_id"], row["seq"]),
    "TRAINING_SEQ": lambda row: (row["training_id"], row["seq"]),
}
DEFAULTS = {
    "Prefecture.schools": "CODE",
    "Query.organizations": "CODE",
    "Query.sections": "SEQ",
    "Query.groups": "SEQ",
    "Query.students": "CODE",
    "Query.schools": "CODE",
    "Query.courses": "SEQ",
    "Query.publicCourses": "SEQ",
    "Query.lessons": "COURSE_SEQ",
    "Query.trainings": "LESSON_SEQ",
    "Query.trainingItems": "TRAINING_SEQ",
    "Query.lessonProgress": "SEQ",
    "Query.progressHistory": "PERIOD",
    "Query.learnerActivity": "PERIOD",
    "Query.studentsWithLessonPackages": "UID",
    "Query.informations": "OPEN_AT",
    "Organization.sections": "SEQ",
    "Organization.groups": "SEQ",
    "Organization.students": "CODE",
    "Organization.members": "CODE",
    "Query.members": "CODE",
}
# Lists that begin with what is highest unless told otherwise.
DESCENDING = {
    "Query.informations",
    "Webhook.deliveries",
    "Query.exports",
    "XapiEndpoint.statements",
    "Query.ltiLaunches",
    "LtiPlatform.launches",
    "LtiPlatform.rosters",
    "Query.ltiScores",
    "Query.memberImports",
    "LtiLaunch.scores",
    "Query.accessLog",
    "Student.accesses",
}

# What tells equals apart where it is no id.
UNIQUE = {"schools": ("code",), "members": ("number",)} | dict.fromkeys(
    ("lessonProgress", "learnerProgress"), ("student_id", "lesson_id")
)


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: what decides, which way, and the columns that tell equals apart."""

    field: str
    descending: bool
    unique: tuple[str, ...]

    def key(self, row: Row) -> tuple[Any, ...]:
        """The sort key of a row; text compares by code point."""
        if self.field == "ID":
            return tuple(row[name] for name in self.unique)
        value = ORDERS[self.field](row) if self.field in ORDERS else row[self.field.lower()]
        return (value, *[row[name] for name in self.unique])

    def after(self, row: Row, key: tuple[Any, ...]) -> bool:
        """Whether a row stands behind a key."""
        return self.key(row) < key if self.descending else self.key(row) > key


def order_of(asked: Asked) -> Order:
    """The order that a connection's arguments choose."""
    path = f"{asked.parent.name}.{asked.name}"
    given: Any = asked.arguments.get("orderBy") or {}
    chosen = given.get("field", DEFAULTS.get(path, "ID"))
    descending = given.get("direction") == "DESC" if given else path in DESCENDING
    return Order(chosen, descending, UNIQUE.get(asked.name, ("id",)))
