"""What a row comes to: nobody is moved between organizations, and what others said of a person is not undone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.imports.people import Account, Ground, is_held
from db.imports.staging import Staged
from db.imports.writing import NAMES, Write
from resolvers.imports.decisions import UNTIL, Action, Decision, Reason, Terms, shown, source_reason
from resolvers.imports.matching import STUDENT, Known
from resolvers.imports.places import Enrolled, put_places, show_places, wanted_places
from resolvers.imports.reading import Fault

OWNER, ADMINISTRATOR = "cram_school_owner", "administrator"
TEXTS = ("code", "external_id", *NAMES)
OTHER_GRADE = 0
# What bundles call the columns of lists.
CALLED = {"last_name": "familyName", "first_name": "givenName", "school_grade": "grades", "external_id": "sourcedId"}
ELSEWHERE = "This person belongs to another organization, and is not moved by an import."


class Refused(Exception):
    """A row of which nothing is done: why, and by which column."""

    def __init__(self, column: str | None, code: str, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.code = code


class LetBe(Exception):
    """A row of which nothing is done, because somebody else has said otherwise."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Deciding:
    """Decides on the rows of a batch, of which all is known that has to be."""

    terms: Terms
    known: Known
    ground: Ground
    enrolled: Enrolled

    def decide(self, row: Staged, faults: list[Fault]) -> Decision:
        """What a row comes to; with `faults` of its own it comes to nothing, but whom it is about is known still."""
        decision = Decision(row.number, Action.FAILED, self.known.found(row), faults=faults)
        if faults or row.faulty:
            return decision
        try:
            if row.line is None:
                self.end(row, decision)
            elif row.content.get("gone"):
                self.go(row, decision)
            else:
                self.put(row, decision)
        except LetBe as let_be:
            decision.action, decision.reason = Action.SKIPPED, let_be.reason
        except Refused as refused:
            decision.action = Action.FAILED
            column = CALLED.get(refused.column or "", refused.column) if self.file else refused.column
            decision.faults = [Fault(row.line or 0, column, refused.code, str(refused), self.file)]
        if decision.action in (Action.SKIPPED, Action.FAILED, Action.UNCHANGED):
            decision.write = None
            decision.changes = {}
        return decision

    @property
    def file(self) -> str | None:
        """The file in which people stand."""
        return "users.csv" if self.terms.source == "oneroster" else None

    def end(self, row: Staged, decision: Decision) -> None:
        """End the time of somebody whom the file does not have."""
        account = decision.account
        if account is None or account.id == self.terms.owner_id:
            raise LetBe(Reason.SELF if account else Reason.NOT_HERE)
        if row.role == STUDENT:
            self.end_student(account, decision)
        else:
            self.end_role(account, row.role, decision)

    def go(self, row: Staged, decision: Decision) -> None:
        """End the time of somebody of whom the file says so."""
        if decision.account is None:
            raise LetBe(Reason.NOT_HERE)
        if decision.account.id == self.terms.owner_id:
            raise LetBe(Reason.SELF)
        if (row.role or STUDENT) == STUDENT:
            self.end_student(decision.account, decision)
        else:
            self.end_role(decision.account, None, decision)

    def end_student(self, account: Account, decision: Decision) -> None:
        """End a student's time, if it is this source's to end."""
        row = self.student_of(account)
        if row["end_at"] <= self.terms.now:
            decision.action = Action.UNCHANGED
            return
        decision.action = Action.DEACTIVATED
        decision.changes = {"end_at": [shown(row["end_at"]), shown(self.terms.now)]}
        decision.write = Write(True, account.id, person={"end_at": self.terms.now}, whole=dict(row))

    def end_role(self, account: Account, role: str | None, decision: Decision) -> None:
        """End the roles of a member of staff that this source has given, or one of them."""
        mine = [one for one in self.mine(account) if is_held(one, self.terms.now) and role in (None, one["role"])]
        if not mine:
            decision.action = Action.UNCHANGED
            return
        for one in mine:
            self.refuse_owner(one["role"], ends=True)
        decision.action = Action.DEACTIVATED
        decision.changes = {"end_at": [shown(mine[0]["end_at"]), shown(self.terms.now)]}
        roles = [(one["id"], self.ended(one)) for one in mine]
        decision.write = Write(False, account.id, whole=dict(account.staff or {}), roles=roles)

    def ended(self, role: Mapping[str, Any]) -> dict[str, Any]:
        """A role that ends now; one that had not begun never does."""
        now = self.terms.now
        return {"end_at": now} | ({"start_at": now} if role["start_at"] and role["start_at"] > now else {})

    def put(self, row: Staged, decision: Decision) -> None:
        """Make a person what the row says."""
        role = row.role or STUDENT
        if role == "none":
            raise LetBe(Reason.NO_MEMBER)
        if role in (ADMINISTRATOR, "unknown"):
            raise Refused("role", "ROLE_REFUSED", "An import makes students, coaches, clerks and owners.")
        account = decision.account
        self.refuse_others(row, account)
        write = Write(role == STUDENT, None if account is None else account.id)
        if account is None:
            self.make(row, role, write)
        elif role == STUDENT:
            self.change_student(row, account, write, decision.changes)
        else:
            self.change_staff(row, role, account, write, decision.changes)
        wanted, faults = wanted_places(row, role, self.terms, self.ground, self.enrolled)
        blocking = [fault for fault in faults if fault.file is None]
        if blocking:
            raise Refused(blocking[0].column, blocking[0].code, blocking[0].message)
        decision.faults = faults
        put_places(account, wanted, write)
        show_places(account, write, decision.changes)
        decision.write = write
        decision.action = self.action(account, write, decision)

    def action(self, account: Account | None, write: Write, decision: Decision) -> Action:
        """What it comes to, as people call it."""
        if account is None:
            decision.changes |= {name: [None, shown(value)] for name, value in self.told(write).items()}
            return Action.CREATED
        if not decision.changes:
            return Action.UNCHANGED
        ends = any(values.get("end_at") and values["end_at"] <= self.terms.now for _, values in write.roles)
        ends = ends and write.new_role is None
        locks = write.person.get("locked_at") is not None
        gone = write.is_student and write.person.get("end_at", UNTIL) <= self.terms.now
        return Action.DEACTIVATED if ends or locks or gone else Action.UPDATED

    def told(self, write: Write) -> dict[str, Any]:
        """What is told of somebody new."""
        names = ("uid", *TEXTS, "start_at", "end_at", "date_of_birth", "school_code")
        found = {name: write.whole[name] for name in names if write.whole.get(name)}
        found |= {name: value for name, value in write.account.items() if name == "email" and value}
        if write.new_role is not None:
            found |= {"role": write.new_role["role"]}
        return {name: value for name, value in found.items() if value != UNTIL}

    def refuse_others(self, row: Staged, account: Account | None) -> None:
        """Neither uid nor address is somebody else's."""
        for column, value, people in (
            ("uid", row.uid, self.known.by_uid),
            ("email", row.email, self.known.by_email),
        ):
            other = people.get(value or "")
            if other is not None and (account is None or other.id != account.id):
                raise Refused(column, f"{column.upper()}_TAKEN", "This is somebody else's.")
        if account is not None and row.uid is not None and row.uid != account.uid:
            raise Refused("uid", "UID_CHANGED", "The person has another uid, and keeps it.")

    def refuse_owner(self, role: str, *, ends: bool = False) -> None:
        """Owners are made, changed and ended by owners alone."""
        if role == OWNER and not self.terms.may_make_owners:
            if ends:
                raise LetBe(Reason.OWNER)
            raise Refused("role", "OWNERS_ONLY", "Only an owner makes, changes and ends owners.")

    def student_of(self, account: Account) -> Mapping[str, Any]:
        """The student's row of somebody of whom this source has told."""
        row = account.student
        if row is None:
            here = any(one["organization_id"] == self.terms.organization_id for one in account.memberships)
            told = "This person is staff here, and not a student." if here else ELSEWHERE
            raise Refused(None, "OTHER_KIND" if here else "ELSEWHERE", told)
        if row["organization_id"] != self.terms.organization_id:
            raise Refused(None, "ELSEWHERE", ELSEWHERE)
        if row["source"] != self.terms.source:
            raise LetBe(source_reason(row))
        return row

    def mine(self, account: Account) -> list[Mapping[str, Any]]:
        """The roles here that this source has given, also those that ended; whoever has others here is let be."""
        here = [one for one in account.memberships if one["organization_id"] == self.terms.organization_id]
        mine = [one for one in here if one["source"] == self.terms.source]
        if mine:
            return mine
        if here:
            raise LetBe(source_reason(here[-1]))
        student = account.student
        if student is not None and student["organization_id"] == self.terms.organization_id:
            raise Refused(None, "OTHER_KIND", "This person is a student here, and not staff.")
        raise Refused(None, "ELSEWHERE", ELSEWHERE)

    def make(self, row: Staged, role: str, write: Write) -> None:
        """Somebody new."""
        missing = next((name for name in ("last_name", "first_name") if not row.content.get(name)), None)
        if missing is not None:
            raise Refused(missing, "EMPTY", "This must not be empty for somebody new.")
        self.refuse_owner(role)
        texts = {name: str(row.content.get(name, "")) for name in TEXTS}
        ref = str(row.ref)
        texts["code"] = texts["code"] or texts["external_id"] or ref
        texts["external_id"] = texts["external_id"] or texts["code"]
        uid = row.uid or new_uid(self.terms, role, ref)
        if uid in self.known.by_uid:
            raise Refused(None, "UID_TAKEN", "Somebody else was called so before.")
        begins, ends = self.period(row)
        locked = {"locked_at": self.terms.now if row.content.get("locked") else None}
        write.account = {"uid": uid, "email": row.email}
        write.whole = {"uid": uid, **texts, **locked}
        source = {"source": self.terms.source, "source_ref": ref}
        if role == STUDENT:
            write.whole |= {"start_at": begins or self.terms.now, "end_at": ends or UNTIL, **source}
            # Those who are made together have the same columns.
            write.whole |= {"date_of_birth": None, "school_code": None, **self.of_students(row)}
            write.grade, write.enrolled = self.grade(row, None), False
        else:
            write.whole |= {"start_at": begins or self.terms.now, "end_at": UNTIL}
            write.new_role = {"role": role, "start_at": begins, "end_at": ends, **source}

    def period(self, row: Staged) -> tuple[datetime | None, datetime | None]:
        """From when until when, as far as the row says."""
        found = [row.content.get(name) for name in ("start_at", "end_at")]
        begins, ends = (None if one is None else datetime.fromisoformat(str(one)) for one in found)
        if begins is not None and ends is not None and begins > ends:
            raise Refused("end_at", "PERIOD", "This is before start_at.")
        return begins, ends

    def of_students(self, row: Staged) -> dict[str, Any]:
        """What is told of students alone."""
        found: dict[str, Any] = {}
        if "date_of_birth" in row.content:
            found["date_of_birth"] = datetime.fromisoformat(str(row.content["date_of_birth"])).date()
        if "school_code" in row.content:
            found["school_code"] = str(row.content["school_code"])
            if found["school_code"] not in self.ground.schools:
                raise Refused("school_code", "SCHOOL_UNKNOWN", "There is no school with this code.")
        return found

    def grade(self, row: Staged, known: int | None) -> int | None:
        """The grade that is to be written; None where it is there already."""
        wanted = row.content.get("school_grade")
        if wanted is None:
            return OTHER_GRADE if known is None else None
        value = self.ground.grades.get(str(wanted))
        if value is None:
            raise Refused("school_grade", "GRADE_UNKNOWN", "There is no such grade.")
        return None if value == known else value

    def change_student(self, row: Staged, account: Account, write: Write, changes: dict[str, list[object]]) -> None:
        """A student of this source, as the row says."""
        there = self.student_of(account)
        begins, ends = self.period(row)
        wanted = {**self.texts(row), **self.of_students(row), **self.lock(row, there)}
        if begins is not None:
            wanted["start_at"] = begins
        if ends is not None or there["end_at"] <= self.terms.now:
            wanted["end_at"] = ends or UNTIL
        if row.ref is not None and there["source_ref"] != row.ref:
            wanted["source_ref"] = row.ref
        write.whole = {**there, **wanted}
        write.person = differing(there, wanted, changes)
        self.change_account(row, account, write, changes)
        write.grade = self.grade(row, account.grade)
        if write.grade is not None:
            changes["school_grade"] = [account.grade, write.grade]
            write.enrolled = account.grade is not None

    def change_staff(
        self, row: Staged, role: str, account: Account, write: Write, changes: dict[str, list[object]]
    ) -> None:
        """A member of staff with a role of this source here, as the row says."""
        mine = self.mine(account)
        there = account.staff or {}
        write.whole = dict(there)
        if not self.is_shared(account):
            wanted = {**self.texts(row), **self.lock(row, there)}
            write.whole |= wanted
            write.person = differing(there, wanted, changes)
            self.change_account(row, account, write, changes)
        self.change_role(row, role, account, mine, write, changes)
        if changes:
            for one in (role, *[one["role"] for one in mine if is_held(one, self.terms.now)]):
                self.refuse_owner(one)

    def is_shared(self, account: Account) -> bool:
        """Whether others have a say in who somebody is: other organizations, other sources, or a student's profile."""
        others = [
            one
            for one in account.memberships
            if one["organization_id"] != self.terms.organization_id or one["source"] != self.terms.source
        ]
        return account.student is not None or any(is_held(one, self.terms.now) for one in others)

    def change_role(  # one rule
        self,
        row: Staged,
        role: str,
        account: Account,
        mine: list[Mapping[str, Any]],
        write: Write,
        changes: dict[str, list[object]],
    ) -> None:
        """The role here: another one begins where this source's ends."""
        now = self.terms.now
        held = [one for one in mine if is_held(one, now)]
        same = next((one for one in held if one["role"] == role), None)
        begins, ends = self.period(row)
        if same is not None:
            wanted = {"start_at": begins, "end_at": ends, "source_ref": row.ref}
            given = {name: value for name, value in wanted.items() if value is not None}
            if values := differing(same, given, changes):
                self.refuse_backwards({**same, **values})
                write.roles.append((same["id"], values))
        else:
            self.refuse_held(account, role, begins or now, ends)
            changes["role"] = [held[0]["role"] if held else None, role]
            source = {"source": self.terms.source, "source_ref": row.ref}
            write.new_role = {"role": role, "start_at": begins or now, "end_at": ends, **source}
        write.roles += [(one["id"], self.ended(one)) for one in held if one["role"] != role]

    def refuse_backwards(self, role: Mapping[str, Any]) -> None:
        """A role does not end before it begins."""
        if role["start_at"] and role["end_at"] and role["start_at"] > role["end_at"]:
            raise Refused("end_at", "PERIOD", "This is before the role begins.")

    def refuse_held(self, account: Account, role: str, begins: datetime, ends: datetime | None) -> None:
        """A role is held once at a time."""
        for one in account.memberships:
            if one["organization_id"] != self.terms.organization_id or one["role"] != role:
                continue
            if (one["end_at"] or UNTIL) >= begins and (one["start_at"] or begins) <= (ends or UNTIL):
                if is_held(one, self.terms.now):
                    raise LetBe(source_reason(one))
                raise Refused("start_at", "PERIOD_TAKEN", "The person had this role then already.")

    def texts(self, row: Staged) -> dict[str, Any]:
        """Names and codes, as far as the row says them."""
        return {name: str(row.content[name]) for name in TEXTS if name in row.content}

    def lock(self, row: Staged, there: Mapping[str, Any]) -> dict[str, Any]:
        """Locked from now on, or no longer; since when somebody is locked does not change."""
        wanted = row.content.get("locked")
        if wanted is None or wanted == (there["locked_at"] is not None):
            return {}
        return {"locked_at": self.terms.now if wanted else None}

    def change_account(self, row: Staged, account: Account, write: Write, changes: dict[str, list[object]]) -> None:
        """The address by which the person is known."""
        if row.email is not None and row.email != account.email:
            write.account = {"email": row.email}
            changes["email"] = [account.email, row.email]


def differing(there: Mapping[str, Any], wanted: Mapping[str, Any], changes: dict[str, list[object]]) -> dict[str, Any]:
    """What is to be changed, which is told in `changes` too."""
    found = {name: value for name, value in wanted.items() if there[name] != value}
    for name, value in found.items():
        if name == "locked_at":
            changes["locked"] = [there[name] is not None, value is not None]
        else:
            changes[name] = [shown(there[name]), shown(value)]
    return found


def new_uid(terms: Terms, role: str, ref: str) -> str:
    """The uid of somebody whom nobody gave one, the same each time."""
    kind = "student" if role == STUDENT else "staff"
    return f"{terms.source}|{terms.organization_id}|{kind}|{ref}"
