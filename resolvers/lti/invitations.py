"""Invitations: an address with a secret in it, by which one platform may register itself for an organization."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from db.lti import invitations as rows
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import allowed
from resolvers.lti.platforms import NO_HOME
from resolvers.lti.policies import MANAGE, NOTHING, organization_of, policy_mistakes

LASTS = timedelta(days=7)
SECRET_BYTES = 32
MOST_INVITATIONS = 100
TOO_MANY = Mistake(
    ("organizationCode",),
    "INVITATIONS_TOO_MANY",
    f"The organization has {MOST_INVITATIONS} invitations that nobody used yet, which is all.",
)


@dataclass(frozen=True, slots=True)
class Invited:
    """The address, which is shown this once, and until when it is good."""

    url: str
    expires_at: datetime


async def invite_platform(
    request: Request, organization_code: str | None, matching: str | None, *, creates_accounts: bool | None
) -> Invited | list[Mistake]:
    """Invite a platform to register itself; gives the mistakes, and then there is no invitation."""
    viewer = allowed(request, MANAGE, "Mutation.inviteLtiPlatform")
    if request.tool is None:
        return [replace(NO_HOME, field=TOO_MANY.field)]
    policy = {"matching": matching or NOTHING, "creates_accounts": creates_accounts is not False}
    if mistakes := policy_mistakes(str(policy["matching"]), creates_accounts=bool(policy["creates_accounts"])):
        return mistakes
    secret, until = secrets.token_urlsafe(SECRET_BYTES), request.now + LASTS
    async with request.writing() as transaction:
        found = await organization_of(transaction, viewer, organization_code)
        if isinstance(found, Mistake):
            return [found]
        if await rows.count(transaction, found, request.now) >= MOST_INVITATIONS:
            return [TOO_MANY]
        values = {"organization_id": found, "owner_id": viewer.user_id, "digest": digest_of(secret)}
        await rows.add(transaction, {**values, **policy, "expires_at": until}, request.now)
    return Invited(request.tool.registration_url(secret), until)


def digest_of(secret: str) -> bytes:
    """What is kept of a secret."""
    return sha256(secret.encode()).digest()
