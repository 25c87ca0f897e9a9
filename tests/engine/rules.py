"""Which rows each field of the graph shows to whom: plain loops over plain rows, written from the documentation."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from tests.engine.access import Access
from tests.engine.asked import Arguments
from tests.engine.rows import Row, Rows

JAPAN = timezone(timedelta(hours=9))
SMALL = dict(zip("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ", strict=True))
KANA_ROWS = {
    "A": "アイウエオヴ",
    "K": "カキクケコガギグゲゴ",
    "S": "サシスセソザジズゼゾ",
    "T": "タチツテトダヂヅデド",
    "N": "ナニヌネノ",
    "H": "ハヒフヘホバビブベボパピプペポ",
    "M": "マミムメモ",
    "Y": "ヤユヨ",
    "R": "ラリルレロ",
    "W": "ワヰヱヲンヷヸヹヺ",
}
UNITS = {"sections": ("student_sections", "section_id"), "groups": ("student_groups", "group_id")}


class Refused(Exception):
    """The oracle expects a refusal with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@cache
def folded(text: str) -> str:
    """NFKC, lower case, hiragana to katakana, small kana to large."""
    found = []
    for character in unicodedata.normalize("NFKC", text).lower():
        shift = 0x60 if 0x3041 <= ord(character) <= 0x3096 or character in "ゝゞ" else 0
        katakana = chr(ord(character) + shift)
        found.append(SMALL.get(katakana, katakana))
    return "".join(found)


def kana_group(kana: str) -> str:
    """The row of the kana table of the first character."""
    first = folded(kana)[:1]
    return next((row for row, letters in KANA_ROWS.items() if first and first in letters), "OTHER")


def found_in(keyword: object, *texts: str) -> bool:
    """Whether one of the texts contains the keyword."""
    return keyword is None or any(folded(str(keyword)) in folded(text) for text in texts)


@dataclass(slots=True)
class Rules:
    """The rows that one person may see at one instant."""

    rows: Rows
    access: Access
    now: datetime

    @property
    def year(self) -> int:
        """The academic year, which begins on 1 April in Japan."""
        local = self.now.astimezone(JAPAN)
        return local.year - (local.month < 4)

    def organizations(self) -> list[Row]:
        """Organizations in reach."""
        return [row for row in self.rows["organizations"] if self.access.reaches("organizations", row["id"])]

    def units(self, table: str) -> list[Row]:
        """Sections or groups of organizations in reach."""
        return [row for row in self.rows[table] if self.access.reaches(table, row["organization_id"])]

    def sees_student(self, row: Row) -> bool:
        """Students of organizations in reach, oneself, and with a demo token demo students only."""
        if self.access.demo and not row["demo"]:
            return False
        return row["id"] == self.access.student_id or self.access.reaches("students", row["organization_id"])

    def sees_course(self, row: Row) -> bool:
        """Courses of Diverse, published ones of Talktiko, to staff the others too; with a demo token demo courses only.

        Who has no token sees published courses of Talktiko.
        """
        if not self.access.places:
            return self.is_published(row)
        if self.access.demo and not row["is_demo"]:
            return False
        return row["origin"] == "diverse" or self.access.is_staff or self.is_published(row)

    def is_published(self, row: Row) -> bool:
        """A course of Talktiko whose day of publication has come."""
        day = row["published_at"]
        return row["origin"] == "talktiko" and day is not None and day <= self.now

    def shared(self, rows: list[Row]) -> list[Row]:
        """Reference rows: for everyone who may come in."""
        return rows if self.access.places else []

    def students(self) -> list[Row]:
        """All students in sight."""
        return [row for row in self.rows["students"] if self.sees_student(row)]

    def in_use(self, row: Row) -> bool:
        """Neither locked nor out of period."""
        return row["locked_at"] is None and self.in_period(row)

    def in_period(self, row: Row) -> bool:
        """Inside the period of use, both ends included."""
        return bool(row["start_at"] <= self.now <= row["end_at"])

    def years(self, student: Row) -> dict[int, Row]:
        """The rows per academic year of a student."""
        return {row["academic_year"]: row for row in self.rows.of("student_years", "student_id", student["id"])}

    def grade(self, student: Row) -> Row | None:
        """The grade of the current academic year or the last one before it."""
        past = {year: row for year, row in self.years(student).items() if year <= self.year}
        if not past:
            return None
        latest = past[max(past)]
        return {**latest, **self.rows.one("school_grades", latest["school_grade_value"], "value")}

    def takes(self, student: Row, category: object) -> bool:
        """Whether a student takes a course of a category that is in sight."""
        found = [self.rows.one("courses", row["course_id"]) for row in self.enrollments(student)]
        seen = [course for course in found if self.sees_course(course)]
        return any(course["category"] == str(category).lower() for course in seen)

    def enrollments(self, student: Row) -> list[Row]:
        """The enrollment rows of a student."""
        return self.rows.of("enrollments", "student_id", student["id"])

    def has_unit(self, student: Row, table: str, code: object) -> bool:
        """Whether a student is in the unit with this code of the own organization."""
        link, column = UNITS[table]
        for row in self.rows.of(link, "student_id", student["id"]):
            unit = self.rows.one(table, row[column])
            if unit["code"] == code and unit["organization_id"] == student["organization_id"]:
                return True
        return False

    def matches(self, row: Row, given: Arguments) -> bool:
        """The filter of student lists; locked students are never listed."""
        names = [row[f"{which}_name{kind}"] for kind in ("", "_kana") for which in ("last", "first")]
        last, first, last_kana, first_kana = names
        full = [last + first, f"{last} {first}", last_kana + first_kana, f"{last_kana} {first_kana}"]
        grade = self.grade(row)
        checks: list[bool] = [
            row["locked_at"] is None,
            found_in(given.get("keyword"), row["code"], row["external_id"], *names, *full),
            given.get("sectionCode") is None or self.has_unit(row, "sections", given["sectionCode"]),
            given.get("groupCode") is None or self.has_unit(row, "groups", given["groupCode"]),
            given.get("uids") is None or row["uid"] in listed(given["uids"]),
            given.get("kanaGroup") in (None, kana_group(row["last_name_kana"])),
            given.get("schoolGrade") is None or (grade is not None and grade["value"] == given["schoolGrade"]),
            given.get("courseCategory") is None or self.takes(row, given["courseCategory"]),
            bool(given.get("allYears")) or self.year in self.years(row),
            bool(given.get("includeOutOfPeriod")) or self.in_period(row),
            not given.get("excludeDemo") or not row["demo"],
        ]
        return all(checks)

    def organization(self, arguments: Arguments, *, own: bool = False) -> object:
        """The id that organizationCode and organizationLegacyId name together; None where neither is given."""
        code, number = arguments.get("organizationCode"), arguments.get("organizationLegacyId")
        if code is None and number is None:
            return None
        reached = [row for row in self.rows["organizations"] if self.may_name(row, own=own)]
        named = [row for row in reached if (row["id"] == number if code is None else row["code"] == code)]
        if not named:
            raise Refused("NOT_FOUND" if self.access.all("organizations") else "FORBIDDEN")
        if number is not None and named[0]["id"] != number:
            raise Refused("BAD_USER_INPUT")
        return named[0]["id"]

    def may_name(self, organization: Row, *, own: bool) -> bool:
        """Whether the person may name an organization; for notices it has to be the own one."""
        if self.access.all("organizations"):
            return True
        return self.access.reaches("informations" if own else "organizations", organization["id"])

    def informations(self, arguments: Arguments) -> list[Row]:
        """Open notices of the system, for the organization, its parent or all, and for a role the person has there."""
        named = self.organization(arguments, own=True)
        family = {named, self.rows.one("organizations", named)["parent_id"]}
        found = []
        for row in self.rows["informations"]:
            id_ = row["id"]
            systems, roles, places, tags = (self.addresses(id_, kind) for kind in ("system", "role", "place", "tag"))
            is_open = row["open_at"] <= self.now and (row["close_at"] is None or self.now < row["close_at"])
            mine = str(arguments["system"]).lower() in systems and (
                not roles or bool(roles & self.access.roles_in(named))
            )
            here = (not places or bool(places & family)) and (
                arguments.get("tags") is None or bool(tags & listed(arguments["tags"]))
            )
            found += [row] if is_open and mine and here else []
        return found

    def addresses(self, information: object, kind: str) -> set[object]:
        """The addresses of a notice of one kind."""
        table, column = {
            "system": ("information_systems", "system"),
            "role": ("information_roles", "role"),
            "place": ("information_organizations", "organization_id"),
            "tag": ("information_tagged", "tag_key"),
        }[kind]
        return {row[column] for row in self.rows.of(table, "information_id", information)}

    def usage(self, arguments: Arguments) -> list[Row]:
        """The usage feed; with a demo token of demo students only."""
        found = []
        for event in self.rows["progress_events"]:
            if event["lesson_package_id"] is None:
                continue
            student = self.rows.one("students", event["student_id"])
            package = self.rows.one("lesson_packages", event["lesson_package_id"])
            since, until = arguments.get("createdFrom"), arguments.get("createdTo")
            inside = (since is None or event["created_at"] >= since) and (until is None or event["created_at"] <= until)
            if inside and self.sees_student(student):
                more = {"uid": student["uid"], "package_code": package["code"], "package_name": package["name"]}
                found.append({**event, **more})
        return found

    def student_courses(self, student: Row, given: Arguments) -> list[Row]:
        """The courses a student takes, as enrollments with what is shown of the course."""
        found = []
        for row in self.enrollments(student):
            course = self.rows.one("courses", row["course_id"])
            same = all(given.get(name) in (None, upper(course[name])) for name in ("category", "origin"))
            if self.sees_course(course) and same:
                found.append({**course, **row})
        return sorted(found, key=lambda row: (row["seq"], row["code"], row["id"]))

    def student_packages(self, taken: Row) -> list[Row]:
        """The packages of a taken course that the student has."""
        has = self.rows.of("student_lesson_packages", "student_id", taken["student_id"])
        found = [{**self.rows.one("lesson_packages", row["lesson_package_id"]), **row} for row in has]
        mine = [row for row in found if row["course_id"] == taken["course_id"]]
        return sorted(mine, key=lambda row: (row["seq"], row["code"]))

    def latest(self, has: Row) -> Row | None:
        """What a student did last with a package."""
        events = self.rows.of("progress_events", "student_id", has["student_id"])
        mine = [row for row in events if row["lesson_package_id"] == has["lesson_package_id"]]
        return max(mine, key=lambda row: (row["created_at"], row["id"]), default=None)

    def linked(self, link: str, column: str, value: object, other: str, table: str, key: str = "id") -> list[Row]:
        """The rows of a table that a link table leads to."""
        return [self.rows.one(table, row[other], key) for row in self.rows.of(link, column, value)]

    def viewer_can(self, student: Row) -> list[str]:
        """The operations that the person may carry out on a student."""
        oneself = student["id"] == self.access.student_id
        found = ["students"] if self.access.reaches("students", student["organization_id"]) else []
        packages = oneself or self.access.reaches("lesson_packages", student["organization_id"])
        return found + (["lesson_packages"] if packages else []) + (["update_self"] if oneself else [])


def upper(code: str | None) -> str | None:
    """A code as the enum of the graph calls it."""
    return None if code is None else code.upper()


def listed(value: object) -> set[object]:
    """A list argument as a set."""
    return set(value) if isinstance(value, list) else {value}


def by(*columns: str) -> Callable[[Row], tuple[Any, ...]]:
    """A sort key of columns, compared by code point as Python compares text."""
    return lambda row: tuple(row[column] for column in columns)


def ordered(rows: Iterable[Row], *columns: str) -> list[Row]:
    """Rows in the order of columns."""
    return sorted(rows, key=by(*columns))
