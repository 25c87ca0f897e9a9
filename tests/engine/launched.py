"""Which LTI platforms, launches and grades each field shows to whom: plain loops over plain rows."""

from tests.engine.asked import Arguments
from tests.engine.learned import lesson_states, sees_learner, sees_lesson
from tests.engine.rows import Row
from tests.engine.rules import Rules, upper


def sees_platform(rules: Rules, row: Row) -> bool:
    """Platforms of organizations in reach; none is there for a demo token."""
    return not rules.access.demo and rules.access.reaches("lti", row["organization_id"])


def sees(rules: Rules, row: Row) -> bool:
    """Launches and grades of organizations in reach, and the own ones; none is there for a demo token."""
    if rules.access.demo:
        return False
    own = row["student_id"] is not None and row["student_id"] == rules.access.student_id
    return own or rules.access.reaches("launches", row["organization_id"])


def platforms(rules: Rules) -> list[Row]:
    """All platforms in sight."""
    return [row for row in rules.rows["lti_platforms"] if sees_platform(rules, row)]


def launches(rules: Rules) -> list[Row]:
    """All launches in sight."""
    return [row for row in rules.rows["lti_launches"] if sees(rules, row)]


def listed(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of launches."""
    wanted = {"platform_id": given.get("platformLegacyId"), "student_id": given.get("studentLegacyId")}
    return [row for row in launches(rules) if all(value in (None, row[name]) for name, value in wanted.items())]


def launches_of(rules: Rules, _: Arguments, platform: Row) -> list[Row]:
    """What was launched from a platform."""
    return [row for row in rules.rows.of("lti_launches", "platform_id", platform["id"]) if sees(rules, row)]


def scores(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of grades."""
    return [row for row in rules.rows["lti_scores"] if sees(rules, row) and is_wanted(row, given)]


def scores_of(rules: Rules, given: Arguments, launch: Row) -> list[Row]:
    """The grades of a launch."""
    found = rules.rows.of("lti_scores", "launch_id", launch["id"])
    return [row for row in found if sees(rules, row) and is_wanted(row, given)]


def is_wanted(score: Row, given: Arguments) -> bool:
    """Whether a grade has the status that is asked for."""
    return given.get("status") in (None, upper(score["status"]))


def platform(rules: Rules, launch: Row) -> Row | None:
    """The platform of a launch, where it is in sight."""
    found = rules.rows.one("lti_platforms", launch["platform_id"])
    return found if sees_platform(rules, found) else None


def launch(rules: Rules, score: Row) -> Row | None:
    """The launch of a grade, where it is in sight."""
    found = rules.rows.one("lti_launches", score["launch_id"])
    return found if sees(rules, found) else None


def lesson(rules: Rules, launch: Row) -> Row | None:
    """The lesson that was launched, where its course is in sight."""
    found = rules.rows.of("lessons", "id", launch["lesson_id"])
    return found[0] if found and sees_lesson(rules, found[0]) else None


def progress(rules: Rules, launch: Row) -> list[Row]:
    """How far the learner of a launch is with the lessons of its course; nothing without a learner or a course."""
    found = rules.rows.of("students", "id", launch["student_id"])
    courses = rules.rows.of("courses", "id", launch["course_id"])
    if not found or not courses or not sees_learner(rules, found[0]):
        return []
    return lesson_states(rules, found[0]["id"], courses[0])


def unlocked(student: Row | list[Row] | None) -> Row | None:
    """A student whose account is not locked."""
    return student if isinstance(student, dict) and student["locked_at"] is None else None
