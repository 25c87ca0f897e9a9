"""The part of the world that other products told: upstreams, and what was collected from them."""

import datetime
import random
from typing import TYPE_CHECKING

from db.tables import students, upstreams
from tests.engine.awkward import INSTANTS, LONG, TEXTS

if TYPE_CHECKING:
    from tests.engine.world import World

NAMES = ("a", "talktiko", "é", "%", "A", "a.b-c", '"\\', "removed")
# Of one upstream more than a page shows, of others less, of one nothing.
MANY, MOST = 130, 30


class Collecting:
    """Adds to a world; it has dice of its own, so that the rest of the world stays what it was."""

    def __init__(self, world: "World", now: datetime.datetime) -> None:
        self.world = world
        self.now = now
        self.dice = random.Random(4)
        self.number = 0

    def add(self) -> None:
        """Upstreams, all but one of which are there still, and what they gave, one in the turn of the other."""
        for id_, name in enumerate(NAMES[:-1], 1):
            self.make_upstream(id_, name)
        sources = [name for place, name in enumerate(NAMES) for _ in range(self.amount(place))]
        self.dice.shuffle(sources)
        uids = [str(row["uid"]) for row in self.world.tables[students.students]]
        for source in sources:
            self.number += 1
            self.make_record(source, self.dice.choice(uids) if self.dice.random() < 0.8 else self.dice.choice(TEXTS))

    def amount(self, place: int) -> int:
        """How many records the upstream at this place gave."""
        return MANY if place == 1 else 0 if place == 2 else self.dice.randrange(1, MOST)

    def moment(self) -> datetime.datetime:
        """Any awkward instant in the past, or now."""
        return self.dice.choice((*INSTANTS, self.now))

    def maybe(self, *values: object) -> object:
        """One of these, or nothing."""
        return self.dice.choice((None, *values))

    def make_upstream(self, id_: int, name: str) -> None:
        """One upstream, well or failing."""
        self.world.add(
            upstreams.upstream_feeds,
            id=id_,
            name=name,
            url=LONG if id_ == 1 else f"https://example.com/{self.dice.choice(TEXTS)}",
            sealed_credential=self.maybe(b"sealed"),
            is_active=id_ % 3 != 0,
            watermark=self.maybe(self.moment()),
            place=self.maybe({"page": 2}),
            last_success_at=self.maybe(self.moment()),
            failing_since=self.maybe(self.moment()),
            failures=self.dice.randrange(5),
            last_error=self.maybe(*TEXTS),
            next_poll_at=self.moment(),
            created_at=self.moment(),
            updated_at=self.moment(),
        )

    def make_record(self, source: str, uid: str) -> None:
        """One record, of a student or of somebody unknown."""
        self.world.add(
            upstreams.collected_usage,
            id=self.number,
            source=source,
            external_id=str(self.dice.choice((self.number, 2**62 + self.number))),
            uid=uid,
            package_code=self.dice.choice(TEXTS),
            package_name=self.dice.choice((LONG, *TEXTS)),
            created_at=self.moment(),
            collected_at=self.moment(),
            changed_at=self.maybe(self.moment()),
        )
