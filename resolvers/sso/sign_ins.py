"""Signing in: whom the identity provider names comes in, and the browser goes on with a code, which is good once."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from db.connections.database import Database
from db.sso import logins as rows
from db.sso import people
from db.sso.logins import Login
from resolvers.context import Viewer
from resolvers.digests import digest, new_secret
from resolvers.errors import Forbidden
from resolvers.sign_in import SignInDesk
from resolvers.sso.identities import Identity
from resolvers.sso.people import arrive
from resolvers.sso.reasons import Reason
from resolvers.sso.saml_responses import Said

CODE_LASTS_S = 60


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who signed in: the code, and where the browser takes it; None where no page is set up."""

    code: str
    onward: str | None


async def use_assertion(database: Database, login: Login, said: Said) -> None:
    """Use an assertion up; refused where it was used before, whatever login it came with."""
    async with database.writing() as transaction:
        unused = await people.use_assertion(transaction, login.configuration.id, said.digest, said.ends_at)
    if not unused:
        raise Reason.RESPONSE_USED.refusal()


async def signed_in(database: Database, desk: SignInDesk, login: Login, identity: Identity, now: datetime) -> SignedIn:
    """Let in whom an identity provider names; a Refusal where the person may not come in now."""
    async with database.writing() as transaction:
        arrived = await arrive(transaction, login.configuration, identity, now)
    if arrived.refused is not None:
        raise arrived.refused.refusal()
    await viewer_of(desk, arrived.known.uid, now)
    code = new_secret()
    async with database.writing() as transaction:
        await rows.give_code(transaction, login.id, arrived.known.user_id, digest(code), lasts_s=CODE_LASTS_S)
    return SignedIn(code, leads_to(login, code))


async def viewer_of(desk: SignInDesk, uid: str, now: datetime) -> Viewer:
    """The person, as the database grants it now; refused who is locked or out of period."""
    try:
        return await desk.viewer(uid, now)
    except Forbidden:
        raise Reason.ACCOUNT_CLOSED.refusal() from None


def leads_to(login: Login, code: str) -> str | None:
    """The registered page and no other; the code stands in the fragment, which browsers send to nobody."""
    address = login.configuration.return_url
    if address is None:
        return None
    told = {"code": code} | ({} if login.page_state is None else {"state": login.page_state})
    return f"{address}#{urlencode(told)}"
