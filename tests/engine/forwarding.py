"""The part of the world that is forwarded: xAPI endpoints, and the statements on their way there."""

import datetime
import random
from typing import TYPE_CHECKING

from db.tables import accounts, organizations, xapi
from tests.engine.awkward import INSTANTS, LONG, TEXTS

if TYPE_CHECKING:
    from tests.engine.world import World

VERBS: tuple[list[str], ...] = ([], ["completed"], ["passed", "failed"], ["é", "", '"\\'])
REASONS = ("switched_off", "failing")
# Some endpoints were sent more than a page shows, the others less than this, or nothing.
MANY, MOST = 45, 6


class Forwarding:
    """Adds to a world; it has dice of its own, so that the rest of the world stays what it was."""

    def __init__(self, world: "World", now: datetime.datetime) -> None:
        self.world = world
        self.now = now
        self.dice = random.Random(5)
        self.tick = datetime.timedelta(microseconds=1)
        self.statement = 0

    def add(self) -> None:
        """Endpoints of most organizations and of system operators, more of those whose owners ask."""
        found = self.world.tables[accounts.memberships]
        roles = ("cram_school_owner", "administrator")
        owners = {row["organization_id"]: row["staff_id"] for row in found if row["role"] in roles}
        ids = [row["id"] for row in self.world.tables[organizations.organizations]]
        places = [id_ for id_ in ids if self.dice.random() < 0.7] + [*owners] * 3
        self.dice.shuffle(places)
        for id_, organization in enumerate(places, 1):
            statuses = self.statuses(MANY if id_ % 7 == 0 else self.dice.randrange(MOST))
            self.make_endpoint(id_, organization, owners.get(organization, 1), statuses.count("pending"))
            for status in statuses:
                # Some statements are where they do not belong: each is shown by its own organization.
                foreign = self.dice.random() < 0.05
                self.make_statement(id_, self.dice.choice(ids) if foreign else organization, status)

    def statuses(self, count: int) -> list[str]:
        """What became of so many statements."""
        return self.dice.choices(xapi.STATUSES, k=count)

    def moment(self) -> datetime.datetime:
        """Any awkward instant in the past, or just here."""
        return self.dice.choice((*INSTANTS, self.now, self.now - self.tick))

    def maybe(self, *values: object) -> object:
        """One of these, or nothing."""
        return self.dice.choice((None, *values))

    def make_endpoint(self, id_: int, organization: object, owner: object, waiting: int) -> None:
        """One endpoint; every third one is switched off, and some fail."""
        off, since, sealed = id_ % 3 == 0, self.maybe(self.moment()), self.maybe(f"sealed {id_}".encode())
        self.world.add(
            xapi.xapi_endpoints,
            id=id_,
            organization_id=organization,
            owner_id=owner,
            abilities=self.dice.choice((None, ["*"], ["xapi:write"])),
            name=LONG if id_ == 1 else self.dice.choice(TEXTS),
            url=f"https://example.com/{self.dice.choice(TEXTS)}",
            auth_type=self.dice.choice(xapi.AUTH_TYPES),
            credentials=sealed,
            has_credentials=sealed is not None,
            version=self.dice.choice(xapi.VERSIONS),
            verbs=self.dice.choice(VERBS),
            home="https://kakehashi.example",
            is_active=not off,
            disabled_reason=self.dice.choice(REASONS) if off else None,
            waiting=waiting,
            proven=self.dice.random() < 0.5,
            failing=since is not None,
            failing_since=since,
            attempt_count=0 if since is None else self.dice.randrange(1, 2**31),
            next_attempt_at=self.maybe(self.moment()),
            response_code=self.maybe(400, 503),
            error=self.maybe(LONG, *TEXTS),
            last_delivered_at=self.maybe(self.moment()),
            created_at=self.moment(),
            updated_at=self.moment(),
        )

    def make_statement(self, endpoint: int, organization: object, status: str) -> None:
        """One statement."""
        self.statement += 1
        rejected = status == "rejected"
        self.world.add(
            xapi.xapi_statements,
            id=self.statement,
            endpoint_id=endpoint,
            organization_id=organization,
            statement_id=f"{self.statement}-{self.dice.choice(TEXTS)}",
            event_seq=self.dice.randrange(2**62),
            event_type=self.dice.choice(("lesson.completed", "é", "")),
            verb=self.dice.choice(("completed", "passed", "é", "%", "")),
            body=b"{}" if status in {"pending", "rejected"} else None,
            status=status,
            response_code=400 if rejected else None,
            error=self.dice.choice(TEXTS) if rejected else None,
            created_at=self.moment(),
            finished_at=None if status == "pending" else self.moment(),
        )
