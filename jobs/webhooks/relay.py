"""Turns what happened into deliveries: for each event, one to each webhook that is told of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from db import deliveries, positions
from db.connections.database import Database, Transaction
from db.deliveries import Listening
from db.outbox import BEGINNING, PAGE, Told, behind
from db.subjects import Subject
from resolvers.accounts import Admission
from resolvers.owners import owner_of
from resolvers.webhooks.hearing import Hearing, subjects_in
from resolvers.webhooks.wire import body_of, thin

READER = "webhooks"


class Relay:
    """Reads the outbox in order, a page in a transaction: either all of its deliveries are queued, or none.

    Any number of processes may do so; one at a time goes on. `queued` is called when there are new deliveries.
    """

    def __init__(self, database: Database, admission: Admission, queued: Callable[[], None]) -> None:
        self.database = database
        self.admission = admission
        self.queued = queued
        self.known = BEGINNING

    async def round(self) -> bool:
        """Queue the deliveries of the next page of events; whether there may be more."""
        # A look that costs nothing: where we know that nothing is new, no transaction begins.
        if not await behind(self.database, self.known):
            return False
        async with self.database.writing() as transaction:
            before = await positions.taken(transaction, READER)
            if before is None:
                return False
            told = await behind(self.database, before)
            rows = await self.deliveries_of(transaction, told)
            await deliveries.queue(transaction, rows)
            to = told[-1].position if told else before
            if not await positions.move(transaction, READER, before=before, to=to):
                raise RuntimeError("The position was moved by somebody else while it was ours.")
        self.known = to
        if rows:
            self.queued()
        return len(told) == PAGE

    async def deliveries_of(self, transaction: Transaction, told: Sequence[Told]) -> list[dict[str, Any]]:
        """The deliveries of some events. Webhooks are read after the events, so whichever was there before is found."""
        listening = await deliveries.listening(transaction)
        if not listening or not told:
            return []
        now, subjects = datetime.now(UTC), await subjects_in(self.database, told)
        hearings = [
            Hearing(one, await owner_of(self.admission, one.owner_uid, one.abilities, now)) for one in listening
        ]
        return [
            row_of(hearing.webhook, one)
            for one in told
            for hearing in hearings
            if hearing.hears(one, subject_of(one, subjects))
        ]


def subject_of(told: Told, subjects: Mapping[int, Subject]) -> Subject | None:
    """The student whom an event is about."""
    return subjects.get(told.subject_id)


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
