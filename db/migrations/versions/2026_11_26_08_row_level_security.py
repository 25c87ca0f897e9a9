"""The second wall: on PostgreSQL a role of its own reads for the graph, and policies show it a viewer's rows alone.

Who looks stands in the settings of db/sight.py. What is not set is NULL or empty, and then no policy shows a row.
"""

from alembic import op

from db.migrations.policies import ROLE, SEES_ALL, expose, holds, in_reach, once, protect, shown
from db.migrations.roles import make_role

revision = "2026_11_26_08"
down_revision = "2026_11_26_07"

IS_OTHER = holds("false")
IS_INSIDER = holds(":standing in ('student', 'staff')")
IS_ANYONE = holds(":standing in ('nobody', 'student', 'staff')")
IS_STAFF, IS_STUDENT = holds(":standing = 'staff'"), holds(":standing = 'student'")
OWN_USER, OWN_STUDENT = once("nullif(:user, '')::bigint"), once("nullif(:student, '')::bigint")
OWN_UID = once("nullif(:uid, '')")
OWN_ROLES = once("nullif(:roles, '')::text[]")
# Production never sets `now`: tests have a clock of their own.
NOW = once("coalesce(nullif(:now, '')::timestamptz, now())")
ADDRESSES = "select from information_roles addressed where addressed.information_id = informations.id"


def of_student(table: str) -> str:
    """What students did: of those whom the policy of students shows."""
    everyone = holds(":students = 'all' and :demo = 'off'")
    return f"{everyone} or {shown('students', f'{table}.student_id')}"


def of_course(table: str) -> str:
    """What a course consists of, where the policy of courses shows it."""
    every = holds(":standing = 'staff' and :demo = 'off'")
    return f"{every} or {shown('courses', f'{table}.course_id')}"


def logged(name: str) -> str:
    """Changes of rows that are, or were, in the organizations that a setting lists."""
    return f"({in_reach(name, 'organization_before')} or {in_reach(name, 'organization_after')})"


# Read by the hundred for a page of students, and always through a student, whom the policy of students shows or not:
# asking that of each row again would cost as much as the page itself. A student sees the own rows alone.
BESIDE_STUDENT = f"{IS_STAFF} or student_id = {OWN_STUDENT}"
PUBLISHED = f"({IS_ANYONE} and origin = 'talktiko' and published_at <= {NOW})"

POLICIES = {
    "organizations": in_reach("organizations", "id"),
    "sections": in_reach("sections"),
    "groups": in_reach("groups"),
    "students": f"({in_reach('students')} or id = {OWN_STUDENT}) and ({SEES_ALL} or demo)",
    "courses": f"({IS_STAFF} or ({IS_STUDENT} and origin = 'diverse') or {PUBLISHED}) and ({SEES_ALL} or is_demo)",
    "informations": (
        f"{IS_OTHER} or ({IS_INSIDER} and open_at <= {NOW} and (close_at is null or close_at > {NOW})"
        f" and (not exists ({ADDRESSES}) or exists ({ADDRESSES} and addressed.role = any({OWN_ROLES}::text[]))))"
    ),
    "enrollments": f"{IS_OTHER} or {shown('students', 'enrollments.student_id', ' and seen.locked_at is null')}",
    "progress_events": f"(lesson_package_id is not null and ({BESIDE_STUDENT})) or {of_student('progress_events')}",
    "staff": f"{IS_OTHER} or uid = {OWN_UID}",
    "staff_sections": f"{IS_OTHER} or staff_id = {OWN_USER}",
    "users": f"{IS_OTHER} or id = {OWN_USER}",
    "api_tokens": f"{IS_OTHER} or user_id = {OWN_USER}",
    "subscription_plans": IS_ANYONE,
    # What pages that hold while rows change read of the log: of a kind of rows what the kind itself is shown of.
    "roster_changes": (
        f"{IS_OTHER} or ({IS_INSIDER} and ((type in ('student', 'enrollment') and {logged('students')})"
        f" or (type = 'organization' and {logged('organizations')}) or (type = 'section' and {logged('sections')})"
        f" or (type = 'group' and {logged('groups')}) or type = 'course'))"
    ),
    **{table: of_course(table) for table in ("lessons", "trainings", "training_items")},
    **{
        table: of_student(table)
        for table in (
            "learners",
            "training_progress",
            "lesson_progress",
            "activity",
            "cefr_skills",
            "cefr_changes",
            "learner_achievements",
        )
    },
    **dict.fromkeys(("student_years", "student_sections", "student_groups", "student_lesson_packages"), BESIDE_STUDENT),
    **dict.fromkeys(
        (
            "schools",
            "prefectures",
            "school_grades",
            "subjects",
            "levels",
            "lesson_packages",
            "achievements",
            "information_tags",
            "information_tagged",
            "information_attachments",
            "information_systems",
            "information_organizations",
            "information_roles",
        ),
        IS_INSIDER,
    ),
}
# Of these the graph reads some columns and never the others: password hashes, digests of tokens, solutions.
COLUMNS = {
    "users": "id, uid, email, locale, time_zone",
    "api_tokens": "id, user_id, name, abilities, created_at, expires_at, last_used_at, revoked_at, documents_only",
    "training_items": "id, course_id, lesson_id, training_id, type, skill, seq, payload, updated_at",
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    make_role(op.get_bind(), ROLE)
    for table, condition in POLICIES.items():
        protect(table, condition, COLUMNS.get(table, ""))


def downgrade() -> None:
    """The role stays: other databases of the cluster may have it too."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in POLICIES:
        expose(table, COLUMNS.get(table, ""))
