"""Roles that staff have over time: given, ended, and moved. Students are no roles that anybody gives."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeAlias

from db import members as rows
from db.accounts import memberships
from db.connections.database import Transaction
from db.members import OWNER, Held
from db.predicates import Condition, everything
from resolvers.accesses.roles import ChangedRole, RoleChange, record_role_changes
from resolvers.context import Request, Viewer
from resolvers.errors import Mistake
from resolvers.integrations import allowed
from resolvers.policy import Operation, Role, role_of
from resolvers.text import text

# From when until when; None where the person's own period says it.
Period: TypeAlias = tuple[datetime | None, datetime | None]

TICK = timedelta(microseconds=1)
MANUAL = "manual"
GIVEN = (Role.COACH.value, Role.CLERK.value, Role.OWNER.value)
NUMBER = ("membershipLegacyId",)

ROLE_REFUSED = Mistake(("role",), "ROLE_REFUSED", "Give the role of a coach, a clerk or an owner.")
OWNERS_ONLY = Mistake(("role",), "OWNERS_ONLY", "Only an owner of this organization makes and ends owners.")
ORGANIZATION_UNKNOWN = Mistake(
    ("organizationLegacyId",), "ORGANIZATION_UNKNOWN", "There is no such organization within your reach."
)
UID_UNKNOWN = Mistake(("uid",), "UID_UNKNOWN", "Nobody on the staff within your reach has this uid.")
PERIOD_ENDS_FIRST = Mistake(("endAt",), "PERIOD_ENDS_FIRST", "The role must begin before it ends.")
ENDED_BEFORE = Mistake(("endAt",), "ENDED_BEFORE", "What is over stays as it was: end the role now or later.")
ROLE_HELD = Mistake(("startAt",), "ROLE_HELD", "The person has this role within this time already.")
ROLE_OVER = Mistake(NUMBER, "ROLE_OVER", "This role has ended, and stays as history.")
LAST_OWNER = Mistake(NUMBER, "LAST_OWNER", "The organization would be without an owner: make another one first.")


class Undone(Exception):
    """What was asked cannot be, for this mistake; nothing is written."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake)
        self.mistake = mistake


async def grant_role(
    request: Request,
    *,
    organization_id: int,
    uid: str,
    role: str,
    start_at: datetime | None,
    end_at: datetime | None,
) -> int | list[Mistake]:
    """Give a role, from now on unless told, for as long as the person may come in unless told.

    Gives its number, or the mistakes. The person is on the staff of an organization within reach, now or earlier; of
    whoever is not, nothing is told.
    """
    viewer = allowed(request, Operation.MANAGE_MEMBERS, "Mutation.grantRole")
    begins = start_at or request.now
    try:
        refuse_role(viewer, organization_id, role)
        refuse_period(begins, end_at, request.now)
        async with request.writing() as transaction:
            staff_id = await named(transaction, viewer, organization_id, uid)
            await rows.hold_roles(transaction, organization_id, staff_id)
            others = await rows.same_roles(transaction, staff_id, organization_id, role)
            refuse_overlap(others, begins, end_at)
            values = {"staff_id": staff_id, "organization_id": organization_id, "role": role}
            number = await rows.give(transaction, {**values, "start_at": begins, "end_at": end_at})
            changed = ChangedRole(staff_id, organization_id, role, RoleChange.GRANTED)
            await record_role_changes(transaction, request, [changed])
            return number
    except Undone as undone:
        return [undone.mistake]


async def end_role(request: Request, number: int, at: datetime | None) -> int | list[Mistake] | None:
    """End a role, now unless told; one that would not have begun by then is taken back.

    Gives its number, None where there is none within reach, or the mistakes.
    """
    viewer = allowed(request, Operation.MANAGE_MEMBERS, "Mutation.endRole")
    # The last instant is part of a period, and who is let go is let go at once.
    ends = request.now - TICK if at is None else at
    if at is not None and at < request.now:
        return [ENDED_BEFORE]
    return await moved(request, viewer, number, lambda role: (role.start_at, ends))


async def change_period(
    request: Request, number: int, start_at: datetime | None, end_at: datetime | None
) -> int | list[Mistake] | None:
    """Have a role begin and end at other instants; one that has begun keeps its beginning, whatever is told.

    Without an end it is held as long as the person may come in. Gives its number, None where there is none within
    reach, or the mistakes.
    """
    viewer = allowed(request, Operation.MANAGE_MEMBERS, "Mutation.changeRolePeriod")
    if end_at is not None and end_at < request.now:
        return [ENDED_BEFORE]

    def period(role: Held) -> Period:
        has_begun = role.start_at is None or role.start_at <= request.now
        begins = role.start_at if has_begun or start_at is None else start_at
        if begins is not None and end_at is not None and end_at < begins:
            raise Undone(PERIOD_ENDS_FIRST)
        return begins, end_at

    return await moved(request, viewer, number, period)


async def moved(
    request: Request, viewer: Viewer, number: int, period_of: Callable[[Held], Period]
) -> int | list[Mistake] | None:
    """Give a role another period, worked out from what it is once nobody else can change it."""
    try:
        async with request.writing() as transaction:
            found = await held(transaction, viewer, number, request.now)
            if found is None:
                return None
            begins, ends = period_of(found)
            await keep_an_owner(transaction, found, ends, request.now)
            await put(transaction, found, begins, ends)
            change = RoleChange.ENDED if ends is not None and ends < request.now else RoleChange.CHANGED
            changed = ChangedRole(found.staff_id, found.organization_id, found.role, change)
            await record_role_changes(transaction, request, [changed])
            return number
    except Undone as undone:
        return [undone.mistake]


async def put(transaction: Transaction, role: Held, begins: datetime | None, ends: datetime | None) -> None:
    """Write the period of a role; one that would end before it begins is taken back. Raises Undone."""
    if begins is not None and ends is not None and begins > ends:
        await rows.forget(transaction, role.id)
        return
    same = await rows.same_roles(transaction, role.staff_id, role.organization_id, role.role)
    refuse_overlap([one for one in same if one.id != role.id], begins, ends)
    await rows.set_period(transaction, role.id, begins, ends)


async def held(transaction: Transaction, viewer: Viewer, number: int, now: datetime) -> Held | None:
    """A role within reach that may be changed, and that nobody else changes meanwhile; raises Undone."""
    found = await rows.role_of(transaction, number, within(viewer))
    if found is None:
        return None
    await rows.hold_roles(transaction, found.organization_id, found.staff_id)
    found = await rows.role_of(transaction, number, within(viewer))
    if found is None:
        return None
    if found.role == OWNER and not makes_owners(viewer, found.organization_id):
        raise Undone(OWNERS_ONLY)
    if found.source != MANUAL:
        raise Undone(Mistake(NUMBER, "SOURCE_OTHER", f"This role comes from {found.source}, and is ended there."))
    if found.end_at is not None and found.end_at < now:
        raise Undone(ROLE_OVER)
    return found


async def named(transaction: Transaction, viewer: Viewer, organization_id: int, uid: str) -> int:
    """The number of the person who is to have a role; raises Undone."""
    if not await rows.has_organization(transaction, organization_id):
        raise Undone(ORGANIZATION_UNKNOWN)
    everyone = viewer.standing.everything(Operation.MANAGE_MEMBERS)
    found = await rows.staff_named(transaction, text(uid), None if everyone else within(viewer))
    if found is None:
        raise Undone(UID_UNKNOWN)
    return found


async def keep_an_owner(transaction: Transaction, role: Held, ends: datetime | None, now: datetime) -> None:
    """Raise Undone where a role ends earlier than it did, and no other owner is there for as long as it was.

    So who owns an organization without an end goes only where another one does. Nothing here asks what is over by now:
    of two owners who end each other at once, each would be there a moment longer for the other.
    """
    if role.role != OWNER or not role.is_held(now) or outlasts(ends, role.end_at):
        return
    others = [one for one in await rows.owners(transaction, role.organization_id, now) if one.id != role.id]
    if not any(one.is_held(now) and outlasts(one.end_at, role.end_at) for one in others):
        raise Undone(LAST_OWNER)


def outlasts(end_at: datetime | None, other: datetime | None) -> bool:
    """Whether what ends then, if ever, is there as long as something else."""
    return end_at is None or (other is not None and other <= end_at)


def refuse_role(viewer: Viewer, organization_id: int, role: str) -> None:
    """Raise Undone for an organization out of reach, and for a role that the viewer gives nobody there."""
    everything_ = viewer.standing.everything(Operation.MANAGE_MEMBERS)
    if not everything_ and organization_id not in viewer.reaches(Operation.MANAGE_MEMBERS):
        raise Undone(ORGANIZATION_UNKNOWN)
    if role not in GIVEN:
        raise Undone(ROLE_REFUSED)
    if role == OWNER and not makes_owners(viewer, organization_id):
        raise Undone(OWNERS_ONLY)


def makes_owners(viewer: Viewer, organization_id: int) -> bool:
    """Whether the viewer is an owner of an organization or of its parent, or operates the system."""
    if viewer.standing.everything(Operation.MANAGE_MEMBERS):
        return True
    owned = [place for place in viewer.places if role_of(place.position) is Role.OWNER]
    return any(organization_id in place.reached(Operation.MANAGE_MEMBERS) for place in owned)


def refuse_period(begins: datetime, ends: datetime | None, now: datetime) -> None:
    """Raise Undone for a period that ends before it begins, or that is over."""
    if ends is not None and ends < now:
        raise Undone(ENDED_BEFORE)
    if ends is not None and ends < begins:
        raise Undone(PERIOD_ENDS_FIRST)


def refuse_overlap(others: Iterable[Held], begins: datetime | None, ends: datetime | None) -> None:
    """Raise Undone where one of the periods has an instant in common with another one."""
    for other in others:
        begins_in_time = begins is None or other.end_at is None or begins <= other.end_at
        ends_in_time = ends is None or other.start_at is None or other.start_at <= ends
        if begins_in_time and ends_in_time:
            raise Undone(ROLE_HELD)


def within(viewer: Viewer) -> Condition:
    """Roles in organizations whose members the viewer looks after."""
    if viewer.standing.everything(Operation.MANAGE_MEMBERS):
        return everything()
    return memberships.c.organization_id.in_(sorted(viewer.reaches(Operation.MANAGE_MEMBERS)))
