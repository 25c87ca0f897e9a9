"""Which webhook is told of which event: what its owner may hear of at this moment, of what it asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.connections.database import Database
from db.deliveries import Listening
from db.outbox import Told
from db.subjects import Subject, subject_of, subjects_statement
from resolvers.context import Viewer
from resolvers.policy import Operation
from resolvers.subscriptions import STUDENT, Follows
from resolvers.webhooks.wanted import wants

FOLLOWS = Follows(Operation.EVENTS, "Webhook.events")


@dataclass(frozen=True, slots=True)
class Hearing:
    """A webhook and its owner as of now; `viewer` is None for an owner who may not come in any more."""

    webhook: Listening
    viewer: Viewer | None

    def hears(self, told: Told, subject: Subject | None) -> bool:
        """Whether the webhook is told of an event, which happened since it was made."""
        webhook, viewer = self.webhook, self.viewer
        if viewer is None or told.occurred_at < webhook.created_at or not wants(webhook.events, told.type):
            return False
        return viewer.standing.may(Operation.EVENTS) and FOLLOWS.hears(viewer, told, subject)


async def subjects_in(database: Database, told: Sequence[Told]) -> Mapping[int, Subject]:
    """The students whom events are about, as of now."""
    ids = sorted({one.subject_id for one in told if one.subject_type == STUDENT})
    if not ids:
        return {}
    records = await database.fetch(subjects_statement(database.dialect), {"ids": ids})
    return {subject.id: subject for subject in map(subject_of, records)}
