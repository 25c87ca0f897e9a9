"""Which rows of each table a viewer may see, from the matrix: a scope is part of what is declared of a type."""

from collections.abc import Callable
from typing import TypeAlias

from db.courses import in_course, is_of, is_published
from db.json_text import Expression
from db.predicates import Columns, Condition, among, any_of, everything, parameter
from db.students import of_demo_student, of_student
from resolvers.policy import STUDENT_ID, UID, USER_ID, Operation, Position, Reach, Standing, reach_name, widest

Scope: TypeAlias = Callable[[Standing, Columns], Condition]


def organization_rows(standing: Standing, columns: Columns) -> Condition:
    """Organizations in reach."""
    return in_reach(standing, Operation.ORGANIZATIONS, columns["id"])


def section_rows(standing: Standing, columns: Columns) -> Condition:
    """Sections of organizations in reach."""
    return in_reach(standing, Operation.SECTIONS, columns["organization_id"])


def group_rows(standing: Standing, columns: Columns) -> Condition:
    """Groups of organizations in reach."""
    return in_reach(standing, Operation.GROUPS, columns["organization_id"])


def student_rows(standing: Standing, columns: Columns) -> Condition:
    """Students of organizations in reach, and for a student the person alone; demo tokens see demo rows only."""
    return student_in_reach(standing, Operation.STUDENTS, columns, columns["id"])


def student_in_reach(standing: Standing, operation: Operation, columns: Columns, id_: Expression) -> Condition:
    """Rows of students whom an operation reaches: of organizations in its reach, and for a student the person alone."""
    conditions = [in_reach(standing, operation, columns["organization_id"])]
    if Position.STUDENT in standing.positions:
        conditions.append(id_ == parameter(STUDENT_ID))
    rows = any_of(conditions)
    return rows & columns["demo"] if standing.demo else rows


def of_students(standing: Standing, columns: Columns) -> Condition:
    """Rows that hang on a student (`student_id`); they are read through students only, whose scope decides."""
    return everything() if standing.may(Operation.LESSON_PACKAGES) else any_of([])


def staff_rows(standing: Standing, columns: Columns) -> Condition:
    """A member of staff sees the own row."""
    return columns["uid"] == parameter(UID)


def course_rows(standing: Standing, columns: Columns) -> Condition:
    """All courses of Diverse for every role, those of Talktiko once they are published, and for staff before that too.

    Who has no token sees published courses of Talktiko. Demo tokens see demo courses only.
    """
    if not standing.positions:
        return is_published(columns)
    rows = everything() if standing.is_staff else is_of(columns, "diverse") | is_published(columns)
    return rows & columns["is_demo"] if standing.demo else rows


def lesson_rows(standing: Standing, columns: Columns) -> Condition:
    """Lessons, and what they consist of, of courses in sight (`course_id`)."""
    if standing.is_staff and not standing.demo:
        return everything()
    return in_course(columns["course_id"], lambda courses: course_rows(standing, courses))


def learner_rows(standing: Standing, columns: Columns) -> Condition:
    """What learners achieved: of organizations in reach, and of a student the own; demo tokens see demo rows only."""
    return student_in_reach(standing, Operation.PROGRESS, columns, columns["student_id"])


def lesson_state_rows(standing: Standing, columns: Columns) -> Condition:
    """How far learners in reach are with lessons of courses in sight."""
    return learner_rows(standing, columns) & lesson_rows(standing, columns)


def of_learners(standing: Standing, columns: Columns) -> Condition:
    """Rows that hang on a learner; they are read through learners only, whose scope decides."""
    return everything() if standing.may(Operation.PROGRESS) else any_of([])


def enrollment_rows(standing: Standing, columns: Columns) -> Condition:
    """Enrollments of students in sight who are not locked."""
    return of_student(
        columns["student_id"],
        lambda students: student_rows(standing, students) & students["locked_at"].is_(None),
    )


def all_rows(_standing: Standing, _columns: Columns) -> Condition:
    """Rows that are for everyone, also without a token."""
    return everything()


def own_rows(standing: Standing, columns: Columns) -> Condition:
    """Rows of the viewer's own account (`user_id`)."""
    return columns["user_id"] == parameter(USER_ID)


def shared_rows(standing: Standing, columns: Columns) -> Condition:
    """Reference rows (schools, names of grades and subjects): for everyone who may come in."""
    return everything() if standing.positions else any_of([])


def usage_rows(standing: Standing, columns: Columns) -> Condition:
    """The usage feed is for system operators; demo tokens see what demo students did only."""
    if not standing.everything(Operation.USAGE_FEED):
        return any_of([])
    return columns["demo"] if standing.demo else everything()


def collected_rows(standing: Standing, columns: Columns) -> Condition:
    """What was collected is shown as the own feed is; whom we do not know is no demo student."""
    if not standing.everything(Operation.USAGE_FEED):
        return any_of([])
    return of_demo_student(columns["uid"]) if standing.demo else everything()


def webhook_rows(standing: Standing, columns: Columns) -> Condition:
    """Webhooks and their deliveries, of organizations in reach; demo tokens see none, for none is a demo row."""
    return of_no_demo(standing, Operation.WEBHOOKS, columns)


def of_webhooks(standing: Standing, _columns: Columns) -> Condition:
    """Rows that hang on a delivery; they are read through it only, and its scope decides."""
    return everything() if standing.may(Operation.WEBHOOKS) and not standing.demo else any_of([])


def export_rows(standing: Standing, columns: Columns) -> Condition:
    """One's own exports: they hold what their owner may see. Demo tokens see none, for none is a demo row."""
    if standing.demo or not standing.may(Operation.EXPORTS):
        return any_of([])
    return columns["owner_id"] == parameter(USER_ID)


def upstream_rows(standing: Standing, _columns: Columns) -> Condition:
    """Upstreams are for system operators; demo tokens see none, for none is a demo row."""
    return everything() if standing.everything(Operation.UPSTREAMS) and not standing.demo else any_of([])


def xapi_rows(standing: Standing, columns: Columns) -> Condition:
    """XAPI endpoints and their statements, of organizations in reach; demo tokens see none."""
    return of_no_demo(standing, Operation.XAPI, columns)


def lti_rows(standing: Standing, columns: Columns) -> Condition:
    """LTI platforms and their rosters, of organizations in reach; demo tokens see none, for none is a demo row."""
    return of_no_demo(standing, Operation.LTI, columns)


def sso_rows(standing: Standing, columns: Columns) -> Condition:
    """Configurations of single sign-on, of organizations in reach; demo tokens see none, for none is a demo row."""
    return of_no_demo(standing, Operation.SSO, columns)


def launch_rows(standing: Standing, columns: Columns) -> Condition:
    """Launches and grades of organizations in reach, and of a student the own; demo tokens see none."""
    if standing.demo:
        return any_of([])
    rows = [in_reach(standing, Operation.LAUNCHES, columns["organization_id"])]
    if Position.STUDENT in standing.positions:
        rows.append(columns["student_id"] == parameter(STUDENT_ID))
    return any_of(rows)


def billing_rows(standing: Standing, columns: Columns) -> Condition:
    """Subscriptions of organizations in reach; demo tokens see none, for none is a demo row."""
    return of_no_demo(standing, Operation.BILLING, columns)


def import_rows(standing: Standing, columns: Columns) -> Condition:
    """Imports of members of organizations in reach; demo tokens see none, for none is a demo row."""
    return of_no_demo(standing, Operation.MEMBERS, columns)


def of_imports(standing: Standing, _columns: Columns) -> Condition:
    """Rows that hang on an import; they are read through it only, and its scope decides."""
    return everything() if standing.may(Operation.MEMBERS) and not standing.demo else any_of([])


def domain_rows(standing: Standing, columns: Columns) -> Condition:
    """What is said of organizations in reach (`organization_id`): their mail domains, and how they look."""
    return in_reach(standing, Operation.ORGANIZATIONS, columns["organization_id"])


def member_rows(standing: Standing, columns: Columns) -> Condition:
    """Who belongs to organizations in reach; demo tokens see demo rows only."""
    rows = in_reach(standing, Operation.MEMBERS, columns["organization_id"])
    return rows & columns["demo"] if standing.demo else rows


def access_rows(standing: Standing, columns: Columns) -> Condition:
    """The access log of organizations in reach; demo tokens see none of it."""
    return of_no_demo(standing, Operation.ACCESS_LOG, columns)


def compliance_rows(standing: Standing, columns: Columns) -> Condition:
    """Compliance documents of organizations in reach; like organizations they are shown to demo tokens too."""
    return in_reach(standing, Operation.COMPLIANCE, columns["organization_id"])


def of_no_demo(standing: Standing, operation: Operation, columns: Columns) -> Condition:
    """Rows of organizations (`organization_id`) that the operation reaches; demo tokens see none."""
    return any_of([]) if standing.demo else in_reach(standing, operation, columns["organization_id"])


def in_reach(standing: Standing, operation: Operation, column: Expression) -> Condition:
    """The column is an organization that the operation reaches."""
    match widest(operation, standing.positions):
        case Reach.ALL:
            return everything()
        case Reach.OWN | Reach.OWN_AND_CHILDREN:
            return among(column, parameter(reach_name(operation)))
    return any_of([])
