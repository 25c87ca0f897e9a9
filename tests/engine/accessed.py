"""Which entries of the access log, and which compliance documents, each field shows to whom: loops over plain rows."""

from datetime import date, timedelta

from tests.engine.asked import Arguments
from tests.engine.learned import is_within
from tests.engine.rows import Row
from tests.engine.rules import JAPAN, Rules, upper

KINDS = ("dpa", "privacy_policy", "security_certificate", "data_residency", "appi", "ferpa", "coppa", "gdpr")


def sees(rules: Rules, row: Row) -> bool:
    """Entries of organizations in reach; of a role over everything for who reaches everything; not by demo tokens."""
    return not rules.access.demo and rules.access.reaches("access_log", row["organization_id"])


def accesses(rules: Rules) -> list[Row]:
    """All entries in sight."""
    return [row for row in rules.rows["accesses"] if sees(rules, row)]


def listed(rules: Rules, given: Arguments, _: Row) -> list[Row]:
    """The access log."""
    named = rules.organization(given)
    found = [row for row in accesses(rules) if named in (None, row["organization_id"])]
    found = [row for row in found if given.get("kind") in (None, upper(row["kind"]))]
    found = [row for row in found if given.get("readerUid") in (None, row["reader_uid"])]
    found = [row for row in found if is_within(row["at"], given, "accessedFrom", "accessedTo")]
    student = given.get("studentLegacyId")
    if student is None:
        return found
    showing = {link["access_id"] for link in rules.rows.of("access_students", "student_id", student)}
    return [row for row in found if row["id"] in showing]


def students_of(rules: Rules, _: Arguments, row: Row) -> list[Row]:
    """The students who were read, as far as they are in sight and not locked."""
    linked = rules.linked("access_students", "access_id", row["id"], "student_id", "students")
    return [student for student in linked if student["locked_at"] is None and rules.sees_student(student)]


def accesses_of(rules: Rules, _: Arguments, row: Row) -> list[Row]:
    """Who read a student."""
    linked = rules.linked("access_students", "student_id", row["id"], "access_id", "accesses")
    return [access for access in linked if sees(rules, access)]


def compliance(rules: Rules, organization: Row) -> list[Row]:
    """A document of each kind of an organization in reach, also where there is none."""
    if not rules.access.reaches("compliance", organization["id"]):
        return []
    kept = {row["kind"]: row for row in rules.rows.of("compliance_documents", "organization_id", organization["id"])}
    today = rules.now.astimezone(JAPAN).date()
    return [document(kind, kept.get(kind), today) for kind in KINDS]


def document(kind: str, row: Row | None, today: date) -> Row:
    """One document as it is shown."""
    if row is None:
        return {"kind": kind, "status": "missing", "url": None, "valid_until": None}
    status, until = "valid", row["valid_until"]
    if row["url"] is None:
        status = "pending"
    elif until is not None and until < today:
        status = "expired"
    elif until is not None and until <= today + timedelta(days=30):
        status = "expires_soon"
    return {"kind": kind, "status": status, "url": row["url"], "valid_until": until}
