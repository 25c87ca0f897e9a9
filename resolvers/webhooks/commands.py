"""Commands on webhooks: make, change, remove one, and give it a new secret."""

import re
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from db import deliveries
from db import webhooks as rows
from db.connections.database import Transaction
from db.webhooks import webhooks
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import abilities_of, address_mistakes, allowed, manageable, outside_of, own_organization
from resolvers.outside import Outside
from resolvers.policy import Operation
from resolvers.text import text
from resolvers.webhooks.wanted import event_mistakes
from resolvers.webhooks.wire import PREFIX

ENTROPY_BYTES = 24
SECRET = re.compile(r"[\x21-\x7e]{16,255}")
BY_HAND = "switched_off"
OVERLAP_HOURS, MOST_OVERLAP_HOURS = 24, 24 * 7
MOST_WEBHOOKS = 100
MANAGE = Operation.MANAGE_WEBHOOKS


@dataclass(frozen=True, slots=True)
class Made:
    """A webhook and its secret, which is shown this once."""

    id: int
    secret: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a webhook is to be; None leaves a member as it is, and where a webhook is made, as it is by default."""

    url: str | None = None
    events: Sequence[str] | None = None
    is_active: bool | None = None
    ordered: bool | None = None
    schedule: str | None = None
    # The payload document, already held against the graph; an empty text takes it away.
    document: str | None = None

    def values(self) -> dict[str, object]:
        """The columns that these set."""
        events = None if self.events is None else [text(one) for one in dict.fromkeys(self.events)]
        url = None if self.url is None else text(self.url)
        given = {"url": url, "events": events, "ordered": self.ordered, "schedule": self.schedule}
        found: dict[str, object] = {name: value for name, value in given.items() if value is not None}
        if self.document is not None:
            found["document"] = text(self.document) or None
        if self.is_active is not None:
            found |= {"is_active": self.is_active, "disabled_reason": None if self.is_active else BY_HAND}
        return found | ({"failing_since": None} if self.is_active or self.url is not None else {})


def new_secret() -> str:
    """A secret as Standard Webhooks writes them: 24 random bytes in base64."""
    return f"{PREFIX}{b64encode(secrets.token_bytes(ENTROPY_BYTES)).decode()}"


async def create_webhook(request: Request, wanted: Wanted, *, secret: str | None) -> Made | list[Mistake]:
    """Make a webhook of one's own organization. Gives the mistakes, and then there is none."""
    viewer = allowed(request, MANAGE, "Mutation.createWebhook")
    outside = outside_of(request)
    mistakes = [*secret_mistakes(secret), *await mistakes_in(outside, wanted)]
    if mistakes:
        return mistakes
    chosen = new_secret() if secret is None else secret
    values = {
        "organization_id": own_organization(viewer, MANAGE),
        "owner_id": viewer.user_id,
        "abilities": abilities_of(viewer),
        **wanted.values(),
    }
    async with request.writing() as transaction:
        if await rows.count(transaction, viewer.user_id) >= MOST_WEBHOOKS:
            return [Mistake(("url",), "WEBHOOKS_TOO_MANY", f"You have {MOST_WEBHOOKS} webhooks, which is all.")]
        id_ = await rows.add(transaction, values, sealed=outside.sealer.seal(chosen), now=request.now)
    return Made(id_, chosen)


async def update_webhook(request: Request, id_: int, wanted: Wanted) -> int | list[Mistake] | None:
    """Change a webhook within reach; None where there is none. Gives the mistakes, and then nothing was changed.

    What waits for a webhook that is switched off is given up; it can be delivered again later. Who changes what is
    told, or where to, is its owner from then on: it never tells more than this person may hear of.
    """
    viewer = allowed(request, MANAGE, "Mutation.updateWebhook")
    if mistakes := await mistakes_in(outside_of(request), wanted):
        return mistakes
    values = wanted.values()
    if {"url", "events", "document"} & values.keys():
        values |= {"owner_id": viewer.user_id, "abilities": abilities_of(viewer)}
    async with request.writing() as transaction:
        found = await within_reach(request, transaction, id_)
        if found is None:
            return None
        await rows.change(transaction, id_, values, request.now)
        if wanted.is_active is False:
            await deliveries.skip(transaction, id_)
    return id_


async def delete_webhook(request: Request, id_: int) -> bool:
    """Remove a webhook within reach, with what waits for it and what was delivered; whether there was one."""
    allowed(request, MANAGE, "Mutation.deleteWebhook")
    async with request.writing() as transaction:
        found = await within_reach(request, transaction, id_)
        if found is not None:
            await rows.remove(transaction, id_)
    return found is not None


async def rotate_secret(
    request: Request, id_: int, *, secret: str | None, overlap_hours: int | None
) -> Made | list[Mistake] | None:
    """Give a webhook within reach a new secret; the one before signs beside it for some hours more."""
    allowed(request, MANAGE, "Mutation.rotateWebhookSecret")
    hours = OVERLAP_HOURS if overlap_hours is None else overlap_hours
    mistakes = [*secret_mistakes(secret), *overlap_mistakes(hours)]
    if mistakes:
        return mistakes
    chosen = new_secret() if secret is None else secret
    sealed, until = outside_of(request).sealer.seal(chosen), request.now + timedelta(hours=hours)
    async with request.writing() as transaction:
        found = await within_reach(request, transaction, id_)
        if found is None:
            return None
        await rows.rotate(transaction, id_, sealed=sealed, now=request.now, until=until)
    return Made(id_, chosen)


async def within_reach(request: Request, transaction: Transaction, id_: int) -> Mapping[str, object] | None:
    """A webhook that the viewer may manage, locked; None where there is none."""
    viewer = allowed(request, MANAGE, "Webhook")
    return await rows.locked(transaction, id_, manageable(viewer, MANAGE, webhooks.c))


async def mistakes_in(outside: Outside, wanted: Wanted) -> list[Mistake]:
    """What is wrong with what a webhook is to be."""
    found = [] if wanted.url is None else await address_mistakes(outside, wanted.url)
    return [*found, *([] if wanted.events is None else event_mistakes(wanted.events))]


def secret_mistakes(secret: str | None) -> list[Mistake]:
    """A secret of one's own has 16 to 255 letters, digits and signs, and no spaces."""
    if secret is None or SECRET.fullmatch(secret):
        return []
    message = "The secret must have from 16 to 255 letters, digits and signs, and no spaces."
    return [Mistake(("secret",), "SECRET_FORM", message)]


def overlap_mistakes(hours: int) -> list[Mistake]:
    """How long two secrets may sign together: up to a week."""
    if 0 <= hours <= MOST_OVERLAP_HOURS:
        return []
    message = f"The overlap must be from 0 to {MOST_OVERLAP_HOURS} hours."
    return [Mistake(("overlapHours",), "OVERLAP_LENGTH", message)]
