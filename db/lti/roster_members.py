"""Who is in a section through a roster, and who by hand: rosters put in and take out the former alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, exists, func, or_, select

from db.connections.database import Transaction
from db.json_text import Expression
from db.lti.rosters import Held
from db.lti.tables import lti_people, lti_roster_members, lti_rosters
from db.organizations import organizations
from db.predicates import Condition
from db.students import student_sections, students
from db.upsert import dialect_insert, replace

STUDENT = "student"


@dataclass(frozen=True, slots=True)
class Place:
    """How a student stands to a section: there or not, and whether it is this roster or another one that knows it."""

    student_id: int
    is_there: bool
    is_mine: bool
    is_others: bool

    @property
    def is_wanted(self) -> bool:
        """To be put in. Whom a roster has put in and who is not there any more was taken out by hand."""
        return not (self.is_there or self.is_mine or self.is_others)

    @property
    def is_kept(self) -> bool:
        """In there through a roster, and so through this one too; who is there by hand is nobody's."""
        return self.is_mine or (self.is_there and self.is_others)


async def known_among(transaction: Transaction, platform_id: int, subjects: Sequence[str]) -> dict[str, int]:
    """Which students are known already by these names of the platform."""
    named = lti_people.c.subject.in_(subjects) & (lti_people.c.platform_id == platform_id)
    found = select(lti_people.c.subject, lti_people.c.user_id).where(named, lti_people.c.kind == STUDENT)
    return {row.subject: row.user_id for row in await transaction.execute(found)}


async def put_in(transaction: Transaction, one: Held, ids: Sequence[int]) -> set[int]:
    """Put students into the section of a roster; gives those of them who are of its organization or its children.

    Who is there by hand, or was taken out by hand, is left as it is.
    """
    found = [Place(*row) for row in await transaction.execute(places(one, ids))]
    wanted = [{"student_id": place.student_id, "section_id": one.section_id} for place in found if place.is_wanted]
    kept = [place.student_id for place in found if place.is_kept]
    if wanted:
        added = dialect_insert(transaction, student_sections).values(wanted).on_conflict_do_nothing()
        kept += (await transaction.execute(added.returning(student_sections.c.student_id))).scalars()
    rows = [{"roster_id": one.id, "student_id": id_, "run_no": one.run_no} for id_ in kept]
    await replace(transaction, lti_roster_members, rows)
    return {place.student_id for place in found}


def places(one: Held, ids: Sequence[int]) -> Select[Any]:
    """How students stand to the section of a roster, as far as they are of its organization or its children."""
    mine, there = lti_roster_members, student_sections
    in_it = exists(
        select(there.c.student_id).where(there.c.student_id == students.c.id, there.c.section_id == one.section_id)
    )
    by_it = exists(select(mine.c.student_id).where(mine.c.student_id == students.c.id, mine.c.roster_id == one.id))
    by_others = through_others(one.id, one.section_id, students.c.id)
    children = select(organizations.c.id).where(organizations.c.parent_id == one.organization_id)
    place = students.c.organization_id
    near = or_(place == one.organization_id, place.in_(children))
    return select(students.c.id, in_it, by_it, by_others).where(students.c.id.in_(ids), near)


def through_others(roster_id: int, section_id: int, student: Expression) -> Condition:
    """Whether other rosters of the section have put a student there, too."""
    others, rosters = lti_roster_members.alias("others"), lti_rosters.alias("others_rosters")
    of_them = (others.c.student_id == student) & (others.c.roster_id != roster_id)
    found = select(others.c.student_id).join_from(others, rosters, rosters.c.id == others.c.roster_id)
    return exists(found.where(of_them, rosters.c.section_id == section_id).correlate_except(others, rosters))


def not_told(one: Held) -> Condition:
    """Of whom the run under way has not told."""
    return (lti_roster_members.c.roster_id == one.id) & (lti_roster_members.c.run_no != one.run_no)


def there_through(roster_id: int, section_id: int, wanted: Condition) -> Condition:
    """Places in the section of those whom this roster alone has put there, and whom `wanted` lets through."""
    members = lti_roster_members.c
    alone = ~through_others(roster_id, section_id, members.student_id)
    ids = select(members.student_id).where(wanted, alone)
    return (student_sections.c.section_id == section_id) & student_sections.c.student_id.in_(ids)


async def count_gone(transaction: Transaction, one: Held) -> int:
    """How many are to be taken out when the run ends now."""
    gone = there_through(one.id, one.section_id, not_told(one))
    return int((await transaction.execute(select(func.count()).select_from(student_sections).where(gone))).scalar_one())


async def take_out(transaction: Transaction, one: Held) -> int:
    """Take out those of whom the run has not told; gives how many were there still."""
    gone = await transaction.execute(
        delete(student_sections).where(there_through(one.id, one.section_id, not_told(one)))
    )
    await transaction.execute(delete(lti_roster_members).where(not_told(one)))
    return gone.rowcount


async def take_out_all(transaction: Transaction, roster_id: int, section_id: int) -> int:
    """Take out everybody whom a roster alone has put into its section; gives how many were there still."""
    everyone = lti_roster_members.c.roster_id == roster_id
    gone = await transaction.execute(delete(student_sections).where(there_through(roster_id, section_id, everyone)))
    return gone.rowcount
