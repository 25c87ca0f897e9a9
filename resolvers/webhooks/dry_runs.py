"""What a webhook would send, for something that has happened: worked out and signed, and sent to nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from db import outbox, webhooks
from db.connections.database import Transaction
from db.outbox import Told
from resolvers.context import Request, Viewer
from resolvers.errors import Mistake
from resolvers.events import EventType
from resolvers.hearing import subjects_in
from resolvers.integrations import allowed, outside_of
from resolvers.policy import Operation
from resolvers.subscriptions import Follows
from resolvers.webhooks.again import number_in
from resolvers.webhooks.commands import new_secret, secret_mistakes, within_reach
from resolvers.webhooks.wanted import EVERY, PING, event_mistakes, wants
from resolvers.webhooks.wire import body_of, headers_of, thin

PATH = "Mutation.dryRunWebhook"
FOLLOWS = Follows(Operation.EVENTS, PATH)
NOT_YOURS = Mistake(("legacyId",), "NOT_YOURS", "It tells what its owner may read: only the owner can try it.")
NOTHING = Mistake(("seq",), "EVENT_UNKNOWN", "There is no such event that you may hear of. Try the event ping.")
NO_NUMBER = Mistake(("seq",), "SEQ_FORM", "The number of an event has digits only.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A webhook that need not be there: what it asks for, its payload document, and the secrets that sign."""

    events: Sequence[str]
    document: str | None
    secrets: Sequence[str]
    # Who reads for it: never more than whoever tries it may.
    viewer: Viewer
    id: int = 0


@dataclass(frozen=True, slots=True)
class Dry:
    """What would be sent: `told` is what it is about, None for a ping."""

    draft: Draft
    told: Told | None
    event_id: str
    type: str
    occurred_at: datetime

    @property
    def is_wanted(self) -> bool:
        """Whether the webhook asked for events of this type; a ping is sent whoever asks for it."""
        return self.told is None or wants(self.draft.events, self.type)

    def body(self, shaped: object) -> bytes:
        """The body, around what the payload document gave, or thin without one."""
        return body_of(self.event_id, self.type, self.occurred_at, shaped)

    def data(self) -> Mapping[str, object]:
        """What is told without a document."""
        told = self.told
        if told is None:
            return {"webhook_id": self.draft.id}
        return thin(
            organization_id=told.organization_id,
            subject_type=told.subject_type,
            subject_id=told.subject_id,
            body=told.body,
        )

    def headers(self, body: bytes, now: datetime) -> dict[str, str]:
        """The headers, as they would be now."""
        return headers_of(self.event_id, body, self.draft.secrets, now)


async def drafted(
    request: Request, webhook_id: int | None, events: Sequence[str] | None, document: str | None, secret: str | None
) -> Draft | list[Mistake] | None:
    """The webhook within reach, None where there is none; or without a number the one that is described."""
    viewer = allowed(request, Operation.MANAGE_WEBHOOKS, PATH)
    if webhook_id is None:
        wanted = [EVERY] if events is None else events
        mistakes = [*event_mistakes(wanted), *secret_mistakes(secret)]
        return mistakes or Draft(wanted, document or None, [secret or new_secret()], viewer)
    async with request.writing() as transaction:
        found = await within_reach(request, transaction, webhook_id)
        if found is None:
            return None
        if found["owner_id"] != viewer.user_id:
            return [NOT_YOURS]
        secrets = await signing(transaction, request, webhook_id)
    kept: Mapping[str, Any] = found
    asked = kept["events"] if events is None else events
    shaping = kept["document"] if document is None else document or None
    mistakes = event_mistakes(asked)
    return mistakes or Draft(asked, shaping, secrets, narrowed(viewer, kept["abilities"]), webhook_id)


async def signing(transaction: Transaction, request: Request, webhook_id: int) -> list[str]:
    """The secrets that sign now for a webhook, the newest first."""
    sealer = outside_of(request).sealer
    return [sealer.opened(sealed) for _, sealed in await webhooks.secrets_of(transaction, [webhook_id], request.now)]


def narrowed(viewer: Viewer, abilities: Sequence[str] | None) -> Viewer:
    """The viewer, who can do no more than the token could that made the webhook."""
    if abilities is None:
        return viewer
    able = frozenset(abilities)
    return replace(viewer, abilities=able if viewer.abilities is None else able & viewer.abilities)


async def happened(request: Request, draft: Draft, seq: str | None, type_: str | None) -> Dry | list[Mistake]:
    """What a dry run is about: the event with this number, or the last one of a type, or the last one it asked for."""
    if type_ == PING:
        return Dry(draft, None, str(uuid4()), PING, request.now)
    number = number_in(seq)
    if seq is not None and number is None:
        return [NO_NUMBER]
    if type_ is not None and (mistakes := event_mistakes([type_])):
        return [Mistake(("eventType",), one.code, one.message) for one in mistakes]
    found = await candidates(request, draft, number, type_)
    subjects = await subjects_in(request.database, found)
    for told in found:
        if draft.viewer.standing.may(Operation.EVENTS) and FOLLOWS.hears(
            draft.viewer, told, subjects.get(told.subject_id)
        ):
            return Dry(draft, told, told.event_id, told.type, told.occurred_at)
    return [NOTHING]


async def candidates(request: Request, draft: Draft, number: int | None, type_: str | None) -> Sequence[Told]:
    """Events that it may be about, the likeliest first."""
    if number is not None:
        one = await outbox.one(request.database, number)
        return [] if one is None or type_ not in (None, one.type) else [one]
    patterns = draft.events if type_ is None else [type_]
    types = [known.value for known in EventType if wants(patterns, known.value)]
    viewer = draft.viewer
    everywhere = viewer.standing.everything(Operation.EVENTS)
    places = None if everywhere else sorted(viewer.reaches(Operation.EVENTS))
    return cast("Sequence[Told]", await outbox.latest(request.database, types, places))
