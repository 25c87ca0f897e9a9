"""Rosters that change: what changed behind a cursor, as the viewer sees it, folded to what is so now."""

import base64
import binascii
import enum
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import orjson

from db.courses import courses, enrollments
from db.organizations import groups, organizations, sections
from db.predicates import Columns, Condition
from db.roster import (
    Entry,
    Position,
    Reached,
    Watch,
    WatchedDialect,
    WatchedTable,
    entries,
    entries_statement,
    reached,
)
from db.statements.statement import Statement
from db.students import students
from resolvers import scopes
from resolvers.abilities import ABILITIES
from resolvers.access import require
from resolvers.context import Request, Viewer
from resolvers.errors import BadInput
from resolvers.policy import Operation, Standing
from resolvers.scopes import Scope
from resolvers.students import LISTED

MOST_CHANGES = 1000
TAG = "roster"
LARGEST = 2**63 - 1
WRONG = "This is no cursor of a roster: use a nextCursor, unchanged."


class RosterType(enum.Enum):
    """What rosters consist of, as the log calls it."""

    ORGANIZATION = "organization"
    SECTION = "section"
    GROUP = "group"
    STUDENT = "student"
    ENROLLMENT = "enrollment"
    COURSE = "course"


class ChangeKind(enum.Enum):
    """What became of a row, for this viewer."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    ENTERED_SCOPE = "entered_scope"
    LEFT_SCOPE = "left_scope"


@dataclass(frozen=True, slots=True)
class Rule:
    """How one type is read: its GraphQL name, its table, the operation, and who may see a row now and as it was."""

    name: str
    table: WatchedTable
    operation: Operation
    now: Scope
    before: Scope


def listed_students(standing: Standing, columns: Columns) -> Condition:
    """Students in sight who are not locked."""
    return scopes.student_rows(standing, columns) & LISTED(columns)


def enrollments_before(standing: Standing, columns: Columns) -> Condition:
    """Enrollments by what their students were then."""
    seen = scopes.student_in_reach(standing, Operation.STUDENTS, columns, columns["student_id"])
    return seen & LISTED(columns)


def alike(name: str, table: WatchedTable, operation: Operation, scope: Scope) -> Rule:
    """A type whose rule is the same for what was and for what is."""
    return Rule(name, table, operation, scope, scope)


RULES = {
    RosterType.ORGANIZATION: alike("Organization", organizations, Operation.ORGANIZATIONS, scopes.organization_rows),
    RosterType.SECTION: alike("Section", sections, Operation.SECTIONS, scopes.section_rows),
    RosterType.GROUP: alike("Group", groups, Operation.GROUPS, scopes.group_rows),
    RosterType.STUDENT: alike("Student", students, Operation.STUDENTS, listed_students),
    RosterType.ENROLLMENT: Rule(
        "Enrollment", enrollments, Operation.LESSON_PACKAGES, scopes.enrollment_rows, enrollments_before
    ),
    RosterType.COURSE: alike("Course", courses, Operation.COURSES, scopes.course_rows),
}


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one row: `fields` are the columns that changed, of a row that was in sight and is."""

    kind: ChangeKind
    type: RosterType
    row_id: int
    at: datetime
    fields: tuple[str, ...]

    @property
    def is_shown(self) -> bool:
        """Whether the row is in sight now."""
        return self.kind not in (ChangeKind.DELETED, ChangeKind.LEFT_SCOPE)


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed behind a cursor, and where to go on."""

    changes: tuple[Change, ...]
    next_cursor: str
    has_more: bool
    snapshot_required: bool


async def roster_diff(
    request: Request, *, after: str | None, types: Sequence[RosterType] | None, first: int, path: str
) -> Diff:
    """What changed behind a cursor; without one nothing, and the cursor of now. BadInput, Forbidden."""
    viewer = require(request.viewer, Operation.ME, path)
    if not 0 < first <= MOST_CHANGES:
        raise BadInput(f"first must be from 1 to {MOST_CHANGES}.", reason="page_size", field="first")
    asked = readable(viewer, types, path)
    sight = sight_of(viewer)
    known = None if after is None else decode(after)
    stands = await reached(request.database)
    if known is None or is_lost(known, stands, sight):
        return Diff((), encode(stands.now, sight), has_more=False, snapshot_required=known is not None)
    if not asked:
        return Diff((), encode(stands.now, sight), has_more=False, snapshot_required=False)
    statement = statement_of(tuple(asked), viewer.standing, request.database.dialect)
    between = {"after": known.position, "until": stands.until, "size": first + 1}
    found = await entries(request.database, statement, values=request.parameters(), **between)  # type: ignore[arg-type]  # one dict of mixed values
    shown, more = found[:first], len(found) > first
    end = Position(shown[-1].transaction, shown[-1].number) if more else max(stands.now, known.position)
    changes = folded(shown)
    students = [one.row_id for one in changes if one.type is RosterType.STUDENT and one.is_shown]
    request.saw((path,), ",".join(map(str, students)))
    return Diff(changes, encode(end, sight), has_more=more, snapshot_required=False)


def readable(viewer: Viewer, types: Sequence[RosterType] | None, path: str) -> list[RosterType]:
    """The types that are asked for: of those named each has to be allowed, of all others those that are."""
    if types is not None:
        for type_ in types:
            require(viewer, RULES[type_].operation, path)
        return [type_ for type_ in RosterType if type_ in types]
    return [type_ for type_ in RosterType if may(viewer, RULES[type_].operation)]


def may(viewer: Viewer, operation: Operation) -> bool:
    """Whether the viewer's roles and token let an operation be done."""
    ability = ABILITIES[operation]
    is_able = viewer.abilities is None or ability is None or ability.value in viewer.abilities
    return is_able and viewer.standing.may(operation)


@lru_cache(maxsize=256)
def statement_of(types: tuple[RosterType, ...], standing: Standing, dialect: WatchedDialect) -> Statement:
    """The statement for these types and this standing."""
    return entries_statement([watch(type_, standing) for type_ in types], dialect)


def watch(type_: RosterType, standing: Standing) -> Watch:
    """A type with its rules for this standing."""
    rule = RULES[type_]
    return Watch(
        type_.value,
        rule.table,
        lambda columns: rule.before(standing, columns),
        lambda columns: rule.now(standing, columns),
    )


def folded(found: Sequence[Entry]) -> tuple[Change, ...]:
    """One change for each row, in the order of the last: what the row was before the first, against what it is now."""
    by_row: dict[tuple[str, int], list[Entry]] = {}
    for entry in found:
        # To the end, so that rows stand in the order of their last entry.
        by_row[entry.type, entry.row_id] = [*by_row.pop((entry.type, entry.row_id), []), entry]
    changes = [changed(sorted(entries, key=lambda entry: entry.number)) for entries in by_row.values()]
    return tuple(change for change in changes if change is not None)


def changed(entries: Sequence[Entry]) -> Change | None:
    """What became of one row; None where it neither was nor is in sight. Entries of one row stand by their numbers."""
    first, last = entries[0], entries[-1]
    kind = kind_of(was_seen=first.was_seen, is_new=first.kind == "created", last=last)
    if kind is None:
        return None
    fields = dict.fromkeys(name for entry in entries for name in entry.fields if kind is ChangeKind.UPDATED)
    return Change(kind, RosterType(last.type), last.row_id, last.at, tuple(fields))


def kind_of(*, was_seen: bool, is_new: bool, last: Entry) -> ChangeKind | None:
    """What it means for the viewer."""
    if was_seen:
        if last.is_seen:
            return ChangeKind.UPDATED
        return ChangeKind.LEFT_SCOPE if last.is_there else ChangeKind.DELETED
    if not last.is_seen:
        return None
    return ChangeKind.CREATED if is_new else ChangeKind.ENTERED_SCOPE


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the log, and what its viewer could see then."""

    position: Position
    sight: str


def is_lost(known: Cursor, stands: Reached, sight: str) -> bool:
    """Whether what changed since cannot be told: pruned, written on another server, or seen with other rights."""
    too_old, foreign = known.position < stands.kept, known.position > stands.until
    return too_old or foreign or known.sight != sight


def sight_of(viewer: Viewer) -> str:
    """What a viewer can see, as a short text: the reach of each operation, and whether demo rows alone are shown."""
    standing = viewer.standing
    reach = [[rule.operation.value, sorted(viewer.reaches(rule.operation))] for rule in RULES.values()]
    positions = sorted(position.value for position in standing.positions)
    known = [positions, standing.demo, viewer.student_id, reach]
    return hashlib.sha256(orjson.dumps(known)).hexdigest()[:16]


def encode(position: Position, sight: str) -> str:
    """A cursor as clients keep it."""
    return base64.b64encode(orjson.dumps([TAG, *position, sight])).decode()


def decode(cursor: str) -> Cursor:
    """A cursor that a client sends back; BadInput for anything else."""
    try:
        values = orjson.loads(base64.b64decode(cursor, validate=True))
    except (ValueError, binascii.Error):
        raise refusal() from None
    if type(values) is not list or [type(value) for value in values] != [str, int, int, str]:
        raise refusal()
    tag, transaction, number, sight = values
    if tag == TAG and 0 <= transaction <= LARGEST and 0 <= number <= LARGEST:
        return Cursor(Position(transaction, number), sight)
    raise refusal()


def refusal() -> BadInput:
    """What every wrong cursor gets."""
    return BadInput(WRONG, reason="cursor_invalid", field="after")
