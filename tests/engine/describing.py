"""What organizations have beside their names: mail domains, and how they look."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from db.tables import institutions
from tests.engine.awkward import TEXTS

if TYPE_CHECKING:
    from tests.engine.world import World

DAY = datetime.timedelta(days=1)


class Describing:
    """The mail domains and the looks of every organization; some have none."""

    def __init__(self, world: World, now: datetime.datetime) -> None:
        self.world = world
        self.now = now

    def add(self) -> None:
        """Describe every organization."""
        for id_ in range(1, self.world.organizations + 1):
            self.describe(id_)

    def describe(self, organization: int) -> None:
        """The mail domains and the looks of an organization."""
        for number in range(organization % 4):
            self.world.add(
                institutions.organization_domains,
                id=4 * organization - number,
                organization_id=organization,
                domain=f"{'zab'[number]}.org{organization}.example",
                created_at=self.now - DAY,
            )
        if organization % 3:
            self.world.add(
                institutions.organization_brandings,
                organization_id=organization,
                display_name=TEXTS[organization % len(TEXTS)],
                primary_color="#0055aa" if organization % 2 else None,
                updated_at=self.now,
            )
