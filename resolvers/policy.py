"""Who may do what, over which organizations: the documented role matrix as one literal table, and the row scopes.

Source of the table: the Diverse API's role matrix (操作権限). ◎ own organization and its children, 〇 own organization
(the person alone for `me`, `update_self` and a student's lesson packages), ● everything, - nothing.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from db.json_text import Expression
from db.predicates import Columns, Condition, among, any_of, everything, parameter


class Role(enum.Enum):
    """A privilege (権限) as tokens name it."""

    STUDENT = "student"
    COACH = "homeroom_teacher"
    CLERK = "cram_school_clerk"
    OWNER = "cram_school_owner"
    ADMINISTRATOR = "administrator"


class Position(enum.Enum):
    """A column of the matrix: a role, and whether the person belongs to a parent or a child organization."""

    STUDENT = "student"
    COACH_CHILD = "coach_child"
    COACH_PARENT = "coach_parent"
    OWNER_CHILD = "owner_child"
    OWNER_PARENT = "owner_parent"
    CLERK_CHILD = "clerk_child"
    CLERK_PARENT = "clerk_parent"
    ADMINISTRATOR = "administrator"


class Reach(enum.Enum):
    """How far an operation goes for a position."""

    SELF = "self"
    OWN = "own"
    OWN_AND_CHILDREN = "own_and_children"
    ALL = "all"


class Operation(enum.Enum):
    """A row of the matrix."""

    ME = "me"
    ORGANIZATIONS = "organizations"
    SECTIONS = "sections"
    GROUPS = "groups"
    STUDENTS = "students"
    STUDENTS_BY_COURSE_CATEGORY = "students_by_course_category"
    STUDENTS_BY_UID = "students_by_uid"
    UPDATE_SELF = "update_self"
    LESSON_PACKAGES = "lesson_packages"
    SCHOOLS = "schools"
    COURSES = "courses"
    INFORMATIONS = "informations"
    USAGE_FEED = "usage_feed"


SELF, OWN, TREE, ALL = Reach.SELF, Reach.OWN, Reach.OWN_AND_CHILDREN, Reach.ALL
Row: TypeAlias = tuple[
    Reach | None,
    Reach | None,
    Reach | None,
    Reach | None,
    Reach | None,
    Reach | None,
    Reach | None,
    Reach | None,
]

# Columns: student, coach child, coach parent, owner child, owner parent, clerk child, clerk parent, administrator.
# The usage feed is in no documented row: it carries every learner of the product, so only a system operator reads it.
MATRIX: dict[Operation, Row] = {
    Operation.ME: (SELF, SELF, SELF, SELF, SELF, SELF, SELF, SELF),
    Operation.ORGANIZATIONS: (OWN, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.SECTIONS: (OWN, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.GROUPS: (OWN, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.STUDENTS: (None, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.UPDATE_SELF: (SELF, None, None, None, None, None, None, None),
    Operation.LESSON_PACKAGES: (SELF, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.STUDENTS_BY_COURSE_CATEGORY: (None, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.STUDENTS_BY_UID: (None, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.SCHOOLS: (ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL),
    Operation.COURSES: (ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL),
    Operation.INFORMATIONS: (OWN, OWN, OWN, OWN, OWN, OWN, OWN, OWN),
    Operation.USAGE_FEED: (None, None, None, None, None, None, None, ALL),
}

COLUMN = {position: index for index, position in enumerate(Position)}
WIDTH = {None: 0, Reach.SELF: 1, Reach.OWN: 2, Reach.OWN_AND_CHILDREN: 3, Reach.ALL: 4}


def position_of(role: Role, *, in_parent: bool) -> Position:
    """The column of a role; organizations without a parent count as parents, also when they have no children."""
    if role in (Role.STUDENT, Role.ADMINISTRATOR):
        return Position(role.value)
    kind = {Role.COACH: "coach", Role.OWNER: "owner", Role.CLERK: "clerk"}[role]
    return Position(f"{kind}_{'parent' if in_parent else 'child'}")


def role_of(position: Position) -> Role:
    """The role of a column."""
    if position in (Position.STUDENT, Position.ADMINISTRATOR):
        return Role(position.value)
    return {"coach": Role.COACH, "owner": Role.OWNER, "clerk": Role.CLERK}[position.value.partition("_")[0]]


def reach(operation: Operation, position: Position) -> Reach | None:
    """The cell of the matrix."""
    return MATRIX[operation][COLUMN[position]]


def widest(operation: Operation, positions: frozenset[Position]) -> Reach | None:
    """Several privileges reach the union of what each reaches; this is the widest of them."""
    cells = [reach(operation, position) for position in positions]
    return max(cells, key=WIDTH.__getitem__, default=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a viewer decides the shape of a statement, and so is part of a plan's key; never an id."""

    positions: frozenset[Position]
    demo: bool

    def may(self, operation: Operation) -> bool:
        """Whether the matrix gives this operation to one of the viewer's positions."""
        return widest(operation, self.positions) is not None

    def everything(self, operation: Operation) -> bool:
        """Whether the operation reaches everything."""
        return widest(operation, self.positions) is Reach.ALL


Scope: TypeAlias = Callable[[Standing, Columns], Condition]

# Parameters that scopes may bind beside those of reach_name; resolvers/context.py gives their values.
STUDENT_ID = "viewer_student"
UID = "viewer_uid"
ROLES = "viewer_roles"
PLACES = "viewer_places"
EVERYWHERE = "viewer_everywhere"


def reach_name(operation: Operation) -> str:
    """The parameter that holds the ids of the organizations which an operation reaches for the viewer."""
    return f"reach_{operation.value}"


@dataclass(frozen=True, slots=True)
class Place:
    """One position of a person: over which organization, and which children that one has."""

    position: Position
    organization_id: int | None
    children: frozenset[int]

    def reached(self, operation: Operation) -> frozenset[int]:
        """The organizations that the matrix lets this position reach by an operation; everything is not listed."""
        own = frozenset() if self.organization_id is None else frozenset({self.organization_id})
        match reach(operation, self.position):
            case Reach.OWN:
                return own
            case Reach.OWN_AND_CHILDREN:
                return own | self.children
        return frozenset()


@lru_cache(maxsize=4096)
def reached(places: frozenset[Place]) -> dict[str, list[int]]:
    """The value of every reach parameter for a person in these places: the union of what each place reaches."""
    values: dict[str, list[int]] = {}
    for operation in Operation:
        values[reach_name(operation)] = sorted({id_ for place in places for id_ in place.reached(operation)})
    return values


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
    conditions = [in_reach(standing, Operation.STUDENTS, columns["organization_id"])]
    if Position.STUDENT in standing.positions:
        conditions.append(columns["id"] == parameter(STUDENT_ID))
    rows = any_of(conditions)
    return rows & columns["demo"] if standing.demo else rows


def of_students(standing: Standing, columns: Columns) -> Condition:
    """Rows that hang on a student (`student_id`); they are read through students only, whose scope decides."""
    return everything() if standing.may(Operation.LESSON_PACKAGES) else any_of([])


def staff_rows(standing: Standing, columns: Columns) -> Condition:
    """A member of staff sees the own row."""
    return columns["uid"] == parameter(UID)


def course_rows(standing: Standing, columns: Columns) -> Condition:
    """All courses for every role; demo tokens see demo courses only."""
    if not standing.may(Operation.COURSES):
        return any_of([])
    return columns["is_demo"] if standing.demo else everything()


def shared_rows(standing: Standing, columns: Columns) -> Condition:
    """Reference rows (schools, names of grades and subjects): for everyone who may come in."""
    return everything() if standing.positions else any_of([])


def usage_rows(standing: Standing, columns: Columns) -> Condition:
    """The usage feed is for system operators; demo tokens see what demo students did only."""
    if not standing.everything(Operation.USAGE_FEED):
        return any_of([])
    return columns["demo"] if standing.demo else everything()


def in_reach(standing: Standing, operation: Operation, column: Expression) -> Condition:
    """The column is an organization that the operation reaches."""
    match widest(operation, standing.positions):
        case Reach.ALL:
            return everything()
        case Reach.OWN | Reach.OWN_AND_CHILDREN:
            return among(column, parameter(reach_name(operation)))
    return any_of([])
