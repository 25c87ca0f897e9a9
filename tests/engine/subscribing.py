"""The part of the world that pays: what organizations subscribe to, or did."""

import datetime
import random
from typing import TYPE_CHECKING

from db.tables import accounts, billing, organizations
from tests.engine.awkward import INSTANTS

if TYPE_CHECKING:
    from tests.engine.world import World

PLANS = ("free", "pro", "enterprise")
# Whoever asks finds several; of others some have none.
OF_OWNERS, OF_OTHERS = 4, 3
MOMENTS = ("trial_started_at", "trial_ends_at", "current_period_ends_at", "cancel_at", "ended_at")


class Subscribing:
    """Adds to a world; it has dice of its own, so that the rest of the world stays what it was."""

    def __init__(self, world: "World", now: datetime.datetime) -> None:
        self.world = world
        self.now = now
        self.dice = random.Random(7)
        self.number = 0

    def add(self) -> None:
        """Subscriptions of most organizations, more of those whose owners ask."""
        found = self.world.tables[accounts.memberships]
        owned = {row["organization_id"] for row in found if row["role"] == "cram_school_owner"}
        for row in self.world.tables[organizations.organizations]:
            most = OF_OWNERS if row["id"] in owned else self.dice.randrange(OF_OTHERS)
            for _ in range(most):
                self.make_subscription(row["id"])

    def moment(self) -> datetime.datetime:
        """Any awkward instant."""
        return self.dice.choice((*INSTANTS, self.now))

    def make_subscription(self, organization: object) -> None:
        """One subscription, in any state; some stand in one place with others."""
        self.number += 1
        self.world.add(
            billing.subscriptions,
            id=self.number,
            organization_id=organization,
            stripe_id=f"sub_{self.number}é",
            plan_code=self.dice.choice((None, *PLANS)),
            status=self.dice.choice(billing.STATUSES),
            precedence=self.dice.randrange(3),
            started_at=self.moment(),
            **{name: self.dice.choice((None, self.moment())) for name in MOMENTS},
            promotion_id=self.dice.choice((None, "promo_1")),
            created_at=self.moment(),
            updated_at=self.moment(),
        )
