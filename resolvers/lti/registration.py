"""Dynamic Registration 1.0: an LMS registers itself by an invitation, and is told of this tool."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from db.connections.database import Database
from db.lti import invitations as rows
from db.lti import platforms
from db.lti.invitations import Invitation
from db.organizations import organizations
from resolvers.accounts import Admission
from resolvers.egress.client import Failed, Refused, Reply
from resolvers.errors import Mistake
from resolvers.lti.invitations import digest_of
from resolvers.lti.platform_configuration import Configuration, Unfit, configuration, said
from resolvers.lti.platforms import MOST_PLATFORMS, registered
from resolvers.lti.policies import MANAGE
from resolvers.lti.services import object_in, words
from resolvers.lti.tool_configuration import DEEP_LINKING, MEMBERSHIP, SCORE, TOOL_CONFIGURATION, registration
from resolvers.lti.wanted import Wanted
from resolvers.outside import Outside
from resolvers.owners import owner_of
from resolvers.tool import Addresses

# What a header can carry (RFC 6750, 2.1), in so many letters as one does.
TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
ANSWER_S, MOST_BYTES = 10.0, 256 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """What an LMS opens the invitation's address with."""

    secret: str
    configuration_url: str
    token: str | None


@dataclass(frozen=True, slots=True)
class Registered:
    """A platform that was kept; `deployment_id` None where it has still to be told, and what the LMS does not offer."""

    name: str
    client_id: str
    deployment_id: str | None
    missing: tuple[str, ...]


class Registering:
    """Registers platforms. `tool` says where this tool is for others."""

    def __init__(self, database: Database, admission: Admission, outside: Outside, tool: Addresses) -> None:
        self.database = database
        self.admission = admission
        self.outside = outside
        self.tool = tool

    async def register(self, asked: Asked, now: datetime) -> Registered:
        """Register the platform that opened an invitation's address; raises Unfit, and then nothing was kept.

        The invitation is used up only where this worked.
        """
        invitation = await self.good(asked.secret, now)
        if asked.token is not None and not TOKEN.fullmatch(asked.token):
            raise Unfit("token_form")
        found = await self.configured(asked)
        wanted = Wanted(
            name=found.name,
            issuer=found.issuer,
            auth_login_url=found.auth_login_url,
            token_url=found.token_url,
            token_audience=found.token_audience,
            jwks_url=found.jwks_url,
        )
        refuse(await wanted.mistakes(self.outside))
        client_id, deployment_id = await self.told(found, invitation, asked)
        whole = Wanted(client_id=client_id, deployments=None if deployment_id is None else [deployment_id])
        refuse(list(whole.form_mistakes()))
        await self.keep(asked.secret, {**wanted.values(), **whole.values()}, now)
        return Registered(found.name, client_id, deployment_id, missing_in(found))

    async def good(self, secret: str, now: datetime) -> Invitation:
        """The invitation that a secret belongs to, if it is good still, and if whoever invited may do so still."""
        async with self.database.writing() as transaction:
            found = await rows.known(transaction, digest_of(secret))
            reason = unusable(found, now)
            if found is None or reason is not None:
                raise Unfit(reason or "invitation_unknown")
            full = await platforms.count(transaction, found.organization_id) >= MOST_PLATFORMS
        owner = await owner_of(self.admission, found.owner_uid, None, now)
        reaches = owner is not None and (
            owner.standing.everything(MANAGE) or found.organization_id in owner.reaches(MANAGE)
        )
        if not reaches:
            raise Unfit("inviter_may_not")
        if full:
            raise Unfit("refused_here", f"The organization has {MOST_PLATFORMS} platforms, which is all.")
        return found

    async def configured(self, asked: Asked) -> Configuration:
        """What the LMS says of itself. Canvas wants its own token for it; others do not look at it."""
        reply = await self.sent("GET", asked.configuration_url, asked.token)
        return configuration(object_of(reply, "configuration_unread"), asked.configuration_url)

    async def told(self, found: Configuration, invitation: Invitation, asked: Asked) -> tuple[str, str | None]:
        """Tell the LMS of this tool; gives how it calls us, and its deployment of us, where it says so already."""
        tool = registration(
            self.tool,
            matching=invitation.matching,
            creates_accounts=invitation.creates_accounts,
            scopes=found.scopes,
            messages=found.messages,
        )
        reply = await self.sent("POST", found.registration_url, asked.token, json.dumps(tool).encode())
        answer = object_of(reply, "registration_refused")
        known = answer.get(TOOL_CONFIGURATION)
        deployment = known.get("deployment_id") if isinstance(known, dict) else None
        return said(answer, "client_id"), deployment if isinstance(deployment, str) and deployment else None

    async def sent(self, method: str, url: str, token: str | None, body: bytes = b"") -> Reply:
        """What the LMS answers; raises Unfit where there is no answer, or where it may not be asked."""
        headers = {"Accept": "application/json", **({"Content-Type": "application/json"} if body else {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            return await self.outside.egress.send(
                method, url, headers=headers, body=body, seconds=ANSWER_S, most_bytes=MOST_BYTES
            )
        except Refused as refused:
            raise Unfit("no_address", f"{url}: {refused}") from None
        except Failed as failed:
            raise Unfit("no_answer", f"{url}: {failed}") from None

    async def keep(self, secret: str, values: Mapping[str, object], now: datetime) -> None:
        """Keep the platform and use the invitation up, both or neither; raises Unfit."""
        async with self.database.writing() as transaction:
            used = await rows.use(transaction, digest_of(secret), now)
            found = await rows.known(transaction, digest_of(secret))
            if found is None or not used:
                raise Unfit(unusable(found, now) or "invitation_used")
            await platforms.held_organization(transaction, organizations.c.id == found.organization_id)
            policy = {"matching": found.matching, "creates_accounts": found.creates_accounts}
            whose = {"organization_id": found.organization_id, "owner_id": found.owner_id}
            made = await registered(transaction, {**values, **policy, **whose}, now)
            if isinstance(made, list):
                raise Unfit("refused_here", made[0].message)


def unusable(found: Invitation | None, now: datetime) -> str | None:
    """Why an invitation cannot be used, as it never was, was used, or has ended; None where it can."""
    if found is None:
        return "invitation_unknown"
    if found.used_at is not None:
        return "invitation_used"
    return "invitation_ended" if found.expires_at <= now else None


def refuse(mistakes: list[Mistake]) -> None:
    """What would be wrong in a form is wrong in a configuration too; raises Unfit."""
    if mistakes:
        raise Unfit("unfit", "\n".join(f"{mistake.field[0]}: {mistake.message}" for mistake in mistakes))


def object_of(reply: Reply, reason: str) -> Mapping[str, object]:
    """The JSON object of a good answer; raises Unfit for any other."""
    found = object_in(reply)
    good = HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES and not reply.cut
    if not good or not found:
        raise Unfit(reason, f"{reply.status} {words(reply)}".strip())
    return found


def missing_in(found: Configuration) -> tuple[str, ...]:
    """What an LMS does not offer of all that the tool can do with it."""
    services = {"grades": SCORE in found.scopes, "roster": MEMBERSHIP in found.scopes}
    services["deep_linking"] = DEEP_LINKING in found.messages
    return tuple(name for name, offered in services.items() if not offered)
