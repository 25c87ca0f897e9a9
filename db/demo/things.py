"""The demo's rows of everything but people: organizations, courses, schools, notices."""

from db.courses import courses, lesson_packages, levels, subjects
from db.demo.content import Ids, Row, Rows, TableRows, place, read, without
from db.demo.days import Days
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
from db.students import prefectures, school, school_grades, schools


def references() -> TableRows:
    """The lists that other rows refer to; every installation has the same."""
    yield prefectures, read("prefectures")
    yield school_grades, read("school_grades")
    for table in (subjects, levels, information_tags):
        yield table, [{**row, "seq": seq} for seq, row in enumerate(read(table.name), 1)]


def things(days: Days, ids: Ids) -> TableRows:
    """The rows of each table, after those of the tables that they refer to."""
    yield organizations, [organization(row, days, ids) for row in read("organizations")]
    yield sections, [unit(row, days, ids) | {"id": ids.sections[place(row)]} for row in read("sections")]
    yield groups, [unit(row, days, ids) | {"id": ids.groups[place(row)]} for row in read("groups")]
    yield courses, [course(row, days, ids) for row in read("courses")]
    yield lesson_packages, [lesson_package(row, days, ids) for row in read("lesson_packages")]
    yield schools, [school(**row, updated_at=days.now) for row in read("schools")]
    yield from notices(read("informations"), days, ids)


def organization(row: Row, days: Days, ids: Ids) -> Row:
    """One organization; its parent is named before it."""
    parent_id = ids.organizations.get(row["parent_code"])
    return named(**without(row, "parent_code"), parent_id=parent_id, updated_at=days.now)


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
