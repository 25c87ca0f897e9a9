"""Sessions: the page to which a browser went changes its code for an API token, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from db.sso import logins as rows
from resolvers.abilities import ABILITIES, Ability
from resolvers.api_tokens import made
from resolvers.context import Request, Viewer
from resolvers.digests import digest
from resolvers.errors import Forbidden
from resolvers.policy import Operation
from resolvers.sso.reasons import Reason

LASTS = timedelta(hours=8)
NAME = "SSO"
# A session ends with the day, and must not leave tokens behind that do not.
WITHHELD = frozenset({Ability.TOKENS_WRITE})


@dataclass(frozen=True, slots=True)
class Session:
    """A session: the token, and how long it lasts."""

    token: str
    expires_at: datetime


async def session(request: Request, code: str) -> Session:
    """The session of whoever this code was given to; refused for any other code, and for who may not come in now."""
    if request.desk is None:
        raise TypeError("There is nowhere to come in.")
    found = await rows.with_code(request.database, digest(code))
    if found is None:
        raise Reason.CODE_UNKNOWN.refusal()
    if not found.enabled:
        raise Reason.NOT_SET_UP.refusal()
    try:
        viewer = await request.desk.viewer(found.uid, request.now)
    except Forbidden:
        raise Reason.ACCOUNT_CLOSED.refusal() from None
    ends_at = request.now + LASTS
    async with request.writing() as transaction:
        if not await rows.spend_code(transaction, digest(code)):
            raise Reason.CODE_UNKNOWN.refusal()
        token = await made(transaction, found.user_id, NAME, abilities_of(viewer), ends_at, request.now)
    return Session(token.plain_text, ends_at)


def abilities_of(viewer: Viewer) -> list[str]:
    """What the session may do: all that the person's roles may, but for making tokens."""
    needed = {ABILITIES[operation] for operation in Operation if viewer.standing.may(operation)}
    return sorted(one.value for one in needed - WITHHELD if one is not None)
