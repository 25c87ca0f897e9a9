"""Rules of students: which are listed, how lists are filtered, and what a viewer may do with one."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from db import students as rows
from db.japan import JAPAN
from db.predicates import Columns, Condition, among, contains
from resolvers.access import require
from resolvers.context import Request, Viewer
from resolvers.courses import takes_category
from resolvers.engine.declare import Filter, Lookup, Switch
from resolvers.errors import Forbidden, Mistake
from resolvers.events import Event, EventType, emit
from resolvers.organizations import OF_ORGANIZATION
from resolvers.policy import Operation, Position, Reach, reach
from resolvers.text import keyword, text, texts

LISTED = rows.not_locked

SEARCH_FILTERS = (
    Filter("filter.keyword", lambda c, value: contains(c["search_key"], value), keyword),
    Filter("filter.sectionCode", rows.in_section, text),
    Filter("filter.groupCode", rows.in_group, text),
    Filter("filter.uids", lambda c, value: among(c["uid"], value), texts("uids")),
    Filter("filter.kanaGroup", lambda c, value: c["kana_group"] == value),
    Lookup("filter.courseCategory", takes_category),
    Switch("filter.allYears", False, rows.in_year),
    Switch("filter.includeOutOfPeriod", False, rows.in_period),
    Switch("filter.excludeDemo", True, lambda c: ~c["demo"]),
    Filter("filter.schoolGrade", rows.in_grade),
)
STUDENT_FILTERS = (*OF_ORGANIZATION, *SEARCH_FILTERS)

ONE_STUDENT = (Filter("uid", lambda c, value: c["uid"] == value, text),)

# The lesson package list looks for keywords in uid and code alone, and shows everyone of the organization in period.
HOLDER_FILTERS = (
    *OF_ORGANIZATION,
    Filter("keyword", lambda c, value: contains(c["account_key"], value), keyword),
    Filter("uids", lambda c, value: among(c["uid"], value), texts("uids")),
    Lookup("courseCategory", takes_category),
)


def listed_now(columns: Columns) -> Condition:
    """Neither locked nor out of period."""
    return rows.not_locked(columns) & rows.in_period(columns)


def what_viewer_may(students: Sequence[Any], viewer: Viewer) -> list[list[str]]:
    """Per student the operations of the role matrix that this viewer may carry out on that student."""
    return [[operation.value for operation in OPERATIONS if may(viewer, operation, student)] for student in students]


OPERATIONS = (Operation.STUDENTS, Operation.LESSON_PACKAGES, Operation.UPDATE_SELF)


def may(viewer: Viewer, operation: Operation, student: Any) -> bool:
    """Whether one operation reaches one student."""
    if viewer.standing.everything(operation):
        return True
    return is_oneself(viewer, operation, student) or student.organization_id in viewer.reaches(operation)


def is_oneself(viewer: Viewer, operation: Operation, student: Any) -> bool:
    """Whether the student is the viewer, and the operation is one that students carry out on themselves."""
    oneself = Position.STUDENT in viewer.positions and student.id == viewer.student_id
    return oneself and reach(operation, Position.STUDENT) is Reach.SELF


async def update_school_profile(request: Request, *, school_code: str, date_of_birth: date) -> list[Mistake]:
    """Let a student change the own school and date of birth (生徒自身の学校・生年月日更新).

    Forbidden for everyone else. Gives the mistakes, and then nothing was changed.
    """
    viewer = require(request.viewer, Operation.UPDATE_SELF, "Mutation.updateMySchoolProfile")
    if viewer.student_id is None:
        raise Forbidden("Only students change their own school and date of birth.", reason="operation_not_allowed")
    if mistakes := birth_mistakes(request, date_of_birth):
        return mistakes
    async with request.writing() as transaction:
        if not await rows.school_exists(transaction, text(school_code)):
            return [Mistake(("schoolCode",), "SCHOOL_UNKNOWN", "There is no school with this code.")]
        changes = {"school_code": school_code, "date_of_birth": date_of_birth}
        changed = await rows.update(transaction, viewer.student_id, changes, now=request.now)
        if changed.fields:
            body: dict[str, object] = {"changed": list(changed.fields)}
            event = Event(EventType.STUDENT_UPDATED, changed.organization_id, "Student", viewer.student_id, body)
            await emit(transaction, event, request.now)
    return []


def birth_mistakes(request: Request, date_of_birth: date) -> list[Mistake]:
    """A date of birth lies in the past, Japan time, and not before 1900."""
    today = request.now.astimezone(JAPAN).date()
    if date_of_birth >= today:
        return [Mistake(("dateOfBirth",), "DATE_IN_FUTURE", "A date of birth lies in the past.")]
    if date_of_birth.year < 1900:
        return [Mistake(("dateOfBirth",), "DATE_TOO_EARLY", "A date of birth is not before 1900.")]
    return []
