"""Which courses, lessons and learners each field shows to whom: plain loops over plain rows, as in rules.py."""

from typing import Any

from tests.engine.asked import Arguments
from tests.engine.rows import Row
from tests.engine.rules import Refused, Rules, ordered

DIGITS, MOST_DIGITS = set("0123456789"), 18
MINUTE_MS = 60_000


def named_course(rules: Rules, key: object) -> Row | None:
    """The course that a key names among those in sight: its number, or else its code, or else its slug."""
    text = str(key)
    courses = [row for row in rules.rows["courses"] if rules.sees_course(row)]
    if text and set(text) <= DIGITS and len(text) <= MOST_DIGITS:
        found = [row for row in courses if row["id"] == int(text)]
        if found:
            return found[0]
    for column in ("code", "slug"):
        found = [row for row in courses if row[column] == text]
        if found:
            return found[0]
    return None


def course_asked(rules: Rules, given: Arguments) -> Row | None:
    """The course of the argument `course`; one that is not there or not in sight is refused."""
    if given.get("course") is None:
        return None
    course = named_course(rules, given["course"])
    if course is None:
        raise Refused("NOT_FOUND")
    return course


def sees_lesson(rules: Rules, row: Row) -> bool:
    """Lessons, trainings and items of courses in sight."""
    return rules.sees_course(rules.rows.one("courses", row["course_id"]))


def below(rules: Rules, table: str, column: str, row: Row) -> list[Row]:
    """What a course, a lesson or a training consists of, by seq."""
    return ordered([part for part in rules.rows.of(table, column, row["id"]) if sees_lesson(rules, part)], "seq", "id")


def lessons(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of lessons."""
    return of_course(rules, "lessons", given)


def trainings(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of trainings."""
    number = given.get("lessonLegacyId")
    return [row for row in of_course(rules, "trainings", given) if number in (None, row["lesson_id"])]


def items(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of training items."""
    number = given.get("trainingLegacyId")
    seen = [row for row in rules.rows["training_items"] if sees_lesson(rules, row)]
    return [row for row in seen if number in (None, row["training_id"]) and is_code(given.get("type"), row["type"])]


def of_course(rules: Rules, table: str, given: Arguments) -> list[Row]:
    """Rows of the named course, or of all in sight."""
    course = course_asked(rules, given)
    seen = [row for row in rules.rows[table] if sees_lesson(rules, row)]
    return [row for row in seen if course is None or row["course_id"] == course["id"]]


def is_code(member: object, code: object) -> bool:
    """Whether an enum member, where one is given, stands for a code."""
    return member is None or str(member).lower() == str(code).lower()


def enrollments(rules: Rules, given: Arguments, column: str, row: Row) -> list[Row]:
    """The enrollments of a course or student: of students in sight who are not locked."""
    found = []
    for one in rules.rows.of("enrollments", column, row["id"]):
        student, completed = rules.rows.one("students", one["student_id"]), one["completed_at"] is not None
        wanted = given.get("completed") in (None, completed)
        found += [one] if wanted and student["locked_at"] is None and rules.sees_student(student) else []
    return found


def all_enrollments(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of enrollments of all students in sight, by when the course was completed."""
    named, course = rules.organization(given), course_asked(rules, given)
    found = []
    for student in rules.rows["students"]:
        mine = enrollments(rules, given, "student_id", student)
        same = [one for one in mine if course is None or one["course_id"] == course["id"]]
        inside = [one for one in same if is_within(one["completed_at"], given, "completedFrom", "completedTo")]
        found += inside if named in (None, student["organization_id"]) else []
    return found


def is_within(value: Any, given: Arguments, since: str, until: str) -> bool:  # noqa: ANN401  # anything with an order
    """Whether a value is between two arguments, both included, as far as they are given."""
    first: Any = given.get(since)
    last: Any = given.get(until)
    if value is None:
        return first is None and last is None
    return (first is None or value >= first) and (last is None or value <= last)


def sees_learner(rules: Rules, student: Row) -> bool:
    """Learners of organizations in reach, oneself, and with a demo token demo students only."""
    if rules.access.demo and not student["demo"]:
        return False
    return student["id"] == rules.access.student_id or rules.access.reaches("progress", student["organization_id"])


def learner_asked(rules: Rules, given: Arguments) -> Row:
    """The student whose progress is asked for: oneself unless told, and nobody who is locked."""
    number = given.get("studentLegacyId")
    wanted = rules.rows.of("students", "id", rules.access.student_id if number is None else number)
    found = [student for student in wanted if sees_learner(rules, student) and student["locked_at"] is None]
    if not found:
        raise Refused("BAD_USER_INPUT" if number is None else "NOT_FOUND")
    return found[0]


def learner(rules: Rules, student: Row) -> Row | None:
    """A student as a learner; before anything was done everything is at its beginning."""
    if not sees_learner(rules, student):
        return None
    nothing = {"xp": 0, "level": 1, "streak": 0, "streak_until": None, "longest_streak": 0}
    nothing |= {"last_active_on": None, "cefr_level": None}
    known = rules.rows.of("learners", "student_id", student["id"])
    row = {**nothing, **(known[0] if known else {}), "student_id": student["id"]}
    kept = row["streak_until"] is not None and rules.now < row["streak_until"]
    return {**row, "current_streak": row["streak"] if kept else 0}


def lesson_states(rules: Rules, student: object, course: Row) -> list[Row]:
    """How far a learner is with every lesson of a course, also where nothing was begun."""
    nothing: Row = {"state": "not_started", "percent": 0.0, "best_score": None, "attempts": 0}
    nothing |= {"completed_at": None, "updated_at": None, "student_id": student}
    found = []
    for lesson in rules.rows.of("lessons", "course_id", course["id"]):
        own = [
            row for row in rules.rows.of("lesson_progress", "lesson_id", lesson["id"]) if row["student_id"] == student
        ]
        place = {"lesson_id": lesson["id"], "course_id": course["id"], "seq": lesson["seq"]}
        found += [{**nothing, **(own[0] if own else {}), **place}] if sees_lesson(rules, lesson) else []
    return ordered(found, "seq", "lesson_id")


def lesson_progress(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of one learner's lessons of a course."""
    student, course = learner_asked(rules, given), course_asked(rules, given)
    return [] if course is None else lesson_states(rules, student["id"], course)


def learners_asked(rules: Rules, given: Arguments) -> tuple[list[Row], Row | None]:
    """The learners in sight who are not locked, of the organization that is named; and the course that is named."""
    named, course = rules.organization(given), course_asked(rules, given)
    seen = [row for row in rules.rows["students"] if sees_learner(rules, row) and row["locked_at"] is None]
    return [row for row in seen if named in (None, row["organization_id"])], course


def all_progress(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of what learners began, of lessons in sight."""
    students, course = learners_asked(rules, given)
    found = []
    for student in students:
        for row in rules.rows.of("lesson_progress", "student_id", student["id"]):
            lesson = rules.rows.one("lessons", row["lesson_id"])
            same = course is None or lesson["course_id"] == course["id"]
            inside = is_within(row["updated_at"], given, "updatedFrom", "updatedTo")
            found += [row] if same and inside and sees_lesson(rules, lesson) else []
    return found


def all_activity(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of learners' periods."""
    students, _course = learners_asked(rules, given)
    return [point for student in students for point in activity(rules, given, {"student_id": student["id"]})]


def lessons_of_learner(rules: Rules, given: Arguments, row: Row) -> list[Row]:
    """The same below a learner, where a course that is not in sight has no lessons."""
    course = named_course(rules, given["course"])
    return [] if course is None else lesson_states(rules, row["student_id"], course)


def history(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of one learner's periods."""
    student = learner_asked(rules, given)
    course_asked(rules, given)
    return activity(rules, given, {"student_id": student["id"]})


def activity(rules: Rules, given: Arguments, row: Row) -> list[Row]:
    """The periods of a learner, in one course or in all together; whole minutes."""
    course = None if given.get("course") is None else named_course(rules, given["course"])
    if given.get("course") is not None and course is None:
        return []
    since, until = given.get("since"), given.get("until")
    found = []
    for point in rules.rows.of("activity", "student_id", row["student_id"]):
        inside = (since is None or point["period"] >= since) and (until is None or point["period"] <= until)
        same = point["course_id"] == (None if course is None else course["id"])
        if inside and same and is_code(given["granularity"], point["granularity"]):
            found.append({**point, "minutes": point["duration_ms"] // MINUTE_MS})
    return ordered(found, "period", "id")


def skills(rules: Rules, row: Row) -> list[Row]:
    """The levels of a learner by skill."""
    return ordered(rules.rows.of("cefr_skills", "student_id", row["student_id"]), "skill")


def changes(rules: Rules, given: Arguments, row: Row) -> list[Row]:
    """The changes of a learner's levels."""
    mine = rules.rows.of("cefr_changes", "student_id", row["student_id"])
    return ordered([change for change in mine if is_code(given.get("skill"), change["skill"])], "assessed_at", "id")


def achievements(rules: Rules, row: Row) -> list[Row]:
    """What a learner achieved."""
    mine = rules.rows.of("learner_achievements", "student_id", row["student_id"])
    found = [{**rules.rows.one("achievements", one["achievement_code"], "code"), **one} for one in mine]
    return ordered(found, "earned_on", "code")
