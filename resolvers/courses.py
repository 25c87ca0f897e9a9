"""Rules of courses, schools and what students take: how lists are filtered."""

from db.predicates import among, contains
from resolvers.engine.declare import Filter, Switch
from resolvers.text import keyword, text, texts

COURSE_FILTERS = (
    Filter("filter.keyword", lambda c, value: contains(c["search_key"], value), keyword),
    Filter("filter.categories", lambda c, value: among(c["category"], value), texts("categories")),
    Filter("filter.subjects", lambda c, value: among(c["subject_key"], value), texts("subjects")),
    Filter("filter.levels", lambda c, value: among(c["level_key"], value), texts("levels")),
    Switch("filter.excludeDemo", True, lambda c: ~c["is_demo"]),
)
ONE_COURSE = (Filter("code", lambda c, value: c["code"] == value, text),)
STUDENT_COURSE_FILTERS = (Filter("category", lambda c, value: c["category"] == value),)


def prefecture(code: str) -> str:
    """A prefecture's code as the tables keep it: "01" and "1" are both Hokkaido."""
    return text(code).lstrip("0")


SCHOOL_FILTERS = (
    Filter("name", lambda c, value: contains(c["search_key"], value), keyword),
    Filter("prefectureCode", lambda c, value: c["prefecture_code"] == value, prefecture),
)
