"""Commands on rosters: have a section filled from the roster of a platform's course, and have that end."""

from dataclasses import dataclass

from db.connections.database import Transaction
from db.lti import roster_members
from db.lti import rosters as rows
from db.lti.rosters import Offer
from db.lti.tables import lti_launches, lti_rosters
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import allowed, manageable
from resolvers.policy import Operation

MANAGE = Operation.MANAGE_LTI
MOST_ROSTERS = 1000

UNKNOWN_LAUNCH = Mistake(("launchLegacyId",), "LAUNCH_UNKNOWN", "There is no such launch within your reach.")
NO_ROSTER = Mistake(
    ("launchLegacyId",), "ROSTER_MISSING", "The platform did not offer the roster of its course with this launch."
)
UNKNOWN_SECTION = Mistake(
    ("sectionLegacyId",), "SECTION_UNKNOWN", "The organization that the launch belongs to has no such section."
)
TOO_MANY = Mistake(
    ("sectionLegacyId",), "ROSTERS_TOO_MANY", f"The organization has {MOST_ROSTERS} rosters, which is all."
)


@dataclass(frozen=True, slots=True)
class Stopped:
    """Whether there was such a roster, and how many students were taken out of the section."""

    stopped: bool
    taken_out: int = 0


async def fill_section(request: Request, launch_id: int, section_id: int) -> int | list[Mistake]:
    """Have a section filled from the roster of the course that was launched, at once and each day from then on.

    Where it is already, it is asked anew, with the address that this launch brought. Gives the roster's number, or the
    mistakes, and then nothing was changed.
    """
    viewer = allowed(request, MANAGE, "Mutation.fillSectionFromLti")
    async with request.writing() as transaction:
        offer = await rows.offered(transaction, launch_id, manageable(viewer, MANAGE, lti_launches.c))
        if offer is None:
            return [UNKNOWN_LAUNCH]
        if not await rows.is_of(transaction, section_id, offer.organization_id):
            return [UNKNOWN_SECTION]
        return await filling(request, transaction, offer, section_id)


async def filling(request: Request, transaction: Transaction, offer: Offer, section_id: int) -> int | list[Mistake]:
    """Keep the roster that is offered, or ask anew for it."""
    if offer.context_id is None or offer.memberships_url is None:
        return [NO_ROSTER]
    told = {"memberships_url": offer.memberships_url, "context_title": offer.context_title}
    known = await rows.known(transaction, (offer.platform_id, offer.context_id, section_id))
    if known is not None:
        await rows.ask_again(transaction, known, told, request.now)
        return known
    if await rows.count(transaction, offer.organization_id) >= MOST_ROSTERS:
        return [TOO_MANY]
    key = {"platform_id": offer.platform_id, "context_id": offer.context_id, "section_id": section_id}
    return await rows.add(transaction, {**key, **told, "organization_id": offer.organization_id}, request.now)


async def stop_filling(request: Request, roster_id: int, *, take_out: bool) -> Stopped:
    """Forget a roster within reach. Whom it has put into the section stays there, unless they are to be taken out."""
    viewer = allowed(request, MANAGE, "Mutation.stopFillingSection")
    async with request.writing() as transaction:
        section_id = await rows.locked(transaction, roster_id, manageable(viewer, MANAGE, lti_rosters.c))
        if section_id is None:
            return Stopped(stopped=False)
        gone = await roster_members.take_out_all(transaction, roster_id, section_id) if take_out else 0
        await rows.remove(transaction, roster_id)
    return Stopped(stopped=True, taken_out=gone)
