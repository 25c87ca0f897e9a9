"""What the database grants a person: profiles with their periods and locks, roles, organizations and their children."""

import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Label, Select, String, case, literal_column, null, select, union_all

from db.accounts import memberships, staff
from db.connections.database import Row
from db.organizations import organizations
from db.predicates import among, parameter
from db.rows import maybe_moment, moment
from db.statements.statement import Statement, compiled
from db.students import students

PARENT = organizations.alias("parent")


class Grant(NamedTuple):
    """One role of one profile over one organization; a row for each child of that organization, or one without."""

    uid: str
    kind: str
    person_id: int
    start_at: datetime.datetime
    end_at: datetime.datetime
    locked_at: datetime.datetime | None
    role: str | None
    organization_id: int | None
    parent_id: int | None
    child_id: int | None
    demo: bool
    plan: str | None = None
    rate_limit_per_minute: int | None = None
    trial_started_at: datetime.datetime | None = None
    trial_ends_at: datetime.datetime | None = None
    # When the role is held, where that is not as long as the person may come in.
    role_start_at: datetime.datetime | None = None
    role_end_at: datetime.datetime | None = None

    def is_held(self, now: datetime.datetime) -> bool:
        """Whether the role is held now."""
        begun = self.role_start_at is None or self.role_start_at <= now
        return begun and (self.role_end_at is None or now <= self.role_end_at)


@cache
def grants_statement(dialect: Dialect) -> Statement:
    """The grants of all people whose uids are bound as `uids`."""
    return compiled(union_all(student_grants(), staff_grants()), dialect)


def student_grants() -> Select[Any]:
    """A student's row grants the role student in its organization, and reaches no children."""
    found = select(
        students.c.uid,
        literal_column("'student'", String).label("kind"),
        students.c.id,
        students.c.start_at,
        students.c.end_at,
        students.c.locked_at,
        literal_column("'student'", String).label("role"),
        students.c.organization_id,
        organizations.c.parent_id,
        literal_column("cast(null as bigint)").label("child_id"),
        students.c.demo,
        *contract(),
        null().label("role_start_at"),
        null().label("role_end_at"),
    )
    origin = students.join(organizations, organizations.c.id == students.c.organization_id)
    found = found.select_from(origin.outerjoin(PARENT, PARENT.c.id == organizations.c.parent_id))
    return found.where(among(students.c.uid, parameter("uids")))


def staff_grants() -> Select[Any]:
    """Each membership of a member of staff grants its role in its organization and in that one's children."""
    child = organizations.alias("child")
    origin = (
        staff.outerjoin(memberships, memberships.c.staff_id == staff.c.id)
        .outerjoin(organizations, organizations.c.id == memberships.c.organization_id)
        .outerjoin(PARENT, PARENT.c.id == organizations.c.parent_id)
        .outerjoin(child, child.c.parent_id == organizations.c.id)
    )
    found = select(
        staff.c.uid,
        literal_column("'staff'", String).label("kind"),
        staff.c.id,
        staff.c.start_at,
        staff.c.end_at,
        staff.c.locked_at,
        memberships.c.role,
        memberships.c.organization_id,
        organizations.c.parent_id,
        child.c.id.label("child_id"),
        staff.c.demo,
        *contract(),
        memberships.c.start_at.label("role_start_at"),
        memberships.c.end_at.label("role_end_at"),
    ).select_from(origin)
    return found.where(among(staff.c.uid, parameter("uids")))


def contract() -> list[Label[Any]]:
    """Plan, limit and trial of the organization; where it has no plan of its own, those of its parent."""
    names = ("plan", "rate_limit_per_minute", "trial_started_at", "trial_ends_at")
    own = organizations.c.plan.is_not(None)
    return [case((own, organizations.c[name]), else_=PARENT.c[name]).label(name) for name in names]


def grant_of(record: Row) -> Grant:
    """A record of grants_statement, its instants as Python keeps them."""
    found = Grant(*record)
    return found._replace(
        start_at=moment(found.start_at),
        end_at=moment(found.end_at),
        locked_at=maybe_moment(found.locked_at),
        demo=bool(found.demo),
        trial_started_at=maybe_moment(found.trial_started_at),
        trial_ends_at=maybe_moment(found.trial_ends_at),
        role_start_at=maybe_moment(found.role_start_at),
        role_end_at=maybe_moment(found.role_end_at),
    )
