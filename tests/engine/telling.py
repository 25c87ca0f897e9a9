"""The part of the world that is told to others: webhooks, what is on its way to them, and how it was tried."""

import datetime
import random
from typing import TYPE_CHECKING

from db.tables import accounts, organizations, webhooks
from db.webhooks import SCHEDULES
from tests.engine.awkward import INSTANTS, LONG, TEXTS

if TYPE_CHECKING:
    from tests.engine.world import World

EVENTS: tuple[list[str], ...] = (["*"], [], ["lesson.*"], ["lesson.completed", "student.updated"], ["é", "", '"\\'])
TYPES = ("lesson.completed", "lesson.completed", "student.updated", "ping", "é", "%", "lesson_completed", "")
DOCUMENTS = ("subscription { eventStream { id type } }", "subscription { eventStream { __typename } } # é\n\t\u2028")
REASONS = ("switched_off", "gone", "failing", "document")
# What is finished, and what is still to be tried.
FINISHED, WAITING = ("delivered", "delivered", "dead", "skipped"), ("pending", "failed")
HEADERS: tuple[dict[str, object], ...] = ({}, {"server": "é", "x": ""}, {'quo"te': "\u2028\\", "a": "1", "A": "2"})
# Some webhooks were told more than a page shows, the others less than this, or nothing.
MANY, MOST = 45, 6


class Telling:
    """Adds to a world; it has dice of its own, so that the rest of the world stays what it was."""

    def __init__(self, world: "World", now: datetime.datetime) -> None:
        self.world = world
        self.now = now
        self.dice = random.Random(3)
        self.tick = datetime.timedelta(microseconds=1)
        self.delivery = 0

    def add(self) -> None:
        """Webhooks of most organizations and of system operators, more of those whose owners ask."""
        owners = self.owners()
        ids = [row["id"] for row in self.world.tables[organizations.organizations]]
        places = [id_ for id_ in ids if self.dice.random() < 0.7] + [*owners] * 3
        self.dice.shuffle(places)
        for id_, organization in enumerate(places, 1):
            self.make_webhook(id_, organization, owners.get(organization, 1))
            for number in range(MANY if id_ % 7 == 0 else self.dice.randrange(MOST)):
                # Some deliveries are where they do not belong: each is shown by its own organization.
                foreign = self.dice.random() < 0.05
                self.make_delivery(id_, self.dice.choice(ids) if foreign else organization, number)

    def owners(self) -> dict[object, object]:
        """Who owns each organization; webhooks of none belong to system operators."""
        found = self.world.tables[accounts.memberships]
        roles = ("cram_school_owner", "administrator")
        return {row["organization_id"]: row["staff_id"] for row in found if row["role"] in roles}

    def moment(self) -> datetime.datetime:
        """Any awkward instant in the past, or just here."""
        return self.dice.choice((*INSTANTS, self.now, self.now - self.tick))

    def maybe(self, *values: object) -> object:
        """One of these, or nothing."""
        return self.dice.choice((None, *values))

    def make_webhook(self, id_: int, organization: object, owner: object) -> None:
        """One webhook with its secret; every third one is switched off."""
        off = id_ % 3 == 0
        self.world.add(
            webhooks.webhooks,
            id=id_,
            organization_id=organization,
            owner_id=owner,
            abilities=self.dice.choice((None, ["*"], ["events:read"])),
            url=LONG if id_ == 1 else f"https://example.com/{self.dice.choice(TEXTS)}",
            events=self.dice.choice(EVENTS),
            document=self.maybe(*DOCUMENTS),
            ordered=self.dice.random() < 0.3,
            schedule=self.dice.choice(SCHEDULES),
            is_active=not off,
            disabled_reason=self.dice.choice(REASONS) if off else None,
            failing_since=self.maybe(self.moment()),
            created_at=self.moment(),
            updated_at=self.moment(),
        )
        secret = {"sealed": f"sealed {id_}".encode(), "created_at": self.now}
        self.world.add(webhooks.webhook_secrets, webhook_id=id_, **secret)

    def make_delivery(self, webhook: int, organization: object, number: int) -> None:
        """One delivery with its attempts: on its way, arrived, given up, or a repetition of the one before."""
        self.delivery += 1
        waiting = self.dice.random() < 0.35
        status = self.dice.choice(WAITING if waiting else FINISHED)
        tried = 0 if status in {"pending", "skipped"} else self.dice.randrange(1, 5)
        answered = self.dice.choice((None, 200, 500)) if tried else None
        self.world.add(
            webhooks.deliveries,
            id=self.delivery,
            webhook_id=webhook,
            organization_id=organization,
            event_id=f"{number}-{self.dice.choice(TEXTS)}",
            event_type=self.dice.choice(TYPES),
            event_seq=self.maybe(self.delivery),
            occurred_at=self.moment(),
            url=self.maybe(*TEXTS[:4]),
            replay_of=self.dice.choice((None, 0, self.delivery - 1)) if number else None,
            status=status,
            attempt_count=tried,
            next_attempt_at=self.dice.choice((self.now, self.now + self.tick, self.moment())) if waiting else None,
            body=self.maybe(b'{"id":"1"}'),
            response_code=answered,
            duration_ms=self.dice.choice((0, 15_000, 2**31 - 1)) if tried else None,
            created_at=self.moment(),
            finished_at=None if waiting else self.moment(),
        )
        for attempt in self.dice.sample(range(1, tried + 1), tried):
            self.make_attempt(attempt)

    def make_attempt(self, number: int) -> None:
        """One attempt of the last delivery: answered whole, or not."""
        came = self.dice.random() < 0.6
        row = {"delivery_id": self.delivery, "number": number, "sent_at": self.moment()}
        row |= {"duration_ms": self.dice.randrange(15_000), "response_code": 500 if came else None}
        row |= {"error": None if came else self.dice.choice(TEXTS)}
        # An answer without a body, one with headers and a text, and neither: as NULL, and as a null of JSON.
        if came:
            row |= {"response_headers": self.dice.choice(HEADERS), "response_body": self.maybe(LONG, *TEXTS)}
        elif self.dice.random() < 0.5:
            row |= {"response_headers": None, "response_body": None}
        self.world.add(webhooks.delivery_attempts, **row)
