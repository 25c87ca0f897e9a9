"""Whether a row is what arguments ask for."""

from typing import Any

from tests.engine import learned
from tests.engine.asked import Arguments
from tests.engine.rows import Row
from tests.engine.rules import Rules, found_in, listed, upper


def is_named(organization: Row, given: Arguments) -> bool:
    """Whether code and legacyId, where they are given, are those of the organization."""
    code, number = given.get("code"), given.get("legacyId")
    return code in (None, organization["code"]) and number in (None, organization["id"])


def found_in_names(row: Row, given: Arguments) -> bool:
    """The keyword of organizations, sections, groups and courses."""
    return found_in(given.get("keyword"), row["code"], row["name"], row["abbreviation"])


def is_school(school: Row, given: Arguments) -> bool:
    """The filters of schools; "01" is the prefecture "1"."""
    code = given.get("prefectureCode")
    in_prefecture = code is None or school["prefecture_code"] == str(code).lstrip("0")
    return in_prefecture and found_in(given.get("name"), school["name"])


def is_called(rules: Rules, course: Row, given: Arguments) -> bool:
    """Whether code and key, where they are given, name the course, and it is of the origin."""
    named = course if given.get("key") is None else learned.named_course(rules, given["key"])
    same = named is not None and named["id"] == course["id"]
    return (
        same and given.get("code") in (None, course["code"]) and given.get("origin") in (None, upper(course["origin"]))
    )


def is_course(course: Row, given: Arguments) -> bool:
    """The filters of courses beside the keyword."""
    columns = {
        "categories": upper(course["category"]),
        "subjects": course["subject_key"],
        "levels": course["level_key"],
    }
    for name, value in columns.items():
        if given.get(name) is not None and value not in listed(given[name]):
            return False
    same = {"origin": upper(course["origin"]), "language": course["language"]}
    same |= {"cefrLevel": course["cefr_level"], "topic": course["topic"]}
    if any(given.get(name) not in (None, value) for name, value in same.items()):
        return False
    since: Any = given.get("updatedSince")
    if since is not None and course["updated_at"] < since:
        return False
    return not (given.get("excludeDemo") and course["is_demo"])
