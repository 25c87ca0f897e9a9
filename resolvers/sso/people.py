"""Who comes by single sign-on: the person is found or made, and has the roles here that the identity provider says."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from db.connections.database import Transaction
from db.japan import academic_year
from db.newcomers import Known, Newcomer, keep_year, make_account, make_staff, make_student
from db.sso import people as rows
from db.sso.logins import Configuration
from db.sso.people import OWNER, SOURCE
from db.students import roster
from resolvers.accesses.roles import ChangedRole, RoleChange, record_role_changes
from resolvers.sso.identities import Identity
from resolvers.sso.reasons import Reason

STUDENT = "student"


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who came; `refused` says why the person may not come in, where what was done for that is to be kept."""

    known: Known
    refused: Reason | None = None


async def arrive(transaction: Transaction, configuration: Configuration, identity: Identity, now: datetime) -> Arrived:
    """Find or make the person whom an identity provider names, with the roles that it gives; a Refusal where not.

    Once found or made, the same name is the same person for good. Roles that single sign-on gave end here where they
    are given no more, also of a person who is then refused; roles that others gave are never touched.
    """
    await rows.wait_for_others(transaction, configuration.id)
    name = (configuration.id, configuration.issuer, identity.subject)
    known = await rows.known_as(transaction, *name) or await found(transaction, configuration, identity)
    if known is None and not identity.roles:
        raise Reason.ROLE_UNKNOWN.refusal()
    if known is None and not configuration.creates_accounts:
        raise Reason.NOT_LET_IN.refusal()
    if known is None:
        known = await make_account(transaction, uid_of(configuration, identity), None, now)
    elif await rows.is_elsewhere(transaction, known.user_id, configuration.organization_id, now):
        raise Reason.ACCOUNT_ELSEWHERE.refusal()
    await rows.link(transaction, name, known, identity.email, now)
    held = await settle_staff(transaction, configuration, identity, known, now)
    await settle_student(transaction, configuration, identity, known, now, is_staff=held)
    return Arrived(known, None if identity.roles else Reason.ROLE_UNKNOWN)


async def found(transaction: Transaction, configuration: Configuration, identity: Identity) -> Known | None:
    """The person of the organization who has this address; refused where several do."""
    place, issuer = configuration.organization_id, configuration.issuer
    people = await rows.with_email(transaction, configuration.id, issuer, place, identity.email)
    if len(people) > 1:
        raise Reason.NOT_LET_IN.refusal()
    return people[0] if people else None


async def settle_staff(
    transaction: Transaction, configuration: Configuration, identity: Identity, known: Known, now: datetime
) -> bool:
    """Have a person hold exactly the staff roles that are given, beside those of others; whether there are any then.

    The last owner of an organization stays one: nobody could set anything right any more.
    """
    place, roles = configuration.organization_id, identity.roles - {STUDENT}
    if not await rows.held_staff(transaction, known.user_id):
        if not roles:
            return False
        await make_staff(transaction, known, newcomer(configuration, identity), now)
    keep = set(roles)
    if not await rows.has_other_owners(transaction, known.user_id, place, now):
        keep.add(OWNER)
    ended = await rows.take_roles(transaction, known.user_id, place, keep, now)
    held = await rows.roles_held(transaction, known.user_id, place, now)
    granted = sorted(roles - held)
    await rows.give_roles(transaction, known.user_id, place, granted, identity.subject, now)
    changes = [ChangedRole(known.user_id, place, role, RoleChange.ENDED) for role in ended]
    changes += [ChangedRole(known.user_id, place, role, RoleChange.GRANTED) for role in granted]
    await record_role_changes(transaction, None, changes, by="single sign-on")
    return bool(roles | held)


async def settle_student(
    transaction: Transaction,
    configuration: Configuration,
    identity: Identity,
    known: Known,
    now: datetime,
    *,
    is_staff: bool,
) -> None:
    """Have a person be a student, or no longer; staff is not made a student beside it."""
    there = await rows.is_student(transaction, known.user_id)
    if STUDENT not in identity.roles:
        await rows.close_student(transaction, known.user_id, now)
        return
    if not there and is_staff:
        return
    if not there:
        told = newcomer(configuration, identity)
        await make_student(transaction, known, configuration.organization_id, told, now)
    await rows.open_student(transaction, known.user_id, now)
    year = academic_year(now)
    await keep_year(transaction, [known.user_id], year, roster([year]), now)


def newcomer(configuration: Configuration, identity: Identity) -> Newcomer:
    """What is kept of somebody new. The address stays with the name by which the person comes."""
    code = f"S{configuration.id}-{sha256(identity.subject.encode()).hexdigest()[:12]}"
    names = (identity.family_name, identity.given_name, "", "")
    return Newcomer(code, code, names, SOURCE, identity.subject)


def uid_of(configuration: Configuration, identity: Identity) -> str:
    """How the account of somebody new is known."""
    told = f"{configuration.issuer}\n{identity.subject}"
    return f"sso|{configuration.id}|{sha256(told.encode()).hexdigest()[:32]}"
