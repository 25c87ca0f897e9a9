"""Commands on deliveries: send a ping, try one again, deliver again what was told before."""

from datetime import datetime
from uuid import uuid4

from db import deliveries
from db.predicates import Condition
from db.webhooks import deliveries as told
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import address_mistakes, allowed, manageable, outside_of
from resolvers.webhooks.commands import MANAGE, within_reach
from resolvers.webhooks.wanted import PING
from resolvers.webhooks.wire import body_of

# So much is delivered again at once; who wants more asks for what comes behind.
MOST_AGAIN = 10_000
UNTAKEN = ("dead", "skipped")
HIGHEST = 2**63 - 1

SWITCHED_OFF = Mistake(("webhook",), "WEBHOOK_SWITCHED_OFF", "The webhook is switched off: switch it on first.")


async def send_ping(request: Request, webhook_id: int) -> int | list[Mistake] | None:
    """Queue a ping for a webhook within reach; gives the delivery's number, None where there is no such webhook."""
    allowed(request, MANAGE, "Mutation.testWebhook")
    async with request.writing() as transaction:
        found = await within_reach(request, transaction, webhook_id)
        if found is None:
            return None
        if not found["is_active"]:
            return [SWITCHED_OFF]
        event_id = str(uuid4())
        row = {
            "webhook_id": webhook_id,
            "organization_id": found["organization_id"],
            "event_id": event_id,
            "event_type": PING,
            "event_seq": None,
            "occurred_at": request.now,
            "body": body_of(event_id, PING, request.now, {"webhook_id": webhook_id}),
        }
        await deliveries.queue(transaction, [row])
        return await deliveries.number_of(transaction, webhook_id, event_id)


async def retry_delivery(request: Request, delivery_id: int, *, webhook_id: int | None) -> int | list[Mistake] | None:
    """Deliver one thing again, whatever became of it; gives the new delivery's number, None where there is none.

    With a webhook's number only what was delivered there is found.
    """
    viewer = allowed(request, MANAGE, "Mutation.retryDelivery")
    async with request.writing() as transaction:
        one = (told.c.id == delivery_id) & manageable(viewer, MANAGE, told.c)
        of = await deliveries.webhook_of(transaction, one)
        if of is None or webhook_id not in (None, of):
            return None
        found = await within_reach(request, transaction, of)
        if found is None or not found["is_active"]:
            return [SWITCHED_OFF]
        added = await deliveries.repeat(transaction, one, url=None, most=1)
        return added[0] if added else None


async def replay(  # the arguments of the field, each by name
    request: Request,
    webhook_id: int,
    *,
    since: datetime | None,
    until: datetime | None,
    from_seq: str | None,
    only_failed: bool,
    to_url: str | None,
) -> list[int] | list[Mistake] | None:
    """Deliver again what a webhook was told, from an instant or an event on, to another address if so told.

    Without `only_failed` also what arrived. Gives the new deliveries' numbers, None where there is no such webhook.
    """
    allowed(request, MANAGE, "Mutation.replayDeliveries")
    if to_url is not None and (mistakes := await address_mistakes(outside_of(request), to_url)):
        return [Mistake(("toUrl",), one.code, one.message) for one in mistakes]
    seq = number_in(from_seq)
    if from_seq is not None and seq is None:
        return [Mistake(("fromSeq",), "SEQ_FORM", "The number of an event has digits only.")]
    async with request.writing() as transaction:
        found = await within_reach(request, transaction, webhook_id)
        if found is None:
            return None
        if not found["is_active"]:
            return [SWITCHED_OFF]
        chosen = meant(webhook_id, since, until, seq, only_failed=only_failed)
        return await deliveries.repeat(transaction, chosen, url=to_url, most=MOST_AGAIN)


def number_in(text: str | None) -> int | None:
    """The number of an event, as text because it has 64 bits."""
    if text is None or not (text.isascii() and text.isdecimal() and len(text) < 20):
        return None
    return min(int(text), HIGHEST)


def meant(
    webhook_id: int, since: datetime | None, until: datetime | None, seq: int | None, *, only_failed: bool
) -> Condition:
    """The first deliveries of events that are to be told again; repetitions are not repeated."""
    columns = told.c
    found: Condition = (columns.webhook_id == webhook_id) & columns.replay_of.is_(None)
    found = found & columns.finished_at.is_not(None)
    if since is not None:
        found = found & (columns.occurred_at >= since)
    if until is not None:
        found = found & (columns.occurred_at <= until)
    if seq is not None:
        found = found & (columns.event_seq >= seq)
    return found & columns.status.in_(UNTAKEN) if only_failed else found
