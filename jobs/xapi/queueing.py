"""Turns what learners did into statements, for each endpoint whose owner may hear of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from db.connections.database import Database, Transaction
from db.outbox import Told
from db.xapi import forwarding
from db.xapi.forwarding import Listening
from db.xapi.learned import Learned, learned
from resolvers.accounts import Admission
from resolvers.hearing import hearing_of, subjects_in
from resolvers.xapi.statements import Making, is_learning, wanted_of

READER = "xapi"
PATH = "XapiEndpoint.verbs"


@dataclass(frozen=True, slots=True)
class Queueing:
    """Queues statements of events."""

    database: Database
    admission: Admission

    async def queue(self, transaction: Transaction, told: Sequence[Told]) -> bool:
        """Queue what some events lead to; whether there is anything."""
        rows = await self.statements_of(transaction, [one for one in told if is_learning(one)])
        await forwarding.queue(transaction, rows)
        return bool(rows)

    async def statements_of(self, transaction: Transaction, told: Sequence[Told]) -> list[dict[str, Any]]:
        """The statements of some events, in their order. Endpoints are read after the events, as webhooks are."""
        listening = await forwarding.listening(transaction) if told else []
        if not listening:
            return []
        now, subjects = datetime.now(UTC), await subjects_in(self.database, told)
        hearings = [(one, await hearing_of(self.admission, one, PATH, now)) for one in listening]
        known = await learned(transaction, wanted_of(told))
        return [
            row
            for one in told
            for endpoint, hearing in hearings
            if hearing.hears(one, subjects.get(one.subject_id))
            for row in rows_of(endpoint, one, known)
        ]


def rows_of(endpoint: Listening, told: Told, known: Learned) -> list[dict[str, Any]]:
    """The statements of an event for an endpoint."""
    return [
        {
            "endpoint_id": endpoint.id,
            "organization_id": endpoint.organization_id,
            "statement_id": one.id,
            "event_seq": told.position.seq,
            "event_type": told.type,
            "verb": one.verb,
            "body": one.body,
        }
        for one in Making(told, known, endpoint.home).statements(endpoint.verbs)
    ]
