"""Who may do what, over which organizations: the documented role matrix as one literal table.

Source of the table: the Diverse API's role matrix (操作権限). ◎ own organization and its children, 〇 own organization
(the person alone for `me`, `update_self` and a student's lesson packages), ● everything, - nothing.
"""

import enum
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias


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
    PROGRESS = "progress"
    RECORD_PROGRESS = "record_progress"
    STATISTICS = "statistics"
    LEADERBOARD = "leaderboard"
    TOKENS = "tokens"
    MANAGE_TOKENS = "manage_tokens"
    EVENTS = "events"
    WEBHOOKS = "webhooks"
    MANAGE_WEBHOOKS = "manage_webhooks"
    EXPORTS = "exports"
    MANAGE_EXPORTS = "manage_exports"
    UPSTREAMS = "upstreams"
    MANAGE_UPSTREAMS = "manage_upstreams"
    XAPI = "xapi"
    MANAGE_XAPI = "manage_xapi"
    LTI = "lti"
    MANAGE_LTI = "manage_lti"
    LAUNCHES = "launches"
    PUSH_GRADES = "push_grades"
    BILLING = "billing"
    MANAGE_BILLING = "manage_billing"
    MEMBERS = "members"
    MANAGE_MEMBERS = "manage_members"
    SSO = "sso"
    MANAGE_SSO = "manage_sso"
    MANAGE_INSTITUTIONS = "manage_institutions"
    ANALYTICS = "analytics"
    ACCESS_LOG = "access_log"
    COMPLIANCE = "compliance"
    MANAGE_COMPLIANCE = "manage_compliance"


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
# What follows it is Talktiko's, which documents abilities and no roles: the rows are ours, after the pattern of the
# documented ones.
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
    Operation.PROGRESS: (SELF, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.RECORD_PROGRESS: (SELF, None, None, None, None, None, None, None),
    Operation.STATISTICS: (SELF, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.LEADERBOARD: (OWN, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.TOKENS: (SELF, SELF, SELF, SELF, SELF, SELF, SELF, SELF),
    Operation.MANAGE_TOKENS: (SELF, SELF, SELF, SELF, SELF, SELF, SELF, SELF),
    Operation.EVENTS: (None, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.WEBHOOKS: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.MANAGE_WEBHOOKS: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.EXPORTS: (None, SELF, SELF, SELF, SELF, SELF, SELF, SELF),
    Operation.MANAGE_EXPORTS: (None, SELF, SELF, SELF, SELF, SELF, SELF, SELF),
    Operation.UPSTREAMS: (None, None, None, None, None, None, None, ALL),
    Operation.MANAGE_UPSTREAMS: (None, None, None, None, None, None, None, ALL),
    Operation.XAPI: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.MANAGE_XAPI: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.LTI: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.MANAGE_LTI: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.LAUNCHES: (SELF, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.PUSH_GRADES: (None, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.BILLING: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.MANAGE_BILLING: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.MEMBERS: (None, None, None, OWN, TREE, OWN, TREE, ALL),
    Operation.MANAGE_MEMBERS: (None, None, None, OWN, TREE, OWN, TREE, ALL),
    Operation.SSO: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.MANAGE_SSO: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.MANAGE_INSTITUTIONS: (None, None, None, None, TREE, None, None, ALL),
    Operation.ANALYTICS: (None, OWN, TREE, OWN, TREE, OWN, TREE, ALL),
    Operation.ACCESS_LOG: (None, None, None, OWN, TREE, None, None, ALL),
    Operation.COMPLIANCE: (None, None, None, OWN, TREE, OWN, TREE, ALL),
    Operation.MANAGE_COMPLIANCE: (None, None, None, None, None, None, None, ALL),
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

    @property
    def is_staff(self) -> bool:
        """Whether any of the viewer's positions is one of staff."""
        return bool(self.positions - {Position.STUDENT})

    def everything(self, operation: Operation) -> bool:
        """Whether the operation reaches everything."""
        return widest(operation, self.positions) is Reach.ALL


# Parameters that scopes may bind beside those of reach_name; resolvers/context.py gives their values.
STUDENT_ID = "viewer_student"
USER_ID = "viewer_user"
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
