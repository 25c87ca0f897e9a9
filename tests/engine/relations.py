"""The rows behind each relation and connection of the graph."""

from collections.abc import Callable
from typing import Any, TypeAlias

from tests.engine import (
    accessed,
    belonging,
    collected,
    exported,
    filled,
    forwarded,
    imported,
    launched,
    learned,
    signing_on,
    subscribed,
    told,
)
from tests.engine.asked import Arguments, Asked
from tests.engine.matching import found_in_names, is_called, is_course, is_named, is_school
from tests.engine.rows import Row
from tests.engine.rules import Rules, found_in, listed, ordered

Found: TypeAlias = Row | list[Row] | None


def own_organization(rules: Rules, _: Asked, row: Row) -> Found:
    """The organization that a row names, where it is in reach."""
    return one([o for o in rules.organizations() if o["id"] == row["organization_id"]])


def children(rules: Rules, _: Asked, row: Row) -> Found:
    """Child organizations in reach."""
    return ordered([o for o in rules.organizations() if o["parent_id"] == row["id"]], "code", "id")


def course(rules: Rules, _: Asked, row: Row) -> Found:
    """The course that a row names, where it is in sight."""
    return one([c for c in rules.rows.of("courses", "id", row["course_id"]) if rules.sees_course(c)])


def student(rules: Rules, _: Asked, row: Row) -> Found:
    """The student whom a row names, where in sight."""
    return one([s for s in rules.students() if s["id"] == row["student_id"]])


def student_units(rules: Rules, asked: Asked, row: Row) -> Found:
    """The sections or groups of a student."""
    return units_of(rules, "student", asked.name, row)


def tags(rules: Rules, _: Asked, row: Row) -> Found:
    """The tags of a notice."""
    linked = rules.linked("information_tagged", "information_id", row["id"], "tag_key", "information_tags", "key")
    return ordered(linked, "seq", "key")


def items(rules: Rules, asked: Asked, row: Row) -> Found:
    """The items of a training."""
    wanted = asked.arguments.get("type")
    return [i for i in learned.below(rules, "training_items", "training_id", row) if learned.is_code(wanted, i["type"])]


def account(rules: Rules, user: object) -> Found:
    """An account, called as the person behind it is: as a student, or else as staff.

    A demo token does not show the name of a student who is no demo student.
    """
    row = rules.rows.one("users", user)
    students = [one for one in rules.rows.of("students", "id", user) if one["demo"] or not rules.access.demo]
    people = [*students, *rules.rows.of("staff", "id", user)]
    names = [f"{person['last_name']} {person['first_name']}" for person in people]
    return {**row, "user_id": user, "name": [*names, row["uid"]][0]}


RELATIONS: dict[str, Callable[[Rules, Asked, Row], Found]] = {
    "Viewer.student": student,
    "Query.subscriptionPlans": lambda rules, _asked, _row: ordered(rules.rows["subscription_plans"], "seq", "code"),
    "Viewer.account": lambda rules, _, row: account(rules, row["user_id"]),
    "Viewer.staff": lambda rules, _, row: one(rules.rows.of("staff", "id", row["staff_id"])),
    "Viewer.organization": own_organization,
    "Section.organization": own_organization,
    "Group.organization": own_organization,
    "Student.organization": own_organization,
    "Organization.parent": lambda rules, _, row: one([o for o in rules.organizations() if o["id"] == row["parent_id"]]),
    "Organization.children": children,
    "Organization.domains": lambda rules, _, row: belonging.domains(rules, row),
    "Organization.branding": lambda rules, _, row: belonging.branding(rules, row),
    "Member.student": lambda rules, _, row: belonging.student(rules, row),
    "Staff.sections": lambda rules, _, row: units_of(rules, "staff", "sections", row),
    "Student.sections": student_units,
    "Student.groups": student_units,
    "Student.school": lambda rules, _, row: one(rules.rows.of("schools", "code", row["school_code"])),
    "Student.schoolGrade": lambda rules, _, row: rules.grade(row),
    "Student.courses": lambda rules, asked, row: rules.student_courses(row, asked.arguments),
    "School.prefecture": lambda rules, _, row: one(rules.rows.of("prefectures", "code", row["prefecture_code"])),
    "StudentCourse.course": course,
    "LessonPackage.course": course,
    "Course.subject": lambda rules, _, row: one(rules.shared(rules.rows.of("subjects", "key", row["subject_key"]))),
    "Course.level": lambda rules, _, row: one(rules.shared(rules.rows.of("levels", "key", row["level_key"]))),
    "Course.lessonPackages": lambda rules, _, row: ordered(
        rules.shared(rules.rows.of("lesson_packages", "course_id", row["id"])), "seq", "code"
    ),
    "StudentCourse.lessonPackages": lambda rules, _, row: rules.student_packages(row),
    "StudentLessonPackage.latestProgress": lambda rules, _, row: rules.latest(row),
    "Information.tags": tags,
    "Information.attachments": lambda rules, _, row: ordered(
        rules.rows.of("information_attachments", "information_id", row["id"]), "seq", "id"
    ),
    "Enrollment.student": lambda rules, _, row: rules.rows.one("students", row["student_id"]),
    "Enrollment.course": course,
    "Lesson.course": course,
    "Course.lessons": lambda rules, _, row: learned.below(rules, "lessons", "course_id", row),
    "Lesson.trainings": lambda rules, _, row: learned.below(rules, "trainings", "lesson_id", row),
    "Training.lesson": lambda rules, _, row: rules.rows.one("lessons", row["lesson_id"]),
    "Training.items": items,
    "TrainingItem.training": lambda rules, _, row: rules.rows.one("trainings", row["training_id"]),
    "LessonProgress.student": student,
    "ActivityPoint.student": student,
    "ActivityPoint.course": course,
    "LessonProgress.lesson": lambda rules, _, row: rules.rows.one("lessons", row["lesson_id"]),
    "Student.learner": lambda rules, _, row: learned.learner(rules, row),
    "Learner.student": student,
    "Learner.skills": lambda rules, _, row: learned.skills(rules, row),
    "Learner.cefrHistory": lambda rules, asked, row: learned.changes(rules, asked.arguments, row),
    "Learner.achievements": lambda rules, _, row: learned.achievements(rules, row),
    "Learner.activity": lambda rules, asked, row: learned.activity(rules, asked.arguments, row),
    "Webhook.organization": own_organization,
    "Import.organization": own_organization,
    "XapiEndpoint.organization": own_organization,
    "LtiPlatform.organization": own_organization,
    "SsoConfiguration.organization": own_organization,
    "Organization.sso": lambda rules, _, row: one(signing_on.of_organization(rules, row["id"])),
    "LtiLaunch.platform": lambda rules, _, row: launched.platform(rules, row),
    "LtiLaunch.student": lambda rules, asked, row: launched.unlocked(student(rules, asked, row)),
    "LtiLaunch.course": course,
    "LtiLaunch.lesson": lambda rules, _, row: launched.lesson(rules, row),
    "LtiLaunch.progress": lambda rules, _, row: launched.progress(rules, row),
    "LtiRoster.platform": lambda rules, _, row: launched.platform(rules, row),
    "LtiRoster.section": lambda rules, _, row: filled.section(rules, row),
    "LtiScore.launch": lambda rules, _, row: launched.launch(rules, row),
    "Organization.subscription": lambda rules, _, row: subscribed.of_organization(rules, row),
    "BillingSubscription.plan": lambda rules, _, row: subscribed.plan(rules, row),
    "BillingSubscription.organization": own_organization,
    "AccessRecord.reader": lambda _rules, _, row: row,
    "AccessRecord.organization": own_organization,
    "AccessRecord.roleChange": lambda _rules, _, row: row if row["kind"] == "role_change" else None,
    "Organization.compliance": lambda rules, _, row: accessed.compliance(rules, row),
    "Webhook.lastDelivery": lambda rules, _, row: told.last_delivery(rules, row),
    "CollectedUsage.student": lambda rules, _, row: collected.student(rules, row),
    "Delivery.attempts": lambda rules, _, row: told.attempts(rules, row),
    "Learner.lessonProgress": lambda rules, asked, row: learned.lessons_of_learner(rules, asked.arguments, row),
}


def is_relation(asked: Asked) -> bool:
    """Whether a field shows the rows of a relation, and not the one row that a root finds."""
    return f"{asked.parent.name}.{asked.name}" in RELATIONS


def relation(rules: Rules, asked: Asked, row: Row) -> Found:
    """The row or rows behind a field that is no connection."""
    return RELATIONS[f"{asked.parent.name}.{asked.name}"](rules, asked, row)


def units_of(rules: Rules, owner: str, table: str, row: Row) -> list[Row]:
    """The sections or groups of a person that are in reach."""
    singular = table.removesuffix("s")
    linked = rules.linked(f"{owner}_{table}", f"{owner}_id", row["id"], f"{singular}_id", table)
    return ordered([unit for unit in linked if rules.access.reaches(table, unit["organization_id"])], "seq", "id")


# What a root field finds by its number among these.
NUMBERED: dict[str, Callable[[Rules], list[Row]]] = {
    "upstream": collected.upstreams,
    "webhook": told.webhooks,
    "export": exported.exports,
    "xapiEndpoint": forwarded.endpoints,
    "ltiPlatform": launched.platforms,
    "ltiLaunch": launched.launches,
}


def root(rules: Rules, asked: Asked) -> Row | None:
    """The one row that a root field finds."""
    given = asked.arguments
    match asked.name:
        case "student":
            found = [row for row in rules.students() if row["uid"] == given["uid"]]
            return one([row for row in found if row["locked_at"] is None])
        case "course":
            return one(
                [row for row in rules.rows["courses"] if rules.sees_course(row) and is_called(rules, row, given)]
            )
        case "publicCourse":
            return one([row for row in public_courses(rules) if row["slug"] == given["slug"]])
        case "learner":
            return learned.learner(rules, learned.learner_asked(rules, given))
        case "organization":
            return one([row for row in rules.organizations() if is_named(row, given)])
        case "memberImport":
            return one(imported.one(rules, given))
        case "ssoConfiguration":
            return one(signing_on.asked(rules, given))
        case name if name in NUMBERED:
            return one([row for row in NUMBERED[name](rules) if row["id"] == given["legacyId"]])
    raise LookupError(f"The oracle does not know Query.{asked.name}.")


def listed_students(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of students."""
    filters: Any = given.get("filter") or {}
    return [s for s in of_named(rules, rules.students(), given) if rules.matches(s, filters)]


def listed_holders(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of students with lesson packages."""
    return [s for s in of_named(rules, rules.students(), given) if rules.in_use(s) and holds(rules, s, given)]


def listed_units(table: str) -> Callable[[Rules, Arguments, Row], list[Row]]:
    """The list of sections or groups."""

    def rows(rules: Rules, given: Arguments, _: Row) -> list[Row]:
        return [unit for unit in of_named(rules, rules.units(table), given) if found_in_names(unit, given)]

    return rows


def listed_courses(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of courses."""
    filters: Any = given.get("filter") or {}
    seen = [row for row in rules.rows["courses"] if rules.sees_course(row)]
    found = [row for row in seen if found_in_names(row, filters) and is_course(row, filters)]
    return [row for row in found if filters.get("published") in (None, rules.is_published(row))]


def public_courses(rules: Rules) -> list[Row]:
    """Published courses; with a demo token demo courses only."""
    return [row for row in rules.rows["courses"] if rules.is_published(row) and rules.sees_course(row)]


def listed_public_courses(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The list of published courses."""
    filters: Any = given.get("filter") or {}
    return [row for row in public_courses(rules) if found_in_names(row, filters) and is_course(row, filters)]


def units_below(table: str) -> Callable[[Rules, Arguments, Row], list[Row]]:
    """The sections or groups of an organization."""

    def rows(rules: Rules, given: Arguments, row: Row) -> list[Row]:
        own = rules.rows.of(table, "organization_id", row["id"])
        reached = [unit for unit in own if rules.access.reaches(table, unit["organization_id"])]
        return [unit for unit in reached if found_in_names(unit, given)]

    return rows


def students_below(rules: Rules, given: Arguments, row: Row) -> list[Row]:
    """The students of an organization."""
    filters: Any = given.get("filter") or {}
    own = rules.rows.of("students", "organization_id", row["id"])
    return [s for s in own if rules.sees_student(s) and rules.matches(s, filters)]


def students_linked(link: str, column: str) -> Callable[[Rules, Arguments, Row], list[Row]]:
    """The students in use now that a link table leads to."""

    def rows(rules: Rules, _: Arguments, row: Row) -> list[Row]:
        linked = rules.linked(link, column, row["id"], "student_id", "students")
        return [s for s in linked if rules.sees_student(s) and rules.in_use(s)]

    return rows


LISTINGS: dict[str, Callable[[Rules, Arguments, Row], list[Row]]] = {
    "Query.organizations": lambda rules, given, _: [
        o for o in rules.organizations() if is_named(o, given) and found_in_names(o, given)
    ],
    "Query.sections": listed_units("sections"),
    "Query.groups": listed_units("groups"),
    "Query.students": listed_students,
    "Query.studentsWithLessonPackages": listed_holders,
    "Query.schools": lambda rules, given, _: [s for s in rules.rows["schools"] if is_school(s, given)],
    "Query.courses": listed_courses,
    "Query.apiTokens": lambda rules, _given, _row: [
        token for token in rules.rows.of("api_tokens", "user_id", rules.access.user_id) if token["revoked_at"] is None
    ],
    "Query.publicCourses": listed_public_courses,
    "Query.lessons": learned.lessons,
    "Query.trainings": learned.trainings,
    "Query.trainingItems": learned.items,
    "Query.lessonProgress": learned.lesson_progress,
    "Query.progressHistory": learned.history,
    "Query.informations": lambda rules, given, _: rules.informations(given),
    "Query.usageRecords": lambda rules, given, _: rules.usage(given),
    "Query.webhooks": lambda rules, _given, _row: told.webhooks(rules),
    "Query.exports": exported.listed,
    "Query.enrollments": learned.all_enrollments,
    "Query.learnerProgress": learned.all_progress,
    "Query.learnerActivity": learned.all_activity,
    "Webhook.deliveries": told.deliveries,
    "Query.upstreams": lambda rules, _given, _row: collected.upstreams(rules),
    "Query.collectedUsage": lambda rules, given, _row: collected.records(rules, given),
    "Upstream.records": collected.records_of,
    "Query.xapiEndpoints": lambda rules, _given, _row: forwarded.endpoints(rules),
    "XapiEndpoint.statements": forwarded.statements,
    "Query.ltiPlatforms": lambda rules, _given, _row: launched.platforms(rules),
    "Query.ltiLaunches": launched.listed,
    "Query.ltiScores": launched.scores,
    "LtiPlatform.launches": launched.launches_of,
    "LtiLaunch.scores": launched.scores_of,
    "Query.ltiRosters": filled.listed,
    "LtiPlatform.rosters": filled.rosters_of,
    "Query.memberImports": imported.listed,
    "Import.rows": imported.rows,
    "Import.errors": imported.errors,
    "Query.accessLog": accessed.listed,
    "AccessRecord.students": accessed.students_of,
    "Student.accesses": accessed.accesses_of,
    "Prefecture.schools": lambda rules, _, row: rules.rows.of("schools", "prefecture_code", row["code"]),
    "Organization.sections": units_below("sections"),
    "Organization.groups": units_below("groups"),
    "Organization.students": students_below,
    "Organization.members": belonging.members,
    "Query.members": belonging.listed,
    "Section.students": students_linked("student_sections", "section_id"),
    "Group.students": students_linked("student_groups", "group_id"),
    "Course.students": students_linked("enrollments", "course_id"),
    "Course.enrollments": lambda rules, given, row: learned.enrollments(rules, given, "course_id", row),
    "Student.enrollments": lambda rules, given, row: learned.enrollments(rules, given, "student_id", row),
}


def listing(rules: Rules, asked: Asked, row: Row) -> list[Row]:
    """All rows of a connection, before they are ordered and cut; the row of a root is empty."""
    return LISTINGS[f"{asked.parent.name}.{asked.name}"](rules, asked.arguments, row)


def of_named(rules: Rules, rows: list[Row], given: Arguments) -> list[Row]:
    """The rows of the organization that is named; all of them where none is."""
    named = rules.organization(given)
    return [row for row in rows if named in (None, row["organization_id"])]


def holds(rules: Rules, student: Row, given: Arguments) -> bool:
    """The filters of the list of students with lesson packages."""
    category, uids = given.get("courseCategory"), given.get("uids")
    found = found_in(given.get("keyword"), student["uid"], student["code"])
    taken = category is None or rules.takes(student, category)
    return found and taken and (uids is None or student["uid"] in listed(uids))


def one(rows: list[Row]) -> Row | None:
    """The only row, or none."""
    return rows[0] if rows else None
