"""Commands on LTI platforms: register, change and remove one."""

from collections.abc import Mapping
from datetime import datetime

from db.connections.database import Transaction
from db.lti import platforms as rows
from db.lti.tables import lti_platforms
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import allowed, manageable, outside_of
from resolvers.lti.policies import MANAGE, NOTHING, organization_of, policy_mistakes
from resolvers.lti.wanted import Wanted

MOST_PLATFORMS = 100
# Whoever changes one of these answers for the platform from then on.
ANSWERED_FOR = {"issuer", "client_id", "auth_login_url", "token_url", "token_audience", "jwks_url"}

NO_HOME = Mistake(
    ("issuer",), "HOME_MISSING", "This server has no public address yet: its operator sets KAKEHASHI_PUBLIC_URL."
)
KNOWN = Mistake(
    ("clientId",), "PLATFORM_KNOWN", "A platform with this issuer and client id is registered here already."
)
TOO_MANY = Mistake(("issuer",), "PLATFORMS_TOO_MANY", f"The organization has {MOST_PLATFORMS} platforms, which is all.")
ISSUER_STAYS = Mistake(
    ("issuer",),
    "ISSUER_STAYS",
    "People have come from there already, whom another issuer may call by the same names: register it anew.",
)


async def register_platform(request: Request, wanted: Wanted, organization_code: str | None) -> int | list[Mistake]:
    """Register a platform; gives its number, or the mistakes, and then there is none."""
    viewer, outside = allowed(request, MANAGE, "Mutation.registerLtiPlatform"), outside_of(request)
    if request.tool is None:
        return [NO_HOME]
    values = {"owner_id": viewer.user_id, "matching": NOTHING, "creates_accounts": True, **wanted.values()}
    policy = policy_mistakes(str(values["matching"]), creates_accounts=bool(values["creates_accounts"]))
    if mistakes := [*await wanted.mistakes(outside), *policy]:
        return mistakes
    async with request.writing() as transaction:
        found = await organization_of(transaction, viewer, organization_code)
        if isinstance(found, Mistake):
            return [found]
        return await registered(transaction, {"organization_id": found, **values}, request.now)


async def registered(transaction: Transaction, values: Mapping[str, object], now: datetime) -> int | list[Mistake]:
    """Keep a platform of an organization that is held; gives its number, or why there is none."""
    if await rows.count(transaction, int(str(values["organization_id"]))) >= MOST_PLATFORMS:
        return [TOO_MANY]
    made = await rows.add(transaction, {"deployment_ids": [], **values}, now)
    return [KNOWN] if made is None else made


async def update_platform(request: Request, id_: int, wanted: Wanted) -> int | list[Mistake] | None:
    """Change a platform within reach; None where there is none. Gives the mistakes, and then nothing was changed.

    Sessions from one that is switched off end.
    """
    viewer, outside = allowed(request, MANAGE, "Mutation.updateLtiPlatform"), outside_of(request)
    if mistakes := await wanted.mistakes(outside):
        return mistakes
    values = wanted.values()
    if ANSWERED_FOR & values.keys():
        values["owner_id"] = viewer.user_id
    async with request.writing() as transaction:
        found = await within_reach(request, transaction, id_)
        if found is None:
            return None
        if mistakes := await misfits(transaction, found, values):
            return mistakes
        if not await rows.change(transaction, id_, values, request.now):
            return [KNOWN]
        if wanted.is_active is False:
            await rows.end_sessions(transaction, id_, request.now)
    return id_


async def delete_platform(request: Request, id_: int) -> bool:
    """Remove a platform within reach, with what was launched from there; whether there was one. Sessions end."""
    allowed(request, MANAGE, "Mutation.deleteLtiPlatform")
    async with request.writing() as transaction:
        found = await within_reach(request, transaction, id_)
        if found is not None:
            await rows.end_sessions(transaction, id_, request.now)
            await rows.remove(transaction, id_)
    return found is not None


async def within_reach(request: Request, transaction: Transaction, id_: int) -> Mapping[str, object] | None:
    """A platform that the viewer may manage, locked; None where there is none."""
    viewer = allowed(request, MANAGE, "LtiPlatform")
    return await rows.locked(transaction, id_, manageable(viewer, MANAGE, lti_platforms.c))


async def misfits(transaction: Transaction, found: Mapping[str, object], values: Mapping[str, object]) -> list[Mistake]:
    """What of a change does not fit to what the platform is."""
    will_be = {**found, **values}
    mistakes = policy_mistakes(str(will_be["matching"]), creates_accounts=bool(will_be["creates_accounts"]))
    if will_be["issuer"] != found["issuer"] and await rows.knows_people(transaction, int(str(found["id"]))):
        return [ISSUER_STAYS, *mistakes]
    return mistakes
