"""Who a row is about: known by what its file calls the person, or found by what else it says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from db.imports.people import Account
from db.imports.staging import Staged

STUDENT = "student"


@dataclass(slots=True)
class Known:
    """Everybody who may be meant, found by each of their names; `source` and `organization_id` are the import's."""

    organization_id: int
    source: str
    by_ref: dict[tuple[bool, str], Account] = field(default_factory=dict)
    by_uid: dict[str, Account] = field(default_factory=dict)
    by_email: dict[str, Account] = field(default_factory=dict)
    by_id: dict[int, Account] = field(default_factory=dict)
    by_name: dict[tuple[bool, str, str], Account] = field(default_factory=dict)

    def add(self, everyone: Iterable[Account]) -> None:
        """Know more people."""
        for one in everyone:
            self.by_id[one.id] = one
            self.by_uid[one.uid] = one
            if one.email is not None:
                self.by_email[one.email] = one
            self.add_student(one)
            self.add_staff(one)

    def add_student(self, one: Account) -> None:
        """Know somebody as a student of the organization."""
        row = one.student
        if row is None or row["organization_id"] != self.organization_id:
            return
        if row["source"] == self.source and row["source_ref"] is not None:
            self.by_ref[True, row["source_ref"]] = one
        for name in ("external_id", "code"):
            self.by_name.setdefault((True, name, row[name]), one)

    def add_staff(self, one: Account) -> None:
        """Know somebody as staff of the organization."""
        here = [role for role in one.memberships if role["organization_id"] == self.organization_id]
        if one.staff is None or not here:
            return
        for role in here:
            if role["source"] == self.source and role["source_ref"] is not None:
                self.by_ref[False, role["source_ref"]] = one
        for name in ("external_id", "code"):
            self.by_name.setdefault((False, name, one.staff[name]), one)

    def found(self, row: Staged) -> Account | None:
        """Who a row is about; None for somebody new."""
        if row.user_id is not None:
            return self.by_id.get(row.user_id)
        is_student = (row.role or STUDENT) == STUDENT
        candidates: Sequence[Account | None] = (
            self.by_ref.get((is_student, row.ref or "")),
            self.by_uid.get(row.uid or ""),
            self.by_email.get(row.email or ""),
            self.by_name.get((is_student, "external_id", str(row.content.get("external_id")))),
            self.by_name.get((is_student, "code", str(row.content.get("code")))),
        )
        return next((one for one in candidates if one is not None), None)
