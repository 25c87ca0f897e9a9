"""Who belongs to an organization, and what is said of it, by field and by whom: plain loops over plain rows."""

from datetime import datetime

from tests.engine.asked import Arguments
from tests.engine.rows import Row
from tests.engine.rules import Refused, Rules, found_in, ordered

ENUM = {"homeroom_teacher": "COACH", "cram_school_clerk": "CLERK", "cram_school_owner": "OWNER"}


def members(rules: Rules, given: Arguments, organization: Row) -> list[Row]:
    """The members of an organization: its students, and each role of staff."""
    return [row for row in everybody(rules, organization["id"]) if is_wanted(row, given)]


def listed(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The members of the organization that is named; where it is out of reach, it is not there."""
    found = [row for row in rules.rows["organizations"] if row["id"] == given["organizationLegacyId"]]
    if not found or not rules.access.reaches("members", found[0]["id"]):
        raise Refused("NOT_FOUND")
    return members(rules, given, found[0])


def everybody(rules: Rules, organization: object) -> list[Row]:
    """All members in sight; with a demo token demo people only."""
    if not rules.access.reaches("members", organization):
        return []
    found = [learner(rules, row) for row in rules.rows.of("students", "organization_id", organization)]
    found += [colleague(rules, row) for row in rules.rows.of("memberships", "organization_id", organization)]
    return [row for row in found if row["demo"] or not rules.access.demo]


def learner(rules: Rules, student: Row) -> Row:
    """A student as a member."""
    more = {"number": student["id"], "ref": f"student-{student['id']}", "student_id": student["id"]}
    return {**person(rules, student, student["start_at"], student["end_at"]), **more, "role": "student"}


def colleague(rules: Rules, role: Row) -> Row:
    """A role of staff as a member."""
    staff = rules.rows.one("staff", role["staff_id"])
    start_at = max(staff["start_at"], role["start_at"] or staff["start_at"])
    end_at = min(staff["end_at"], role["end_at"] or staff["end_at"])
    found = person(rules, staff, start_at, end_at)
    more = {"number": -role["id"], "ref": f"staff-{role['id']}", "membership_id": role["id"]}
    return {**found, **more, "student_id": None, "role": role["role"], "source": role["source"]}


def person(rules: Rules, row: Row, start_at: datetime, end_at: datetime) -> Row:
    """What is said of a person, whoever it is."""
    status = "ended" if end_at < rules.now else "upcoming" if start_at > rules.now else "active"
    email = rules.rows.one("users", row["id"])["email"]
    more = {"email": email, "name": f"{row['last_name']} {row['first_name']}", "membership_id": None}
    return {**row, **more, "start_at": start_at, "end_at": end_at, "status": "locked" if row["locked_at"] else status}


def is_wanted(row: Row, given: Arguments) -> bool:
    """The filters of the list."""
    names = [row[f"{which}_name{kind}"] for kind in ("", "_kana") for which in ("last", "first")]
    last, first, last_kana, first_kana = names
    full = [last + first, f"{last} {first}", last_kana + first_kana, f"{last_kana} {first_kana}"]
    return (
        given.get("role") in (None, ENUM.get(row["role"], row["role"].upper()))
        and given.get("status") in (None, row["status"].upper())
        and found_in(given.get("keyword"), row["code"], row["external_id"], *names, *full)
    )


def student(rules: Rules, member: Row) -> Row | None:
    """The student behind a member, unless locked."""
    found = [row for row in rules.students() if row["id"] == member["student_id"] and row["locked_at"] is None]
    return found[0] if found else None


def domains(rules: Rules, organization: Row) -> list[Row]:
    """The mail domains of an organization."""
    return ordered(rules.rows.of("organization_domains", "organization_id", organization["id"]), "domain")


def branding(rules: Rules, organization: Row) -> Row | None:
    """How an organization looks."""
    found = rules.rows.of("organization_brandings", "organization_id", organization["id"])
    return found[0] if found else None
