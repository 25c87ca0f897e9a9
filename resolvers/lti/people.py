"""Who comes from a platform: the person is found, or made, as the organization's policy says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from db.connections.database import Transaction
from db.japan import academic_year
from db.lti import people as rows
from db.lti.people import STAFF, STUDENT
from db.newcomers import Known, Newcomer, keep_year, make_account, make_staff, make_student
from db.students import Names, roster
from resolvers.accesses.roles import ChangedRole, RoleChange, record_role_changes
from resolvers.passwords import folded_email

LONGEST_NAME = 100
LOCALES = ("ja", "en")
# Roles in the platform's own course (LTI Core 1.3, A.2.3), and what they are here.
CONTEXT = {
    "Learner": STUDENT,
    "Instructor": STAFF,
    "ContentDeveloper": STAFF,
    "Mentor": STAFF,
    "Manager": STAFF,
    "Administrator": STAFF,
    "Officer": STAFF,
}
# Roles at the institution or the platform (A.2.1, A.2.2): they count where there is none in the course.
ELSEWHERE = {
    "Student": STUDENT,
    "Learner": STUDENT,
    "Faculty": STAFF,
    "Instructor": STAFF,
    "Staff": STAFF,
    "Mentor": STAFF,
    "Administrator": STAFF,
    "SysAdmin": STAFF,
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom an organization lets in from a platform: whom it finds, and whether it makes an account of the others."""

    platform_id: int
    organization_id: int
    matching: str
    creates_accounts: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a platform tells of somebody: its own name for the person, and whatever else it does not keep to itself."""

    subject: str
    kind: str
    email: str | None = None
    external_id: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    name: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The account that somebody is here; `created` where it was made for this."""

    user_id: int
    uid: str
    kind: str
    created: bool


async def person_of(transaction: Transaction, policy: Policy, told: Told, now: datetime) -> Person | None:
    """The person whom a platform names; None where nobody is found and no account is to be made.

    Once found or made, the same name is the same person for good, whatever else is told later. Where what is told is
    true of several people it is nobody, and no account is made either. Students stand on the roster of the current
    academic year (年度) from then on. Whether the person may come in at the moment is not looked at.
    """
    known = await rows.known_as(transaction, policy.platform_id, told.subject, told.kind)
    if known is None:
        await rows.wait_for_others(transaction, policy.platform_id)
        known = await rows.known_as(transaction, policy.platform_id, told.subject, told.kind)
    created = False
    if known is None:
        found = await candidates(transaction, policy, told)
        if len(found) > 1 or not (found or policy.creates_accounts):
            return None
        created = not found
        known = await made(transaction, policy, told, now) if created else found[0]
        await rows.link(transaction, policy.platform_id, told.subject, told.kind, known, now)
    if told.kind == STUDENT:
        year = academic_year(now)
        await keep_year(transaction, [known.user_id], year, roster([year]), now)
    return Person(known.user_id, known.uid, told.kind, created)


async def candidates(transaction: Transaction, policy: Policy, told: Told) -> list[Known]:
    """Whom the policy finds among the people of the organization: nobody, one, or more than one."""
    if policy.matching == "email" and told.email:
        email = folded_email(told.email)
        return await rows.with_email(transaction, told.kind, policy.organization_id, email)
    if policy.matching == "external_id" and told.external_id:
        return await rows.with_external_id(transaction, told.kind, policy.organization_id, told.external_id)
    return []


async def made(transaction: Transaction, policy: Policy, told: Told, now: datetime) -> Known:
    """A new person of the organization: a student, or a coach. The mail address is not kept: nobody has proved it."""
    digest = sha256(told.subject.encode()).hexdigest()
    code = f"L{policy.platform_id}-{digest[:12]}"
    locale = (told.locale or "").partition("-")[0].lower()
    uid = f"lti|{policy.platform_id}|{told.kind}|{digest[:32]}"
    known = await make_account(transaction, uid, locale if locale in LOCALES else None, now)
    newcomer = Newcomer(code, told.external_id or code, names_of(told, code), "lti", told.external_id or code)
    if told.kind == STUDENT:
        await make_student(transaction, known, policy.organization_id, newcomer, now)
    else:
        await make_staff(transaction, known, newcomer, now)
        await rows.give_role(transaction, known, policy.organization_id, newcomer.source_ref)
        changed = ChangedRole(known.user_id, policy.organization_id, rows.COACH, RoleChange.GRANTED)
        await record_role_changes(transaction, None, [changed], by="LTI launch")
    return known


def names_of(told: Told, code: str) -> Names:
    """Last name, first name, and no kana, which platforms do not tell; who keeps the name to themselves has a code."""
    last, first = told.family_name or "", told.given_name or ""
    if not (last or first):
        last = told.name or code
    return last[:LONGEST_NAME], first[:LONGEST_NAME], "", ""


def kind_of(roles: Iterable[str]) -> str | None:
    """What somebody with these roles is here: student, staff, or None for neither.

    Full names and short ones count (NRPS 2.0, 2.3). Those in the course decide, where there are any: a teacher who
    takes part in another's course as a learner is a learner there. Of several, staff wins.
    """
    inside, outside = set(), set()
    for role in roles:
        path, _, name = role.rpartition("#")
        principal = path.rpartition("/")[2]
        if "/membership" in path:
            inside.add(CONTEXT.get(name if principal == "membership" else principal))
        elif path:
            outside.add(ELSEWHERE.get(name))
        else:
            inside.add(CONTEXT.get(name))
    found = (inside - {None}) or (outside - {None})
    return STAFF if STAFF in found else next(iter(found), None)
