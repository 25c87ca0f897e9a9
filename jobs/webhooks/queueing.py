"""Turns what happened into deliveries: for each event, one to each webhook that is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from db import deliveries
from db.connections.database import Database, Transaction
from db.deliveries import Listening
from db.outbox import Told
from resolvers.accounts import Admission
from resolvers.hearing import hearing_of, subjects_in
from resolvers.webhooks.wanted import wants
from resolvers.webhooks.wire import body_of, thin

READER = "webhooks"
PATH = "Webhook.events"


@dataclass(frozen=True, slots=True)
class Queueing:
    """Queues deliveries of events."""

    database: Database
    admission: Admission

    async def queue(self, transaction: Transaction, told: Sequence[Told]) -> bool:
        """Queue what some events lead to; whether there is anything."""
        rows = await self.deliveries_of(transaction, told)
        await deliveries.queue(transaction, rows)
        return bool(rows)

    async def deliveries_of(self, transaction: Transaction, told: Sequence[Told]) -> list[dict[str, Any]]:
        """The deliveries of some events. Webhooks are read after the events, so whichever was there before is found."""
        listening = await deliveries.listening(transaction)
        if not listening:
            return []
        now, subjects = datetime.now(UTC), await subjects_in(self.database, told)
        hearings = [(one, await hearing_of(self.admission, one, PATH, now)) for one in listening]
        return [
            row_of(webhook, one)
            for one in told
            for webhook, hearing in hearings
            if wants(webhook.events, one.type) and hearing.hears(one, subjects.get(one.subject_id))
        ]


def row_of(webhook: Listening, told: Told) -> dict[str, Any]:
    """A delivery; its body is made here, unless the webhook's document makes it when it is sent."""
    data = thin(
        organization_id=told.organization_id,
        subject_type=told.subject_type,
        subject_id=told.subject_id,
        body=told.body,
    )
    body = None if webhook.has_document else body_of(told.event_id, told.type, told.occurred_at, data)
    return {
        "webhook_id": webhook.id,
        "organization_id": webhook.organization_id,
        "event_id": told.event_id,
        "event_type": told.type,
        "event_seq": told.position.seq,
        "occurred_at": told.occurred_at,
        "body": body,
    }
