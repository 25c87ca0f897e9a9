"""The demo's rows of everything but people: organizations, courses, schools, notices."""

from datetime import timedelta

from sqlalchemy import Table

from db.billing.tables import subscription_plans
from db.courses import courses, lesson_packages, levels, subjects
from db.demo.content import Ids, Row, Rows, TableRows, place, read, without
from db.demo.days import Days
from db.lessons import lessons, training_items, trainings
from db.notices import (
    information_attachments,
    information_organizations,
    information_roles,
    information_systems,
    information_tagged,
    information_tags,
    informations,
)
from db.organizations import groups, named, organizations, sections
from db.progress.derived import achievements
from db.students import prefectures, school, school_grades, schools

# Courses of Talktiko are numbered from here, and what they consist of from a hundred times that.
FIRST_COURSE = 500


def references() -> TableRows:
    """The lists that other rows refer to; every installation has the same."""
    yield prefectures, read("prefectures")
    yield school_grades, read("school_grades")
    for table in (subjects, levels, information_tags, subscription_plans, achievements):
        yield table, [{**row, "seq": seq} for seq, row in enumerate(read(table.name), 1)]


def things(days: Days, ids: Ids) -> TableRows:
    """The rows of each table, after those of the tables that they refer to."""
    yield organizations, [organization(row, days, ids) for row in read("organizations")]
    yield sections, [unit(row, days, ids) | {"id": ids.sections[place(row)]} for row in read("sections")]
    yield groups, [unit(row, days, ids) | {"id": ids.groups[place(row)]} for row in read("groups")]
    yield courses, [course(row, days, ids) for row in read("courses")]
    yield courses, [english_course(row, days) for row in read("english_courses")]
    yield from taught(read("english_courses"), days)
    yield lesson_packages, [lesson_package(row, days, ids) for row in read("lesson_packages")]
    yield schools, [school(**row, updated_at=days.now) for row in read("schools")]
    yield from notices(read("informations"), days, ids)


def organization(row: Row, days: Days, ids: Ids) -> Row:
    """One organization; its parent is named before it."""
    parent_id = ids.organizations.get(row["parent_code"])
    trial: Row = {name: days.moment(row[name]) for name in ("trial_started_at", "trial_ends_at")}
    return named(**without(row, "parent_code", *trial), **trial, parent_id=parent_id, updated_at=days.now)


def unit(row: Row, days: Days, ids: Ids) -> Row:
    """One section or group, but for its id."""
    organization_id = ids.organizations[row["organization_code"]]
    return named(**without(row, "organization_code"), organization_id=organization_id, updated_at=days.now)


def course(row: Row, days: Days, ids: Ids) -> Row:
    """One course, with its days as they fall this year."""
    return named(
        **without(row, "subject", "level", "start_date", "end_date"),
        id=ids.courses[row["code"]],
        subject_key=row["subject"],
        level_key=row["level"],
        start_date=days.day(row["start_date"]),
        end_date=days.day(row["end_date"]),
        updated_at=days.now,
    )


def english_course(row: Row, days: Days) -> Row:
    """One course of Talktiko, which was published a year ago, or is a draft; it is numbered by its place."""
    published_at = days.now - timedelta(days=400) if row["published"] else None
    more: Row = {"published_at": published_at, "lessons_count": len(row["lessons"]), "updated_at": days.now}
    number = FIRST_COURSE + row["seq"]
    return named(**without(row, "published", "lessons", "seq"), origin="talktiko", id=number, seq=number, **more)


def taught(rows: Rows, days: Days) -> TableRows:
    """The lessons of courses, their trainings and items. They are numbered by what they belong to."""
    found: dict[Table, Rows] = {lessons: [], trainings: [], training_items: []}
    for course_row in rows:
        course_id = FIRST_COURSE + course_row["seq"]
        for lesson in course_row["lessons"]:
            ids = {"course_id": course_id, "lesson_id": course_id * 100 + lesson["seq"]}
            own = without(lesson, "trainings") | {"id": ids["lesson_id"], "course_id": course_id}
            found[lessons].append(own | {"updated_at": days.now})
            for training in lesson["trainings"]:
                id_ = ids["lesson_id"] * 100 + training["seq"]
                found[trainings].append(without(training, "items") | ids | {"id": id_, "updated_at": days.now})
                found[training_items] += [
                    item | ids | {"id": id_ * 100 + item["seq"], "training_id": id_, "updated_at": days.now}
                    for item in training["items"]
                ]
    yield from found.items()


def lesson_package(row: Row, days: Days, ids: Ids) -> Row:
    """One lesson package."""
    id_, course_id = ids.lesson_packages[row["code"]], ids.courses[row["course_code"]]
    return without(row, "course_code") | {"id": id_, "course_id": course_id, "updated_at": days.now}


def notices(rows: Rows, days: Days, ids: Ids) -> TableRows:
    """The notices, and whom each is for."""
    addresses = ("systems", "roles", "organizations", "tags", "attachments")
    yield (
        informations,
        [without(row, *addresses) | {name: days.moment(row[name]) for name in ("open_at", "close_at")} for row in rows],
    )
    yield information_systems, addressed(rows, "systems", "system")
    yield information_roles, addressed(rows, "roles", "role")
    yield information_tagged, addressed(rows, "tags", "tag_key")
    organized = addressed(rows, "organizations", "organization_id")
    yield (
        information_organizations,
        [row | {"organization_id": ids.organizations[row["organization_id"]]} for row in organized],
    )
    attached = [(row["id"], seq, file) for row in rows for seq, file in enumerate(row["attachments"], 1)]
    yield information_attachments, [file | {"information_id": id_, "seq": seq} for id_, seq, file in attached]


def addressed(rows: Rows, listed: str, column: str) -> Rows:
    """A row for each entry of a notice's list."""
    return [{"information_id": row["id"], column: entry} for row in rows for entry in row[listed]]
