"""Who reaches what, worked out from the tables and from the documented matrix as it was printed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tests.engine.rows import Row, Rows

# ◎ own organization and its children, 〇 own organization (the person alone for a student's lesson packages,
# progress and launches, and for everyone's exports), ● everything, - nothing.
PRINTED = """
organizations 〇 〇 ◎ 〇 ◎ 〇 ◎ ●
sections 〇 〇 ◎ 〇 ◎ 〇 ◎ ●
groups 〇 〇 ◎ 〇 ◎ 〇 ◎ ●
students - 〇 ◎ 〇 ◎ 〇 ◎ ●
students_by_course_category - 〇 ◎ 〇 ◎ 〇 ◎ ●
students_by_uid - 〇 ◎ 〇 ◎ 〇 ◎ ●
lesson_packages 〇 〇 ◎ 〇 ◎ 〇 ◎ ●
schools ● ● ● ● ● ● ● ●
courses ● ● ● ● ● ● ● ●
informations 〇 〇 〇 〇 〇 〇 〇 〇
usage_feed - - - - - - - ●
progress 〇 〇 ◎ 〇 ◎ 〇 ◎ ●
webhooks - - - 〇 ◎ - - ●
exports - 〇 〇 〇 〇 〇 〇 〇
upstreams - - - - - - - ●
xapi - - - 〇 ◎ - - ●
lti - - - 〇 ◎ - - ●
sso - - - 〇 ◎ - - ●
launches 〇 〇 ◎ 〇 ◎ 〇 ◎ ●
billing - - - 〇 ◎ - - ●
members - - - 〇 ◎ 〇 ◎ ●
access_log - - - 〇 ◎ - - ●
compliance - - - 〇 ◎ 〇 ◎ ●
"""
# Of these a student reaches the own rows alone.
ALONE = {"lesson_packages", "progress", "launches"}
COLUMNS = ("student", "coach child", "coach parent", "owner child", "owner parent", "clerk child", "clerk parent")
CELLS = {line.split()[0]: line.split()[1:] for line in PRINTED.strip().splitlines()}
STAFF = {"homeroom_teacher": "coach", "cram_school_owner": "owner", "cram_school_clerk": "clerk"}


@dataclass(frozen=True, slots=True)
class Place:
    """One privilege of a person over one organization; none for the administrator."""

    role: str
    column: int
    organization: int | None
    children: frozenset[int]


@dataclass(frozen=True, slots=True)
class Access:
    """One person as a token lets them in."""

    uid: str
    demo: bool
    places: tuple[Place, ...]
    student_id: int | None
    staff_id: int | None

    @property
    def user_id(self) -> int | None:
        """The number of the account, which a student's and a staff member's profile share."""
        return self.staff_id if self.student_id is None else self.student_id

    def cells(self, operation: str) -> list[tuple[str, Place]]:
        """The printed cell of each of the person's places."""
        return [(CELLS[operation][place.column], place) for place in self.places]

    def may(self, operation: str) -> bool:
        """Whether any privilege has the operation."""
        return any(cell != "-" for cell, _ in self.cells(operation))

    def all(self, operation: str) -> bool:
        """Whether the operation reaches everything."""
        return any(cell == "●" for cell, _ in self.cells(operation))

    def reaches(self, operation: str, organization: object) -> bool:
        """Whether the operation reaches an organization as such, and not the person alone."""
        for cell, place in self.cells(operation):
            alone = place.role == "student" and operation in ALONE
            if cell == "●" or (cell in "〇◎" and not alone and organization == place.organization):
                return True
            if cell == "◎" and organization in place.children:
                return True
        return False

    @property
    def is_staff(self) -> bool:
        """Whether any privilege is one of staff."""
        return any(place.role != "student" for place in self.places)

    @property
    def roles(self) -> set[str]:
        """The privileges that both token and tables grant."""
        return {place.role for place in self.places}

    def roles_in(self, organization: object) -> set[str]:
        """The privileges that both token and tables grant in an organization; a system operator's hold in each."""
        return {place.role for place in self.places if place.organization in (organization, None)}


def access(rows: Rows, uid: str, privileges: Iterable[str], *, demo: bool, now: datetime) -> Access:
    """The person with this uid, by each profile that is neither locked nor out of period."""
    claimed, places = set(privileges), list[Place]()
    student = next((row for row in rows["students"] if row["uid"] == uid and "student" in claimed), None)
    staff = next((row for row in rows["staff"] if row["uid"] == uid), None)
    if student is not None and current(student, now):
        places.append(Place("student", 0, student["organization_id"], frozenset()))
    granted = []
    if staff is not None and current(staff, now):
        own = [row for row in rows["memberships"] if row["staff_id"] == staff["id"] and held(row, now)]
        granted = [row for row in own if row["role"] in claimed]
    places += [place(rows, row) for row in granted]
    return Access(
        uid,
        demo,
        tuple(places),
        student["id"] if student is not None and current(student, now) else None,
        staff["id"] if staff is not None and granted else None,
    )


NOBODY = Access("", demo=False, places=(), student_id=None, staff_id=None)


def current(row: Row, now: datetime) -> bool:
    """Neither locked nor out of period."""
    return row["locked_at"] is None and row["start_at"] <= now <= row["end_at"]


def held(membership: Row, now: datetime) -> bool:
    """Whether a role is held at an instant."""
    start, end = membership["start_at"], membership["end_at"]
    return (start is None or start <= now) and (end is None or now <= end)


def place(rows: Rows, membership: Row) -> Place:
    """What one membership gives."""
    role, organization = membership["role"], membership["organization_id"]
    if role == "administrator":
        return Place(role, 7, None, frozenset())
    is_parent = rows.one("organizations", organization)["parent_id"] is None
    column = COLUMNS.index(f"{STAFF[role]} {'parent' if is_parent else 'child'}")
    children = frozenset(row["id"] for row in rows["organizations"] if row["parent_id"] == organization)
    return Place(role, column, organization, children)
