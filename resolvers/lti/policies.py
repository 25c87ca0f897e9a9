"""Of which organization a platform is, and whom it may bring: what registering and inviting have in common."""

from db.connections.database import Transaction
from db.lti import platforms as rows
from resolvers.context import Viewer
from resolvers.errors import Mistake
from resolvers.integrations import meant_organization
from resolvers.policy import Operation

MANAGE = Operation.MANAGE_LTI
NOTHING = "nothing"

ORGANIZATION_NEEDED = Mistake(
    ("organizationCode",), "ORGANIZATION_NEEDED", "Say by its code of which organization the people are."
)
ORGANIZATION_UNKNOWN = Mistake(
    ("organizationCode",), "ORGANIZATION_UNKNOWN", "There is no such organization within your reach."
)
NOBODY_COMES = Mistake(
    ("createsAccounts",),
    "NOBODY_COMES",
    "Match people by something, or create accounts: with neither nobody could come in.",
)


def policy_mistakes(matching: str, *, creates_accounts: bool) -> list[Mistake]:
    """A policy that lets nobody in is a mistake."""
    return [NOBODY_COMES] if matching == NOTHING and not creates_accounts else []


async def organization_of(transaction: Transaction, viewer: Viewer, code: str | None) -> int | Mistake:
    """The organization with this code within reach, else the viewer's own one; it is held until the end.

    System operators have none of their own, so that they have to name one.
    """
    wanted = meant_organization(viewer, MANAGE, code)
    if wanted is None:
        return ORGANIZATION_NEEDED
    found = await rows.held_organization(transaction, wanted)
    return ORGANIZATION_UNKNOWN if found is None else found
