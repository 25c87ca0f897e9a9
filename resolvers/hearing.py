"""Who is told what happens: whatever an owner set up hears what the owner may hear of at this moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from db.connections.database import Database
from db.outbox import Told
from db.subjects import Subject, subject_of, subjects_statement
from resolvers.accounts import Admission
from resolvers.context import Viewer
from resolvers.owners import owner_of
from resolvers.policy import Operation
from resolvers.subscriptions import STUDENT, Follows


class Owned(Protocol):
    """What is told of events: whose it is, what the token that made it could do, and since when it is there."""

    @property
    def owner_uid(self) -> str:
        """Whose it is."""

    @property
    def abilities(self) -> Sequence[str] | None:
        """What the token could do that made it; None for everything."""

    @property
    def created_at(self) -> datetime:
        """Since when it is there."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """An owner as of now, and since when what is owned is there; `viewer` is None for who may not come in any more."""

    viewer: Viewer | None
    since: datetime
    follows: Follows

    def hears(self, told: Told, subject: Subject | None) -> bool:
        """Whether an event may be told, which happened since there is somebody to tell it to."""
        if self.viewer is None or told.occurred_at < self.since:
            return False
        return self.viewer.standing.may(Operation.EVENTS) and self.follows.hears(self.viewer, told, subject)


async def hearing_of(admission: Admission, one: Owned, path: str, now: datetime) -> Hearing:
    """What something hears, by its owner as of now; `path` is the field by which the owner asked for events."""
    viewer = await owner_of(admission, one.owner_uid, one.abilities, now)
    return Hearing(viewer, one.created_at, Follows(Operation.EVENTS, path))


async def subjects_in(database: Database, told: Sequence[Told]) -> Mapping[int, Subject]:
    """The students whom events are about, as of now."""
    ids = sorted({one.subject_id for one in told if one.subject_type == STUDENT})
    if not ids:
        return {}
    records = await database.fetch(subjects_statement(database.dialect), {"ids": ids})
    return {subject.id: subject for subject in map(subject_of, records)}
