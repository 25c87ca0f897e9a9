"""The demo's rows of people: users, staff, students, and what students do."""

from collections.abc import Iterator

from db.accounts import memberships, staff, staff_key, staff_sections, users
from db.courses import enrollments, student_lesson_packages
from db.demo.content import Ids, Row, Rows, TableRows, people, read
from db.demo.days import Days
from db.progress.events import progress_events
from db.students import student, student_groups, student_sections, student_years, students

LAST_GRADE = 6
NO_GRADE = 0


def everyone(days: Days, ids: Ids) -> TableRows:
    """The rows of each table, after those of the tables that they refer to. Who is both is in both tables."""
    learners = [person for person in people() if "student" in person["privileges"]]
    employed = [person for person in people() if set(person["privileges"]) - {"student"}]
    emails = {account["uid"]: account["email"] for account in read("accounts")}
    yield (
        users,
        [{"id": id_, "uid": uid, "email": emails.get(uid), "created_at": days.now} for uid, id_ in ids.users.items()],
    )
    yield from staff_rows(employed, days, ids)
    yield from student_rows(learners, days, ids)
    yield progress_events, [event(row, days, ids) for row in read("progresses")]


def staff_rows(employed: Rows, days: Days, ids: Ids) -> TableRows:
    """Staff, their roles and their sections; an administrator's role is in no organization."""
    yield staff, [names(person) | {"search_key": staff_key(person)} | period(person, days, ids) for person in employed]
    yield (
        memberships,
        [
            {
                "staff_id": ids.users[person["uid"]],
                "organization_id": ids.organizations.get(person["organization_code"]),
                "role": role,
            }
            for person in employed
            for role in person["privileges"]
            if role != "student"
        ],
    )
    yield staff_sections, places(employed, "staff_id", "section_id", ids)


def student_rows(learners: Rows, days: Days, ids: Ids) -> TableRows:
    """Students, their years and places, and what they take."""
    yield students, [learner(person, days, ids) for person in learners]
    yield student_years, [row for person in learners for row in years(person, days, ids)]
    yield student_sections, places(learners, "student_id", "section_id", ids)
    yield student_groups, places(learners, "student_id", "group_id", ids)
    taken = [(person, course) for person in learners for course in person["courses"]]
    yield enrollments, [enrollment(person, course, days, ids) for person, course in taken]
    yield (
        student_lesson_packages,
        [
            {"student_id": ids.users[person["uid"]], "lesson_package_id": ids.lesson_packages[code]}
            for person, course in taken
            for code in course["lesson_packages"]
        ],
    )


def names(person: Row) -> Row:
    """What people are called."""
    called = ("uid", "code", "external_id", "last_name", "first_name", "last_name_kana", "first_name_kana")
    return {name: person[name] for name in called}


def period(person: Row, days: Days, ids: Ids) -> Row:
    """When people may use the service."""
    return {
        "id": ids.users[person["uid"]],
        "start_at": days.moment(person["start_at"]),
        "end_at": days.moment(person["end_at"]),
        "locked_at": days.now if person["locked"] else None,
        "demo": person["demo"],
        "updated_at": days.now,
    }


def learner(person: Row, days: Days, ids: Ids) -> Row:
    """One student."""
    return student(
        uid=person["uid"],
        code=person["code"],
        external_id=person["external_id"],
        names=(person["last_name"], person["first_name"], person["last_name_kana"], person["first_name_kana"]),
        organization_id=ids.organizations[person["organization_code"]],
        date_of_birth=days.day(person["date_of_birth"]),
        school_code=person["school_code"],
        years=[year["academic_year"] for year in years(person, days, ids)],
        **period(person, days, ids),
    )


def years(person: Row, days: Days, ids: Ids) -> Iterator[Row]:
    """The grade of each year, and of the next one, so that a demo which is kept over 1 April stays alive.

    Whoever is in this year's roster moves up a grade; 高3 leaves, and who has no grade stays without one.
    """
    grades = {year["academic_year"]: year["school_grade_value"] for year in person["years"]}
    this_year = grades.get(0, LAST_GRADE)
    if this_year != LAST_GRADE:
        grades.setdefault(1, NO_GRADE if this_year == NO_GRADE else this_year + 1)
    for offset, value in grades.items():
        year = days.academic_year(offset)
        yield {"student_id": ids.users[person["uid"]], "academic_year": year, "school_grade_value": value}


def places(persons: Rows, owner: str, column: str, ids: Ids) -> Rows:
    """A row for each section (or group) that people are in; it is one of their own organization."""
    words, known = ("sections", ids.sections) if column == "section_id" else ("groups", ids.groups)
    return [
        {owner: ids.users[person["uid"]], column: known[person["organization_code"], code]}
        for person in persons
        for code in person[words]
    ]


def enrollment(person: Row, course: Row, days: Days, ids: Ids) -> Row:
    """A course that is taken from the beginning of its academic year, or from the student's own if that is later."""
    beginning = days.first_of(days.academic_year(course["academic_year"]))
    start_at = days.moment(person["start_at"])
    return {
        "student_id": ids.users[person["uid"]],
        "course_id": ids.courses[course["code"]],
        "enrolled_at": beginning if start_at is None else max(beginning, start_at),
    }


def event(row: Row, days: Days, ids: Ids) -> Row:
    """One lesson package that a student completed."""
    return {
        "id": row["id"],
        "student_id": ids.users[row["uid"]],
        "lesson_package_id": ids.lesson_packages[row["package_code"]],
        "verb": "completed",
        "created_at": days.moment(row["created_at"]),
    }
