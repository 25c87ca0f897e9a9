"""Rules of learners: whose progress is asked for, and how it is filtered."""

from db.json_text import Expression
from db.predicates import Columns, Condition, parameter
from db.students import student_in
from resolvers.courses import OF_COURSE
from resolvers.engine.declare import Bind, Check, Filter, Given, Lookup
from resolvers.errors import BadInput, NotFound
from resolvers.organizations import OF_ORGANIZATION
from resolvers.policy import STUDENT_ID, Operation, Standing
from resolvers.scopes import student_in_reach

STUDENT = "studentLegacyId"


def is_oneself(columns: Columns) -> Condition:
    """The learner is the viewer."""
    return columns["student_id"] == parameter(STUDENT_ID)


def not_locked(columns: Columns) -> Condition:
    """Learners who are locked are not shown."""
    return columns["locked_at"].is_(None)


def begun(columns: Columns) -> Condition:
    """Lessons that a learner did something with, of learners who are not locked."""
    return columns["updated_at"].is_not(None) & not_locked(columns)


OF_STUDENT = Filter(STUDENT, lambda c, value: c["student_id"] == value, otherwise=is_oneself)
LEARNER_FILTERS = (OF_STUDENT,)
LESSON_PROGRESS_FILTERS = (OF_STUDENT, OF_COURSE)
ACTIVITY_FILTERS = (
    Filter("granularity", lambda c, value: c["granularity"] == value),
    Filter("since", lambda c, value: c["period"] >= value),
    Filter("until", lambda c, value: c["period"] <= value),
    Lookup(OF_COURSE.argument, OF_COURSE.predicate, OF_COURSE.clean, otherwise=lambda c: c["course_id"].is_(None)),
)
HISTORY_FILTERS = (OF_STUDENT, *ACTIVITY_FILTERS)
# Over all learners within reach.
LEARNER_ACTIVITY_FILTERS = (*OF_ORGANIZATION, *ACTIVITY_FILTERS)
LEARNER_PROGRESS_FILTERS = (
    *OF_ORGANIZATION,
    OF_COURSE,
    Filter("updatedFrom", lambda c, value: c["updated_at"] >= value),
    Filter("updatedTo", lambda c, value: c["updated_at"] <= value),
)
SKILL_FILTERS = (Filter("skill", lambda c, value: c["skill"] == value),)


def found_student(standing: Standing, bind: Bind) -> Expression:
    """The id of the learner who is asked for, where the viewer reaches that one; the viewer's own unless told."""
    bound = bind(STUDENT)

    def within(columns: Columns) -> Condition:
        return student_in_reach(standing, Operation.PROGRESS, columns, columns["id"]) & not_locked(columns)

    return student_in(parameter(STUDENT_ID) if bound is None else bound, within)


def refuse_student(found: object, given: Given, _standing: Standing) -> None:
    """Out of reach is not there; and who is no learner must say whose progress is meant."""
    if found is not None:
        return
    if given.get(STUDENT) is None:
        raise BadInput(
            f"You are no learner yourself: say whose progress you want ({STUDENT}).",
            reason="student_missing",
            field=STUDENT,
        )
    raise NotFound("There is no such learner within your reach.", reason="student_unknown", field=STUDENT)


LEARNER_IN_REACH = Check("student_found", found_student, refuse_student)
